"""The control page: which fault each service shows, as a page for people and as JSON for programs."""

import json
from typing import Any
from urllib.parse import urlsplit

import flask
from flask.typing import ResponseReturnValue

from sandbox.parts import NONE
from sandbox.runtime import runtime

bp = flask.Blueprint("control", __name__, url_prefix="/control")

_MOST_TIMES = 1000


@bp.get("")
def show() -> ResponseReturnValue:
    """The switches as they are."""
    switches = _switches()
    if _wants_json():
        return {"services": switches, "faults": {name: list(part.all_faults) for name, part in runtime().parts.items()}}
    return flask.render_template("control.html", switches=switches, parts=runtime().parts.values())


@bp.post("")
def change() -> ResponseReturnValue:
    """Switch a fault of a service on or off; `times` limits it to that many requests."""
    if _comes_from_another_site():
        return _refuse(403, "this form was sent from another site")
    asked = _asked()
    if asked is None:
        return _refuse(400, "a JSON object or a form is expected")
    if asked.get("action") == "reset":
        for service in runtime().parts:
            runtime().state.switch_off(service)
    elif (error := _apply(asked)) is not None:
        return _refuse(400, error)
    return _switches_as_json() if flask.request.is_json else flask.redirect(flask.url_for("control.show"), 303)


def _apply(asked: dict[str, Any]) -> str | None:
    service, fault, times = asked.get("service"), asked.get("fault"), asked.get("times")
    parts = runtime().parts
    if not isinstance(service, str) or service not in parts:
        return f"service is one of {', '.join(parts)}"
    known = parts[service].all_faults
    if not isinstance(fault, str) or fault not in known:
        return f"fault is one of {', '.join(known)}"
    if isinstance(times, str) and times.isascii() and times.isdigit():
        times = int(times[:6])
    if times not in (None, "") and (type(times) is not int or not 1 <= times <= _MOST_TIMES):
        return f"times is a number from 1 to {_MOST_TIMES}"
    if fault == NONE:
        runtime().state.switch_off(service)
    else:
        runtime().state.switch_on(service, fault, times or None)
    return None


def _asked() -> dict[str, Any] | None:
    if not flask.request.is_json:
        return dict(flask.request.form.items())
    try:
        asked = json.loads(flask.request.get_data())
    except (ValueError, RecursionError):
        return None
    return asked if isinstance(asked, dict) else None


def _switches() -> dict[str, dict[str, Any]]:
    known = runtime().state.switches()
    return {
        service: {
            "fault": known[service].fault if service in known else NONE,
            "remaining": known[service].remaining if service in known else None,
        }
        for service in runtime().parts
    }


def _switches_as_json() -> ResponseReturnValue:
    return {"services": _switches()}


def _wants_json() -> bool:
    return flask.request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def _comes_from_another_site() -> bool:
    """Browsers name the page a form was on; programs need not."""
    if flask.request.headers.get("Sec-Fetch-Site") == "same-origin":
        return False
    origin = flask.request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != flask.request.host


def _refuse(status: int, message: str) -> ResponseReturnValue:
    if flask.request.is_json:
        return {"error": message}, status
    return flask.render_template("refused.html", message=message), status
