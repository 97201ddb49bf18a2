"""The national exchange, the MD5 gateway and those with access keys verify whoever calls them."""

import base64
import hashlib
import json
import uuid

import pytest

from tests.sandbox import wire

RID, SID, KEY = "RID-SANDBOX-001", "s_1200000900000_2109", "sandbox-appkey-0001"
BODY = json.dumps({"datalist": [{"gmsfzh": "370199198503070017", "xm": "测试甲"}]})


def values(key, rtime, *, rid=RID, sid=SID, prefix="gjgxjhpt"):
    told = {"rid": rid, "sid": sid, "rtime": str(rtime), "sign": wire.sign(key, f"{sid}{rid}{rtime}")}
    return {f"{prefix}_{name}": value for name, value in told.items()}


def refresh(sandbox, **changed):
    rtime = changed.pop("rtime", sandbox.now_ms())
    return sandbox.post("/sysapi/auth/refreshappsecret", json=values(changed.pop("key", KEY), rtime, **changed)).json()


def test_the_exchange_gives_a_secret_of_fifteen_minutes(sandbox):
    answer = refresh(sandbox)

    assert (answer["code"], answer["message"]) == ("0", "")
    assert 890_000 < answer["data"]["secretEndTime"] - sandbox.now_ms() <= 900_000
    secret = wire.decrypt(KEY, answer["data"]["secret"])
    told = sandbox.post("/httpproxy", data=BODY.encode(), headers=values(secret, sandbox.now_ms()) | JSON).json()
    assert told["head"]["status"] == "0"
    assert told["data"]["cxjg"][0]["xm_ppddm"] == "1"


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"rid": "RID-SANDBOX-002"}, "E-106"),
        ({"sid": "s_1200000900000_9999"}, "E-106"),
        ({"key": "another"}, "E-108"),
        ({"rtime": 1_700_000_000_000}, "E-107"),
        ({"rtime": "soon"}, "E-107"),
    ],
)
def test_the_exchange_turns_strangers_away(sandbox, changed, code):
    assert refresh(sandbox, **changed)["code"] == code


def test_a_secret_is_good_for_its_own_service_only(sandbox):
    secret = wire.decrypt(KEY, refresh(sandbox)["data"]["secret"])
    other = values(secret, sandbox.now_ms(), sid="s_1200000900000_2108")

    assert sandbox.post("/httpproxy", data=BODY.encode(), headers=other | JSON).json()["code"] == "E-108"


def test_the_platform_of_services_takes_a_request_number_once(sandbox):
    answer = refresh(sandbox, prefix="gjzwfwpt")
    secret, now = wire.decrypt(KEY, answer["data"]["secret"]), sandbox.now_ms()
    form = {
        "access_key": RID, "format": "json", "request_id": str(uuid.uuid4()), "timestamp": str(now), "version": "1.0",
        "sign": wire.sign(secret, f"{SID}{RID}{now}"), "biz_content": BODY,
    }  # fmt: skip
    headers = values(secret, now, prefix="gjzwfwpt")

    first = sandbox.post("/gateway/httpproxy", data=form, headers=headers).json()
    assert (first["code"], first["biz_data"]["head"]["status"]) == ("1", "0")
    assert sandbox.post("/gateway/httpproxy", data=form, headers=headers).json()["code"] == "E-109"


def test_the_md5_gateway_gives_secrets_in_the_published_wrapping(sandbox):
    now = str(sandbox.now_ms())
    sign = hashlib.md5(f"zj-app-001zj-secret-001{now}".encode()).hexdigest()
    asked = {"appKey": "zj-app-001", "sign": sign, "requestTime": now}
    answer = sandbox.get("/gateway/app/refreshTokenByKey.htm", params=asked).json()

    assert (answer["code"], answer["msg"], answer["dataCount"], answer["requestId"]) == ("00", "成功", 0, None)
    assert set(answer["datas"]) == {
        "refreshSecret", "refreshSecretEndTime", "requestSecret", "requestSecretEndTime",
    }  # fmt: skip
    wrong = asked | {"sign": "0" * 32}
    assert sandbox.get("/gateway/app/refreshTokenByKey.htm", params=wrong).json()["code"] == "401002"
    assert sandbox.get("/gateway/app/refreshTokenBySec.htm", params=asked).json()["code"] == "401002"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"x-tif-paasid": "other"}, "401001"),
        ({"x-tif-timestamp": "1700000000"}, "401003"),
        ({"x-tif-signature": "0" * 64}, "401002"),
    ],
)
def test_the_paas_gateway_verifies_and_takes_a_nonce_once(sandbox, changed, code):
    seconds, nonce = str(sandbox.now_ms() // 1000), uuid.uuid4().hex
    signature = hashlib.sha256(f"{seconds}sandbox-paas-token{nonce}{seconds}".encode()).hexdigest().upper()
    headers = {
        "x-tif-paasid": "sandbox-paas", "x-tif-timestamp": seconds, "x-tif-nonce": nonce, "x-tif-signature": signature,
    }  # fmt: skip

    def call(**more):
        return sandbox.post("/restapi/prod/GK_GXFW_SFHC", data=BODY.encode(), headers=headers | JSON | more).json()

    assert call(**changed)["code"] == code
    assert call()["code"] == "200"
    assert call()["code"] == "401004"


def test_photos_are_answered_by_the_comment_in_them(sandbox):
    comment = b"sandbox: 03"
    picture = b"\xff\xd8\xff\xfe" + (len(comment) + 2).to_bytes(2) + comment + b"\x00" * 12_000 + b"\xff\xd9"
    item = {"gmsfzh": "370199198503070017", "xm": "测试甲", "xczp": base64.b64encode(picture).decode()}
    headers = wire.signed_headers(wire.get_secret(sandbox), sandbox.now_ms()) | JSON
    told = sandbox.post("/proxy/api/GK_GXFW_RKKRXBD", json={"datalist": [item]}, headers=headers).json()

    [found] = json.loads(told["data"])["data"]
    assert (found["bddm"], found["xsd"]) == ("03", "52.3")
