"""The provincial gateway: token, signature, grant; also in the profile of national cryptography."""

import flask
from flask.typing import ResponseReturnValue

from sandbox import gateway_cipher
from sandbox.population import gate, national_cipher, service
from sandbox.population.gate import NAME, Refused
from sandbox.runtime import Runtime, runtime

bp = flask.Blueprint("provincial", __name__, url_prefix="/proxy")
_OWNER = "provincial"
_SECRET_SECONDS = 600
_NATIONAL = "HMAC-SM3/SM4-CBC"


@bp.errorhandler(Refused)
def refused(refusal: Refused) -> ResponseReturnValue:
    return {"code": refusal.code, "message": refusal.message}, refusal.status


@bp.post("/auth/token")
def token() -> ResponseReturnValue:
    """Give the application a new session secret, encrypted under its key."""
    here = runtime()
    fault = gate.fault_of(here, gate.AT_TOKEN)
    if (answer := gate.answer_fault(here, fault)) is not None:
        return answer
    if fault == "wrong_signature":
        raise gate.BAD_SIGNATURE
    app_key = here.of(NAME)["app_key"]
    _authenticate(here, [app_key])
    secret = gate.issue_secret(here, _OWNER, _SECRET_SECONDS)
    seal = national_cipher.seal_text if _is_national() else gateway_cipher.encrypt_secret
    sealed = seal(app_key, secret)
    if fault == "token_garbage":
        sealed = sealed[:-8] + "!*garble="
    return {"code": "0", "message": "", "body": {"access_token": sealed, "expires_in": _SECRET_SECONDS}}


@bp.post("/api/<name>")
def call_service(name: str) -> ResponseReturnValue:
    """Check the call at the gateway, then let the population service answer it."""
    here = runtime()
    fault = gate.fault_of(here)
    if (answer := gate.answer_fault(here, fault)) is not None:
        return answer
    if fault in gate.SECRET_LOST:
        raise gate.BAD_SIGNATURE
    secret = _authenticate(here, gate.live_secrets(here, _OWNER))
    gate.check_grant(here, name, fault)
    if flask.request.mimetype not in {"text/xml", "application/json"}:
        raise Refused(415, "400001", "内容类型应为 text/xml 或 application/json")
    if not _is_national():
        return service.answer(here, name, fault, flask.request.get_data())
    try:
        body = national_cipher.open_bytes(secret, flask.request.get_data())
    except ValueError:
        raise Refused(400, "400002", "报文无法解密") from None
    response = service.answer(here, name, fault, body)
    response.set_data(national_cipher.seal_bytes(secret, response.get_data()))
    response.headers["gateway_alg"] = _NATIONAL
    return response


def let_in(here: Runtime) -> None:
    """Check a call of any service behind this gateway as it checks its own; Refused says why not."""
    _authenticate(here, gate.live_secrets(here, _OWNER))


def _is_national() -> bool:
    return flask.request.headers.get("gateway_alg") == _NATIONAL


def _authenticate(here: Runtime, keys: list[str]) -> str:
    """Application, time and signature; the key that signed, which may be any of `keys`."""
    headers = flask.request.headers
    app_id, rtime = headers.get("gateway_appid", ""), headers.get("gateway_rtime", "")
    if headers.get("gateway_alg", _NATIONAL) != _NATIONAL:
        raise Refused(400, "400003", "不支持的算法")
    if not gateway_cipher.same(app_id, here.of(NAME)["app_id"]):
        raise gate.UNKNOWN_APP
    gate.check_time(here, rtime)
    sign = national_cipher.sign if _is_national() else gateway_cipher.sign
    signature = headers.get("gateway_sig", "")
    matching = [key for key in keys if gateway_cipher.same(signature, sign(key, app_id + rtime))]
    if not matching:
        raise gate.BAD_SIGNATURE
    return matching[0]
