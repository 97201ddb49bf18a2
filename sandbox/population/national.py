"""The national exchange platform: session secrets for each service, and its proxies for REST and SOAP.

The platform of national government services differs in the names (`gjzwfwpt_…`) and in a form around the request.
"""

from collections.abc import Callable, Mapping
from typing import Any

import flask
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import Headers

from sandbox import gateway_cipher, xml_reader
from sandbox.population import datalist, gate, service
from sandbox.population.gate import NAME, Refused
from sandbox.runtime import Runtime, runtime
from sandbox.xml_reader import XmlRefused

bp = flask.Blueprint("national", __name__)
Values = Mapping[str, str] | Headers
_PREFIXES = ("gjgxjhpt", "gjzwfwpt")
_SECRET_SECONDS = 900
_GRANTED = {"s_1200000900000_2109": "GK_GXFW_SFHC", "s_1200000900000_2108": "GK_GXFW_RKKRXBD"}
OTHERS: dict[str, Callable[[], ResponseReturnValue]] = {}
"""The services of other authorities by their code, which answer in JSON and call `let_in`."""
# Published are -1 and E-106 alone; the others are ours.
_CODES = {"401001": "E-106", "401002": "E-108", "401003": "E-107", "401004": "E-109", "403001": "E-106"}


@bp.errorhandler(Refused)
def refused(refusal: Refused) -> ResponseReturnValue:
    code = _CODES.get(refusal.code, "-1")
    return {"code": code, "data": None, "message": refusal.message}, 200 if refusal.status < 500 else refusal.status


@bp.post("/sysapi/auth/refreshappsecret")
def refresh_secret() -> ResponseReturnValue:
    """A new session secret for one service, encrypted under the key that was issued for it."""
    here = runtime()
    fault = gate.fault_of(here, gate.AT_TOKEN)
    if (answer := gate.answer_fault(here, fault)) is not None:
        return answer
    if fault == "wrong_signature":
        raise gate.BAD_SIGNATURE
    asked = flask.request.get_json(silent=True)
    values: dict[str, Any] = asked if isinstance(asked, dict) else {}
    prefix = next((each for each in _PREFIXES if f"{each}_rid" in values), _PREFIXES[0])
    app_key = here.of(NAME).get("national_app_key", "")
    sid = _authenticate(here, prefix, {name: str(value) for name, value in values.items()}, lambda _: [app_key])
    sealed = gateway_cipher.encrypt_secret(app_key, gate.issue_secret(here, sid, _SECRET_SECONDS))
    if fault == "token_garbage":
        sealed = sealed[:-8] + "!*garble="
    data = {"secret": sealed, "secretEndTime": here.now_ms() + _SECRET_SECONDS * 1000}
    return {"code": "0", "data": data, "message": ""}


@bp.post("/httpproxy")
def rest_proxy() -> ResponseReturnValue:
    """A REST service; the four values are headers."""
    if (other := OTHERS.get(flask.request.headers.get("gjgxjhpt_sid", ""))) is not None:
        return other()
    here = runtime()
    fault = gate.fault_of(here)
    if (answer := _before(here, fault)) is not None:
        return answer
    name = _service_of(here, fault, _authenticate_call(here, _PREFIXES[0], flask.request.headers))
    return service.answer(here, name, fault, flask.request.get_data(), datalist.with_head)


@bp.post("/wsproxy")
def soap_proxy() -> ResponseReturnValue:
    """A SOAP service; the four values are elements of the envelope's header."""
    here = runtime()
    fault = gate.fault_of(here)
    if (answer := _before(here, fault)) is not None:
        return answer
    body = flask.request.get_data()
    name = _service_of(here, fault, _authenticate_call(here, _PREFIXES[0], _tongtech_header(body)))
    return service.answer(here, name, fault, body)


@bp.post("/gateway/httpproxy")
def services_proxy() -> ResponseReturnValue:
    """The same service at the national government service platform."""
    here = runtime()
    fault = gate.fault_of(here)
    if (answer := _before(here, fault)) is not None:
        return answer
    form = flask.request.form
    sid = _authenticate_call(here, _PREFIXES[1], flask.request.headers)
    if form.get("format") != "json" or form.get("version") != "1.0" or not form.get("access_key"):
        raise Refused(400, "400001", "请求参数不符合要求")
    gate.check_time(here, form.get("timestamp", ""))
    if not here.state.claim_request(form.get("request_id", ""), now_ms=here.now_ms()):
        raise gate.REPLAYED
    asked = datalist.read(form.get("biz_content", "").encode())
    if asked is None:
        raise Refused(400, "400001", "请求参数不符合要求")
    return service.answer_records(here, _service_of(here, fault, sid), fault, asked, _as_biz_data)


def _as_biz_data(status: str, message: str, findings: Any) -> dict[str, Any]:
    inner = datalist.with_head(status, message, findings)
    return {"code": "1", "msg": "", "biz_data": inner}


def let_in(here: Runtime) -> None:
    """Check a call of any REST service of this platform as it checks its own; Refused says why not."""
    _authenticate_call(here, _PREFIXES[0], flask.request.headers)


def _before(here: Runtime, fault: str) -> ResponseReturnValue | None:
    if (answer := gate.answer_fault(here, fault)) is not None:
        return answer
    if fault in gate.SECRET_LOST:
        raise gate.BAD_SIGNATURE
    return None


def _tongtech_header(body: bytes) -> Mapping[str, str]:
    try:
        header = xml_reader.read(body).child("Header")
    except XmlRefused:
        raise Refused(400, "400001", "不是 SOAP 报文") from None
    carrier = header.child("tongtechheader") if header is not None else None
    if carrier is None or carrier.namespace:
        return {}
    return {child.name: child.text for child in carrier.children}


def _authenticate_call(here: Runtime, prefix: str, values: Values) -> str:
    return _authenticate(here, prefix, values, lambda sid: gate.live_secrets(here, sid))


def _authenticate(here: Runtime, prefix: str, values: Values, keys_of: Any) -> str:
    """Requester, grant, time and signature; the service code."""
    rid, sid, rtime, sign = (values.get(f"{prefix}_{name}", "") for name in ("rid", "sid", "rtime", "sign"))
    known = here.of(NAME).get("national_rid", "")
    if not known or not gateway_cipher.same(rid, known):
        raise gate.UNKNOWN_APP
    if sid not in _GRANTED and sid not in OTHERS:
        raise gate.NOT_GRANTED
    gate.check_time(here, rtime)
    if not any(gateway_cipher.same(sign, gateway_cipher.sign(key, sid + rid + rtime)) for key in keys_of(sid)):
        raise gate.BAD_SIGNATURE
    return sid


def _service_of(here: Runtime, fault: str, sid: str) -> str:
    gate.check_grant(here, _GRANTED[sid], fault)
    return _GRANTED[sid]
