"""Health for those who run the service: alive, ready (each dependency by name), and figures for Prometheus."""

import ipaddress
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import flask
import orjson
from flask import Blueprint
from flask.typing import ResponseReturnValue
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import literal, select

from idp.core import clock, logging
from idp.db.prepared import Prepared
from idp.db.unit_of_work import Database
from idp.edge import metrics
from idp.store.redis import Store

_ALIVE = Prepared(select(literal(1).label("one")))
_log = logging.get("edge.observability")


def blueprint(
    database: Database,
    store: Store,
    *,
    breakers: Mapping[str, Callable[[], str]] | None = None,
    shows_metrics: bool = True,
) -> Blueprint:
    """`/healthz`, `/readyz` and, unless they have a listener of their own, `/metrics` for callers on this machine."""
    bp = Blueprint("observability", __name__)
    standing = metrics.Standing(database, breakers or {})

    @bp.get("/healthz")
    def alive() -> ResponseReturnValue:
        return flask.Response("ok\n", mimetype="text/plain")

    @bp.get("/readyz")
    def ready() -> ResponseReturnValue:
        found = {
            "database": _look(lambda: _read(database), database.engine.dialect.name),
            "store": _look(store.ping, "embedded" if store.is_embedded else "redis"),
        }
        is_ready = all(dependency["state"] == "ok" for dependency in found.values())
        said = {"status": "ready" if is_ready else "unready", "dependencies": found}
        return flask.Response(orjson.dumps(said) + b"\n", 200 if is_ready else 503, mimetype="application/json")

    @bp.get("/metrics")
    def figures() -> ResponseReturnValue:
        if not shows_metrics or not _is_neighbour(flask.request):
            flask.abort(404)
        return flask.Response(generate_latest(metrics.registry([standing])), content_type=CONTENT_TYPE_LATEST)

    @bp.after_app_request
    def count(response: flask.Response) -> flask.Response:
        if (began := flask.g.get("began")) is not None:
            metrics.observe_request(flask.request.endpoint or "none", response.status_code, clock.monotonic() - began)
        return response

    return bp


def _look(at: Callable[[], object], kind: str) -> dict[str, object]:
    began = clock.monotonic()
    try:
        at()
        state = "ok"
    except Exception as failure:  # noqa: BLE001 - whatever it is, the dependency cannot be used
        _log.warning("dependency_down", kind=kind, error=type(failure).__name__)
        state = "down"
    return {"state": state, "kind": kind, "ms": round((clock.monotonic() - began) * 1000, 1)}


def _read(database: Database) -> None:
    with database.glance() as db:
        _ALIVE.first(db)


def _is_neighbour(request: flask.Request) -> bool:
    """Whether the caller itself, not a proxy for somebody else, is on this machine and asks by a loopback name."""
    peer = str(request.environ.get("idp.peer", request.remote_addr))
    asked = urlsplit(f"//{request.host}").hostname or ""
    return all(_is_loopback(address) for address in (peer, request.remote_addr or "", asked))


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
