"""One trace id for all that one request causes, from the browser to the authority and back to the page."""

import re

import flask

from idp.core import clock, logging

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)
_log = logging.get("edge")


def begin() -> None:
    """Start the trace of a request; one that comes along counts only from a trusted proxy."""
    incoming = None
    if flask.request.environ.get("idp.peer") != flask.request.remote_addr:
        match = _TRACEPARENT.fullmatch(flask.request.headers.get("traceparent", ""))
        incoming = match[1] if match else None
    flask.g.trace_id = logging.begin_trace(incoming)
    flask.g.began = clock.monotonic()


def finish(response: flask.Response) -> flask.Response:
    """One line per request: which endpoint, how it ended, how long it took; never a query or a form."""
    if "began" in flask.g:
        response.headers["X-Trace-Id"] = flask.g.trace_id
        _log.info(
            "request",
            endpoint=flask.request.endpoint or "none",
            method=flask.request.method,
            status=response.status_code,
            ms=round((clock.monotonic() - flask.g.began) * 1000, 1),
        )
    return response
