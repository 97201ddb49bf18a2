"""The SMS gateway takes signed messages once and shows them in its inbox."""

import hashlib
import json
import threading
import uuid
from datetime import datetime

import pytest

from tests.sandbox.served import ServedSandbox
from tests.sandbox.wire import sign


def message(to: str = "19900000001", text: str = "验证码 123456，5 分钟内有效。", **change):
    return {"request_id": uuid.uuid4().hex, "to": to, "text": text, "sign": "统一认证"} | change


def send(sandbox, asked, *, key="sms-appkey-0001", app_id="sms-app-001", late_by=0, headers=None):
    body = asked if isinstance(asked, bytes) else json.dumps(asked).encode()
    time = str(sandbox.now_ms() - late_by * 1000)
    signature = sign(key, app_id + time + hashlib.sha256(body).hexdigest())
    signed = {"sms-app-id": app_id, "sms-time": time, "sms-signature": signature, "Content-Type": "application/json"}
    return sandbox.post("/sms/v1/send", data=body, headers=signed | (headers or {}))


def lines(sandbox, query=""):
    return [json.loads(line) for line in sandbox.get(f"/sms/inbox.jsonl{query}").text.splitlines()]


def test_a_message_arrives_in_the_inbox(sandbox):
    answer = send(sandbox, message())

    assert answer.json()["code"] == "0"
    assert answer.json()["message_id"].startswith("sms-")
    last = lines(sandbox)[-1]
    assert set(last) == {"to", "text", "at"}
    assert (last["to"], last["text"]) == ("19900000001", "【统一认证】验证码 123456，5 分钟内有效。")
    assert datetime.fromisoformat(last["at"]).utcoffset() is not None


def test_the_lines_are_newest_last_and_the_page_newest_first(sandbox):
    send(sandbox, message(text="先到的"))
    send(sandbox, message(text="后到的"))
    page = sandbox.get("/sms").text

    assert [line["text"][-3:] for line in lines(sandbox)][-2:] == ["先到的", "后到的"]
    assert page.index("后到的") < page.index("先到的")


def test_the_inbox_of_one_number(sandbox):
    send(sandbox, message("19900000077", "给七十七号"))
    send(sandbox, message("+8619900000078", "给七十八号"))

    assert {line["to"] for line in lines(sandbox, "?to=199 0000 0077")} == {"19900000077"}
    assert {line["to"] for line in lines(sandbox, "?to=%2B8619900000078")} == {"19900000078"}
    page = sandbox.get("/sms?to=19900000077").text
    assert "给七十七号" in page
    assert "给七十八号" not in page
    assert lines(sandbox, "?to=%27%20OR%201=1--") == []


def test_the_page_refreshes_only_when_asked(sandbox):
    assert 'http-equiv="refresh"' not in sandbox.get("/sms").text
    assert 'http-equiv="refresh"' in sandbox.get("/sms?auto=1").text


def test_a_message_sent_again_is_one_message_even_in_a_race(sandbox):
    asked, answers = message(text="只有一条"), []
    threads = [threading.Thread(target=lambda: answers.append(send(sandbox, asked).json())) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {answer["code"] for answer in answers} == {"0"}
    assert len({answer["message_id"] for answer in answers}) == 1
    assert sum("只有一条" in line["text"] for line in lines(sandbox)) == 1


def test_a_request_id_does_not_serve_two_messages(sandbox):
    first = message()
    send(sandbox, first)

    assert send(sandbox, first | {"text": "另一条"}).json()["code"] == "409001"


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"app_id": "sms-app-002"}, "401001"),
        ({"late_by": 310}, "401003"),
        ({"late_by": -310}, "401003"),
        ({"key": "other"}, "401002"),
        ({"headers": {"sms-time": "soon"}}, "401003"),
        ({"headers": {"sms-signature": ""}}, "401002"),
    ],
)
def test_an_unsigned_message_is_refused(sandbox, how, code):
    before = len(lines(sandbox))
    answer = send(sandbox, message(), **how)

    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert len(lines(sandbox)) == before


@pytest.mark.parametrize(
    "asked",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"[" * 30_000,
        {},
        message(to="12345"),
        message(to=["19900000001"]),
        message(text=""),
        message(text="长" * 501),
        message(text="坏\x00字"),
        message(text="坏\ud800字"),
        message(sign=""),
        message(request_id="不是标识"),
        message(request_id=7),
    ],
)
def test_a_message_not_as_agreed_is_refused(sandbox, asked):
    answer = send(sandbox, asked)

    assert (answer.status_code, answer.json()["code"]) == (400, "400001")


def test_the_gateway_can_fail(sandbox):
    sandbox.switch("sms", "server_error")
    assert send(sandbox, message()).status_code == 500
    sandbox.switch("sms", "hang")
    assert send(sandbox, message()).json()["code"] == "0"


def test_messages_survive_a_restart(tmp_path):
    with ServedSandbox(tmp_path) as first:
        send(first, message(text="还在"))
    with ServedSandbox(tmp_path) as second:
        assert [line["text"] for line in lines(second)] == ["【统一认证】还在"]
