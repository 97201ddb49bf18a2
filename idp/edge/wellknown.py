"""Discovery and JWKS, answered as ready bytes before Flask is woken: they are the same for everybody until keys change."""

from collections.abc import Callable, Iterable
from typing import Any

from idp.core.errors import DatabaseUnavailable
from idp.edge import cors
from idp.edge.proxy import StartResponse, WsgiApp

Document = Callable[[], tuple[bytes, str]]
_MAX_AGE = 300
_JSON = ("Content-Type", "application/json")


class WellKnown:
    """WSGI middleware in front of the application; each document is a function to its bytes and ETag."""

    def __init__(self, app: WsgiApp, documents: dict[str, Document]) -> None:
        self._app = app
        self._documents = documents

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        document = self._documents.get(path)
        if document is None:
            return self._app(environ, start_response)
        always = [*cors.of_answer(path), ("X-Content-Type-Options", "nosniff")]
        method = environ["REQUEST_METHOD"]
        if method not in {"GET", "HEAD"}:
            return _other(path, method, always, start_response)
        try:
            body, etag = document()
        except DatabaseUnavailable:
            return _failure(
                "503 Service Unavailable", "temporarily_unavailable", [*always, ("Retry-After", "5")], start_response
            )
        headers = [("ETag", etag), ("Cache-Control", f"public, max-age={_MAX_AGE}"), *always]
        if _is_known(etag, environ.get("HTTP_IF_NONE_MATCH", "")):
            start_response("304 Not Modified", headers)
            return [b""]
        start_response("200 OK", [*headers, _JSON, ("Content-Length", str(len(body)))])
        return [b"" if method == "HEAD" else body]


def _other(path: str, method: str, always: list[tuple[str, str]], start_response: StartResponse) -> Iterable[bytes]:
    allow = ("Allow", "GET, HEAD, OPTIONS")
    if method != "OPTIONS":
        return _failure("405 Method Not Allowed", "invalid_request", [*always, allow], start_response)
    start_response("204 No Content", [allow, *cors.of_preflight(path, ("GET", "HEAD"))])
    return []


def _failure(status: str, error: str, headers: list[tuple[str, str]], start_response: StartResponse) -> Iterable[bytes]:
    body = b'{"error":"%s"}' % error.encode()
    start_response(status, [*headers, _JSON, ("Cache-Control", "no-store"), ("Content-Length", str(len(body)))])
    return [body]


def _is_known(etag: str, sent: str) -> bool:
    """Whether the caller has these bytes; a compressing proxy marks the tag as weak on its way (RFC 9110 §13.1.2)."""
    return bool(sent) and (sent.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in sent.split(",")])
