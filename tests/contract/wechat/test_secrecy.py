"""Secrets travel in addresses, so no log line and no text of an exception ever holds one, whatever goes wrong."""

import logging
import socket
import threading
import traceback

import pytest

from idp.core import logging as core_logging
from idp.core.deadline import Deadline
from idp.core.http import HttpClient
from idp.realname.adapters.wechat import WechatSignIn
from idp.realname.adapters.wechat.api import WechatApi, WechatRefused, WechatTrouble
from tests import log_watch
from tests.contract.wechat.asking import AGREED, DESK, allowed, options_for, signed_in
from tests.sandbox.served import ServedSandbox

SECRETS = [value for name, value in AGREED.items() if name.endswith("_secret")]
QUERY = {"appid": "wx1", "secret": "s3cr3t-in-the-address", "code": "c0de-in-the-address"}
HIDDEN = ("s3cr3t-in-the-address", "c0de-in-the-address", *SECRETS)


@pytest.fixture
def lines(monkeypatch, caplog):
    """Every structured line, and every record of the standard library at the lowest level."""
    seen: list[str] = []
    render = core_logging._render

    def kept(logger, level, event):
        line = render(logger, level, event)
        seen.append(line.decode())
        return line

    monkeypatch.setattr(core_logging, "_render", kept)
    core_logging.configure(None, "DEBUG")
    caplog.set_level(logging.DEBUG)
    return lambda: "\n".join(seen) + caplog.text


@pytest.fixture
def odd_host():
    """Answers the first call with what it is told to, and closes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve(raw: bytes) -> str:
            def run() -> None:
                client, _ = server.accept()
                with client:
                    client.recv(65536)
                    client.sendall(raw)

            threading.Thread(target=run, daemon=True).start()
            return f"http://127.0.0.1:{server.getsockname()[1]}"

        yield serve


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"nothing of HTTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{",
        b'HTTP/1.1 200 OK\r\nbad header without colon\r\n: x\r\n\r\n{"errcode":1}',
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[::bad/\r\nContent-Length: 0\r\n\r\n",
        b'HTTP/1.1 200 OK\r\nContent-Length: 58\r\n\r\n{"errcode":40029,"errmsg":"c0de-in-the-address, rid: 6-1"}',
    ],
)
def test_no_text_holds_what_the_address_held(lines, odd_host, raw):
    api = WechatApi(odd_host(raw), 5.0, HttpClient())
    with pytest.raises((WechatTrouble, WechatRefused)) as raised:
        api.exchange("/sns/oauth2/access_token", QUERY, Deadline.after(5))
    core_logging.get("test").error("failed", exc_info=raised.value)
    text = "".join(traceback.format_exception(raised.value)) + lines()

    assert "/sns/oauth2/access_token" in text or isinstance(raised.value, WechatTrouble)
    assert not [secret for secret in HIDDEN if secret in text]


def test_nor_when_nobody_is_there(lines):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        api = WechatApi(f"http://127.0.0.1:{probe.getsockname()[1]}", 5.0, HttpClient())
        with pytest.raises(WechatTrouble) as raised:
            api.exchange("/sns/oauth2/access_token", QUERY, Deadline.after(5))
    core_logging.get("test").error("failed", exc_info=raised.value)

    assert not [secret for secret in HIDDEN if secret in "".join(traceback.format_exception(raised.value)) + lines()]


@pytest.mark.parametrize("fault", ["none", "bad_secret", "hang", "half", "garbage", "maintenance"])
def test_nor_in_a_whole_sign_in(lines, sandbox: ServedSandbox, fault):
    api = WechatApi(sandbox.url, 10.0, HttpClient())
    sign_in = WechatSignIn(options_for(sandbox), api)
    answer, keep = allowed(sandbox, sign_in)
    sandbox.switch("wechat", fault)
    with log_watch.watching() as personal:
        outcome = sign_in.finish(answer, keep, DESK, Deadline.after(1))
    text = lines() + repr(outcome) + repr(sign_in)

    assert personal == []
    assert not [secret for secret in (*HIDDEN, answer["code"]) if secret in text]


def test_a_refusal_is_logged_with_the_number_that_support_asks_for(lines, sandbox, sign_in):
    sandbox.switch("wechat", "bad_secret")
    signed_in(sandbox, sign_in)

    assert '"rid":"' in lines()
    assert '"errno":40125' in lines()


def test_a_replay_is_told_apart_in_the_log(lines, sandbox, sign_in):
    answer, keep = allowed(sandbox, sign_in)
    sign_in.finish(answer, keep, DESK, Deadline.after(8))
    sign_in.finish(answer, keep, DESK, Deadline.after(8))

    assert '"verdict":"replayed"' in lines()
