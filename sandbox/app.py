"""The sandbox application: the authorities' interfaces, an inbox, a control page, and a front page."""

from collections.abc import Callable
from urllib.parse import urlsplit

import flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MisdirectedRequest

from sandbox import catalogue, control, registry, settings
from sandbox.faults import UnknownFault
from sandbox.registry import Registry
from sandbox.runtime import Runtime, real_time_ms
from sandbox.settings import Settings
from sandbox.state import State

_LARGEST_REQUEST = 256 * 1024  # a photo in Base64, encrypted, in Base64
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self' http://localhost:* http://127.0.0.1:* https:"  # its pages send people back to where they came from
)
_NAMES = frozenset({"localhost", "127.0.0.1", "::1", "sandbox.localhost"})  # the last as docker-compose.yml calls it
_MACHINE_PATHS = tuple(path for part in catalogue.PARTS for path in part.machine_paths)
_STANDING = {"alive": "在册", "dead": "已注销", "other_name": "在册，姓名不同", "absent": "库中无此号"}


def create_app(configured: Settings | None = None, *, now_ms: Callable[[], int] | None = None) -> flask.Flask:
    """Build the application; tests give settings and a clock, otherwise the environment and the real time count."""
    chosen = configured or settings.from_environment()
    chosen.require(catalogue.PARTS)
    app = flask.Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_REQUEST
    people = registry.people()
    parts = {part.name: part for part in catalogue.PARTS}
    app.extensions["sandbox"] = Runtime(chosen, State(chosen.data), Registry(people), parts, now_ms or real_time_ms)
    for blueprint in (*(part.blueprint for part in catalogue.PARTS), control.bp):
        app.register_blueprint(blueprint)
    app.add_url_rule("/", "front", lambda: flask.render_template("front.html", parts=catalogue.PARTS))
    app.add_url_rule("/registry", "registry", lambda: _registry_page(people))
    app.add_url_rule("/healthz", "healthz", lambda: {"status": "ok", "service": "sandbox"})
    app.before_request(_only_for_neighbours)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(UnknownFault, _unknown_fault)
    app.after_request(_stamped)
    return app


def _only_for_neighbours() -> None:
    """A page of somebody else's must not reach us under a name of its own (DNS rebinding): there are codes to read here."""
    if (urlsplit(f"//{flask.request.host}").hostname or "") not in _NAMES:
        raise MisdirectedRequest


def _registry_page(people: list[dict[str, object]]) -> ResponseReturnValue:
    return flask.render_template("registry.html", people=people, standing=_STANDING)


def _refused(refusal: HTTPException) -> ResponseReturnValue:
    status = refusal.code or 500
    if flask.request.path.startswith(_MACHINE_PATHS) or flask.request.is_json:
        return {"code": f"{status}000", "message": refusal.name}, status
    return flask.render_template("refused.html", message=refusal.name), status


def _unknown_fault(_: UnknownFault) -> ResponseReturnValue:
    return {"code": "400001", "message": "unknown sandbox-fault"}, 400


def _stamped(response: flask.Response) -> flask.Response:
    """Nobody may take an answer of ours for an authority's."""
    response.headers["sandbox"] = "yes"
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"  # with no-referrer a browser sends Origin: null
    if flask.request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response
