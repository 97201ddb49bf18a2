"""Face scans: begun by a server, done on a phone (`mini`), and asked about by the server."""

import base64
import hashlib
import re
import secrets
from typing import Any

from sandbox.runtime import runtime
from sandbox.wechat.answers import Refused, machine
from sandbox.wechat.part import bp
from sandbox.wechat.tokens import posted, speaker

_NUMBER = re.compile(r"[0-9A-Za-z_-]{5,32}")
_LIVES_MS = 3_600_000
SCAN, KEY, RESULT = "wechat_scan", "wechat_user_id_key", "wechat_verify_result"

# Numbers of our own where the vendor publishes none.
_HASH_DIFFERS, _NOT_FINISHED = 87009, 87010


@bp.post("/cityservice/face/identify/getverifyid")
@machine
def getverifyid() -> dict[str, Any]:
    application, asked, here = speaker(), posted(), runtime()
    number, person, openid = asked.get("out_seq_no"), asked.get("cert_info"), asked.get("openid")
    if not isinstance(number, str) or not _NUMBER.fullmatch(number) or not isinstance(openid, str):
        raise Refused(40097, "invalid args")
    match person:
        case {"cert_type": "IDENTITY_CARD", "cert_name": str(name), "cert_no": str(cert_no)} if name and cert_no:
            pass
        case _:
            raise Refused(40097, "invalid args")
    if not here.state.claim_request(f"wechat:{application.appid}:{number}", now_ms=here.now_ms()):
        raise Refused(40097, "out_seq_no duplicate")
    verify_id = secrets.token_urlsafe(48)
    kept = {"number": number, "openid": openid, "name": name, "cert_no": cert_no, "verify_ret": None}
    here.state.put(SCAN, verify_id, kept, expires_ms=here.now_ms() + _LIVES_MS)
    return {"errcode": 0, "errmsg": "ok", "verify_id": verify_id, "expires_in": _LIVES_MS // 1000}


@bp.post("/cityservice/face/identify/queryverifyinfo")
@machine
def queryverifyinfo() -> dict[str, Any]:
    speaker()
    asked, here = posted(), runtime()
    kept = here.state.get(SCAN, str(asked.get("verify_id", "")), now_ms=here.now_ms())
    if kept is None or (asked.get("out_seq_no"), asked.get("openid")) != (kept["number"], kept["openid"]):
        raise Refused(_HASH_DIFFERS, "verify_id not match")
    if asked.get("cert_hash") != _cert_hash(kept):
        raise Refused(_HASH_DIFFERS, "cert_hash not match")
    if kept["verify_ret"] is None:
        raise Refused(_NOT_FINISHED, "verify not finished")
    return {"errcode": 0, "errmsg": "ok", "verify_ret": kept["verify_ret"]}


@bp.post("/cityservice/face/identify/getuseridkey")
@machine
def getuseridkey() -> dict[str, Any]:
    """The older interface: a key that stands for name and number."""
    speaker()
    asked, here, key = posted(), runtime(), secrets.token_urlsafe(32)
    name, cert_no = asked.get("name"), asked.get("id_card_number")
    if not isinstance(name, str) or not isinstance(cert_no, str) or not name or not cert_no:
        raise Refused(84006, "name or id_card_number empty")
    here.state.put(KEY, key, {"name": name, "cert_no": cert_no}, expires_ms=here.now_ms() + _LIVES_MS)
    return {"errcode": 0, "errmsg": "ok", "user_id_key": key, "expires_in": _LIVES_MS // 1000}


@bp.post("/cityservice/face/identify/getinfo")
@machine
def getinfo() -> dict[str, Any]:
    """The older interface: what the phone brought back is about whom, and how it ended."""
    speaker()
    asked, here = posted(), runtime()
    kept = here.state.get(RESULT, str(asked.get("verify_result", "")), now_ms=here.now_ms())
    if kept is None:
        raise Refused(84001, "invalid identify id")
    return {
        "errcode": 0,
        "errmsg": "ok",
        "identify_ret": kept["identify_ret"],
        "identify_time": here.now_ms() // 1000,
        "validate_data": "",
        "openid": kept["openid"],
        "user_id_key": kept["user_id_key"],
        "finish_time": here.now_ms() // 1000,
        "id_card_number_md5": _md5(kept["cert_no"]),
        "name_utf8_md5": _md5(kept["name"]),
    }


def _cert_hash(kept: dict[str, Any]) -> str:
    members = (("cert_type", "IDENTITY_CARD"), ("cert_name", kept["name"]), ("cert_no", kept["cert_no"]))
    text = "&".join(f"{name}={base64.b64encode(value.encode()).decode()}" for name, value in members)
    return hashlib.sha256(text.encode()).hexdigest()


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
