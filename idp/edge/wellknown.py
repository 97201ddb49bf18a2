"""Discovery and JWKS, answered as ready bytes before Flask is woken: they are the same for everybody until keys change."""

from collections.abc import Callable, Iterable
from typing import Any

from idp.core.errors import DatabaseUnavailable
from idp.edge.proxy import StartResponse, WsgiApp

Document = Callable[[], tuple[bytes, str]]
_MAX_AGE = 300


class WellKnown:
    """WSGI middleware in front of the application; each document is a function to its bytes and ETag."""

    def __init__(self, app: WsgiApp, documents: dict[str, Document]) -> None:
        self._app = app
        self._documents = documents

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        document = self._documents.get(environ["PATH_INFO"])
        if document is None:
            return self._app(environ, start_response)
        method = environ["REQUEST_METHOD"]
        if method not in {"GET", "HEAD"}:
            start_response("405 Method Not Allowed", [("Allow", "GET, HEAD"), ("Content-Length", "0")])
            return [b""]
        try:
            body, etag = document()
        except DatabaseUnavailable:
            start_response("503 Service Unavailable", [("Retry-After", "5"), ("Content-Length", "0")])
            return [b""]
        headers = [
            ("ETag", etag),
            ("Cache-Control", f"public, max-age={_MAX_AGE}"),
            ("Access-Control-Allow-Origin", "*"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        if etag in [tag.strip() for tag in environ.get("HTTP_IF_NONE_MATCH", "").split(",")]:
            start_response("304 Not Modified", headers)
            return [b""]
        start_response("200 OK", [*headers, ("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [b"" if method == "HEAD" else body]
