"""Static files on their way, packed for browsers that can open them; pages are never packed, they hold secrets (BREACH)."""

import gzip
from functools import cache
from pathlib import Path

import flask

_TEXT = frozenset({"text/css", "text/javascript", "application/javascript", "image/svg+xml"})
_WORTH_IT = 1024  # bytes


def init_app(app: flask.Flask) -> None:
    """Send the static files of every face lighter."""
    app.after_request(_lighter)


def _lighter(response: flask.Response) -> flask.Response:
    """The answer with a whole text file of a face's own, in gzip where the browser takes it; any other answer as it is."""
    asked = flask.request
    if not (asked.endpoint or "").endswith("static") or response.status_code != 200 or response.mimetype not in _TEXT:
        return response
    folder = flask.current_app.blueprints[asked.blueprint].static_folder if asked.blueprint else None
    path = Path(folder or flask.current_app.static_folder or "") / (asked.view_args or {})["filename"]
    if (response.content_length or 0) < _WORTH_IT:
        return response
    response.vary.add("Accept-Encoding")
    if asked.accept_encodings.quality("gzip") > 0:
        response.close()  # the file itself
        response.direct_passthrough = False
        response.set_data(_packed(path))
        response.content_encoding = "gzip"
        etag, _ = response.get_etag()
        if etag:
            response.set_etag(etag, weak=True)
    return response


@cache
def _packed(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), mtime=0)
