"""The MD5 gateway as one province has it: two generations of secrets, and business fields in a form."""

import hashlib
from collections.abc import Sequence
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from sandbox import gateway_cipher
from sandbox.population import datalist, gate, service
from sandbox.population.gate import NAME, Refused
from sandbox.registry import Finding
from sandbox.runtime import Runtime, runtime

bp = flask.Blueprint("md5", __name__, url_prefix="/gateway")
_REQUEST, _REFRESH = "md5.request", "md5.refresh"
_REQUEST_SECONDS, _REFRESH_SECONDS = 15 * 60, 48 * 3600
_SERVICES = {"rkk-sfhc": "GK_GXFW_SFHC", "rkk-rxbd": "GK_GXFW_RKKRXBD"}


@bp.errorhandler(Refused)
def refused(refusal: Refused) -> ResponseReturnValue:
    return wrapped(refusal.code, refusal.message, None), refusal.status if refusal.status >= 429 else 200


@bp.route("/app/refreshTokenByKey.htm", methods=["GET", "POST"])
def by_key() -> ResponseReturnValue:
    """The first secrets, signed with the application's own."""
    return _refresh(lambda here: [here.of(NAME).get("md5_app_secret", "")])


@bp.route("/app/refreshTokenBySec.htm", methods=["GET", "POST"])
def by_secret() -> ResponseReturnValue:
    """The next ones, signed with the refresh secret."""
    return _refresh(lambda here: gate.live_secrets(here, _REFRESH))


@bp.route("/api/<department>/dataSharing/<name>.htm", methods=["GET", "POST"])
def share(department: str, name: str) -> ResponseReturnValue:
    """The service, signed with the request secret."""
    here = runtime()
    fault = gate.fault_of(here)
    if (answer := gate.answer_fault(here, fault)) is not None:
        return answer
    if fault in gate.SECRET_LOST:
        raise gate.BAD_SIGNATURE
    let_in(here)
    if department != "police" or name not in _SERVICES:
        raise gate.NOT_GRANTED
    gate.check_grant(here, _SERVICES[name], fault)
    try:
        asked = datalist.asked(flask.request.values.to_dict())
    except (KeyError, ValueError):
        raise Refused(400, "400001", "请求参数不符合要求") from None
    return service.answer_records(here, _SERVICES[name], fault, [asked], _as_datas)


def _refresh(keys_of: Any) -> ResponseReturnValue:
    here = runtime()
    fault = gate.fault_of(here, gate.AT_TOKEN)
    if (answer := gate.answer_fault(here, fault)) is not None:
        return answer
    if fault == "wrong_signature":
        raise gate.BAD_SIGNATURE
    _authenticate(here, keys_of(here))
    now = here.now_ms()
    told: dict[str, Any] = {
        "refreshSecret": gate.issue_secret(here, _REFRESH, _REFRESH_SECONDS),
        "refreshSecretEndTime": now + _REFRESH_SECONDS * 1000,
        "requestSecret": gate.issue_secret(here, _REQUEST, _REQUEST_SECONDS),
        "requestSecretEndTime": now + _REQUEST_SECONDS * 1000,
    }
    if fault == "token_garbage":
        told |= {"requestSecret": None, "requestSecretEndTime": "soon"}
    return wrapped("00", "成功", told)


def let_in(here: Runtime) -> None:
    """Check a call of any service of this gateway as it checks its own; Refused says why not."""
    _authenticate(here, gate.live_secrets(here, _REQUEST))


def _authenticate(here: Runtime, keys: list[str]) -> None:
    values = flask.request.values
    app_key, rtime = values.get("appKey", ""), values.get("requestTime", "")
    known = here.of(NAME).get("md5_app_key", "")
    if not known or not gateway_cipher.same(app_key, known):
        raise gate.UNKNOWN_APP
    gate.check_time(here, rtime)
    if not any(gateway_cipher.same(values.get("sign", ""), sign(app_key, key, rtime)) for key in keys if key):
        raise gate.BAD_SIGNATURE


def sign(app_key: str, secret: str, rtime: str) -> str:
    return hashlib.md5((app_key + secret + rtime).encode(), usedforsecurity=False).hexdigest()


def _as_datas(status: str, message: str, findings: Sequence[Finding]) -> dict[str, Any]:
    items = [datalist.item(finding) for finding in findings]
    return wrapped("00" if status == "0" else status, message, items)


def wrapped(code: str, message: str, datas: Any) -> dict[str, Any]:
    counted = {"dataCount": 0, "totalDataCount": 0, "totalPage": 1, "requestId": None}
    return {"code": code, "msg": message, "data": "", "datas": datas, **counted}
