"""One trace id for all that one request causes, from the browser to the authority and back to the page."""

import re
from collections.abc import Mapping
from typing import Any

import flask

from idp.core import clock, logging

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)
_METHODS = frozenset({"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"})


def begin_of(environ: Mapping[str, Any]) -> str:
    """Start the trace of a WSGI request; one that comes along counts only from a trusted proxy."""
    incoming = None
    if environ.get("idp.peer") != environ.get("REMOTE_ADDR"):
        match = _TRACEPARENT.fullmatch(environ.get("HTTP_TRACEPARENT", ""))
        incoming = match[1] if match else None
    return logging.begin_trace(incoming)


def begin() -> None:
    """Start the trace of a page."""
    flask.g.trace_id = begin_of(flask.request.environ)
    flask.g.began = clock.monotonic()


def finish(response: flask.Response) -> flask.Response:
    """Tell the browser its trace id, and log the request."""
    if "began" in flask.g:
        response.headers["X-Trace-Id"] = flask.g.trace_id
        log_request(flask.request.endpoint or "none", flask.request.method, response.status_code, flask.g.began)
    return response


def log_request(endpoint: str, method: str, status: int, began: float) -> None:
    """One line per request: which endpoint, how it ended, how long it took; never a query or a form."""
    known = method if method in _METHODS else "other"
    logging.request_line(endpoint, known, status, round((clock.monotonic() - began) * 1000, 1))
