"""The SMS handler: the exact bytes the gateway gets, and what each of its answers means."""

import base64
import hashlib
import hmac
import http.server
import json
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from idp.authn import sms_texts
from idp.authn.sms import SmsGateway
from idp.config import SmsSettings
from idp.core import clock
from idp.core.deadline import Deadline
from idp.core.http import HttpClient
from idp.core.secret import Secret
from idp.outbox.outbox import Dead, Delivered, Message, Retry

KEY = "only-for-this-test"


class Gateway:
    """A gateway on loopback that remembers requests and answers as told."""

    def __init__(self) -> None:
        self.answer: tuple[int, bytes] = (200, b'{"code":"0","message_id":"m1"}')
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        gateway = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                gateway.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(gateway.answer[0])
                self.send_header("content-length", str(len(gateway.answer[1])))
                self.end_headers()
                self.wfile.write(gateway.answer[1])

            def log_message(self, *args: object) -> None: ...

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    made = Gateway()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()
    clock.travel_home()


def message(to: str = "19900000001", created_ago: float = 0) -> Message:
    return Message(
        "0" * 31 + "7", "sms", "sms", None, {"to": to, "text": "验证码 123456"}, 1,
        clock.now() - timedelta(seconds=created_ago), "",
    )  # fmt: skip


def deliver(url: str, each: Message) -> Delivered | Retry | Dead:
    client = HttpClient()
    try:
        return SmsGateway(client, SmsSettings(url=url, app_id="app-1", app_key=Secret(KEY)))(each, Deadline.after(3))
    finally:
        client._session().close()


def test_the_gateway_gets_a_signed_request_named_by_the_message(gateway: Gateway):
    assert deliver(gateway.url, message()) == Delivered()
    [(path, headers, body)] = gateway.got
    assert path == "/sms/v1/send"
    assert json.loads(body) == {
        "request_id": "0" * 31 + "7", "to": "19900000001", "text": "验证码 123456", "sign": "统一身份认证",
    }  # fmt: skip
    signed = "app-1" + headers["sms-time"] + hashlib.sha256(body).hexdigest()
    expected = base64.b64encode(hmac.new(KEY.encode(), signed.encode(), hashlib.sha256).digest()).decode()
    assert (headers["sms-app-id"], headers["sms-signature"]) == ("app-1", expected)


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (500, b"{}", Retry("status_500")),
        (429, b"{}", Retry("status_429")),
        (401, b'{"code":"401003"}', Retry("status_401")),
        (302, b"", Retry("status_302")),
        (200, b"<html>", Retry("bad_answer")),
        (200, b"[]", Retry("bad_answer")),
        (200, b'{"code":"1"}', Retry("bad_answer")),
        (400, b'{"code":"400001"}', Dead("refused_400")),
        (409, b'{"code":"409001"}', Dead("refused_409")),
    ],
)
def test_what_an_answer_means(gateway: Gateway, status: int, body: bytes, outcome: object):
    gateway.answer = (status, body)
    assert deliver(gateway.url, message()) == outcome


def test_no_gateway_is_tried_again_and_no_setting_is_the_end():
    assert deliver("http://127.0.0.1:1", message()) == Retry("unavailable_refused")
    assert deliver("", message()) == Dead("gateway_is_off")


def test_an_expired_code_and_a_decoy_are_never_sent(gateway: Gateway):
    assert deliver(gateway.url, message(created_ago=301)) == Dead("expired")
    assert deliver(gateway.url, message(to="")) == Delivered()
    assert gateway.got == []


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
@pytest.mark.parametrize("purpose", ["register", "sign_in", "recover"])
def test_a_message_holds_one_run_of_digits_and_no_link(purpose: str, locale: str):
    text = sms_texts.code(purpose, "012345", locale)
    assert [c for c in text if c.isdigit()] == list("012345")
    assert "://" not in text
    assert all(c.isprintable() for c in text)
