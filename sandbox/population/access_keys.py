"""Gateways that sign every call with a long-lived key: access key and secret key, or the style of Guangdong."""

import base64
import hashlib
import hmac
from email.utils import parsedate_to_datetime

import flask
from flask.typing import ResponseReturnValue

from sandbox import gateway_cipher
from sandbox.population import gate, service
from sandbox.population.gate import NAME, Refused
from sandbox.runtime import Runtime, runtime

bp = flask.Blueprint("access_keys", __name__, url_prefix="/restapi")


@bp.errorhandler(Refused)
def refused(refusal: Refused) -> ResponseReturnValue:
    return {"code": refusal.code, "message": refusal.message}, refusal.status


@bp.post("/prod/<name>")
def call_service(name: str) -> ResponseReturnValue:
    """Check the call, then let the population service answer it."""
    here = runtime()
    fault = gate.fault_of(here)
    if (answer := gate.answer_fault(here, fault)) is not None:
        return answer
    if fault in gate.SECRET_LOST:
        raise gate.BAD_SIGNATURE
    if "x-tif-paasid" in flask.request.headers:
        _authenticate_paas(here)
    else:
        _authenticate(here)
    gate.check_grant(here, name, fault)
    return service.answer(here, name, fault, flask.request.get_data())


def sign(secret_key: str, method: str, path: str, query: str, access_key: str, date: str) -> str:
    """Base64 of HMAC-SHA-256 over the five lines; the query's parameters stand in order."""
    ordered = "&".join(sorted(query.split("&"))) if query else ""
    message = "".join(f"{line}\n" for line in (method, path, ordered, access_key, date))
    return base64.b64encode(hmac.digest(secret_key.encode(), message.encode(), "sha256")).decode("ascii")


def _authenticate(here: Runtime) -> None:
    headers, settings = flask.request.headers, here.of(NAME)
    access_key, date = headers.get("X-BG-HMAC-ACCESS-KEY", ""), headers.get("X-BG-DATE-TIME", "")
    known = settings.get("access_key", "")
    if not known or not gateway_cipher.same(access_key, known):
        raise gate.UNKNOWN_APP
    if headers.get("X-BG-HMAC-ALGORITHM") != "hmac-sha256" or not date.endswith("GMT"):
        raise gate.BAD_SIGNATURE
    try:
        gate.check_time(here, str(int(parsedate_to_datetime(date).timestamp() * 1000)))
    except ValueError:
        raise gate.STALE from None
    query = flask.request.query_string.decode("ascii", "replace")
    expected = sign(settings["secret_key"], flask.request.method, flask.request.path, query, access_key, date)
    if not gateway_cipher.same(headers.get("X-BG-HMAC-SIGNATURE", ""), expected):
        raise gate.BAD_SIGNATURE


def _authenticate_paas(here: Runtime) -> None:
    headers, settings = flask.request.headers, here.of(NAME)
    paas_id, seconds, nonce = (headers.get(f"x-tif-{name}", "") for name in ("paasid", "timestamp", "nonce"))
    known = settings.get("paas_id", "")
    if not known or not gateway_cipher.same(paas_id, known):
        raise gate.UNKNOWN_APP
    gate.check_time(here, f"{seconds}000")
    expected = hashlib.sha256(f"{seconds}{settings['paas_token']}{nonce}{seconds}".encode()).hexdigest().upper()
    if not gateway_cipher.same(headers.get("x-tif-signature", ""), expected):
        raise gate.BAD_SIGNATURE
    if not nonce or not here.state.claim_request(f"x-tif {nonce}", now_ms=here.now_ms()):
        raise gate.REPLAYED
