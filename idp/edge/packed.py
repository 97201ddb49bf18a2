"""Static files on their way, packed for browsers that can open them; pages are never packed, they hold secrets (BREACH)."""

import gzip
from functools import cache
from pathlib import Path

import flask

_TEXT = frozenset({"text/css", "text/javascript", "application/javascript", "image/svg+xml"})
_WORTH_IT = 1024  # bytes


def lighter(response: flask.Response, folder: Path) -> flask.Response:
    """The answer with a whole text file of this folder, in gzip where the browser takes it; any other answer as it is."""
    name = (flask.request.view_args or {}).get("filename", "")
    if response.status_code != 200 or response.mimetype not in _TEXT or (response.content_length or 0) < _WORTH_IT:
        return response
    response.vary.add("Accept-Encoding")
    if flask.request.accept_encodings.quality("gzip") > 0:
        response.direct_passthrough = False
        response.set_data(_packed(folder / name))
        response.content_encoding = "gzip"
        etag, _ = response.get_etag()
        if etag:
            response.set_etag(etag, weak=True)
    return response


@cache
def _packed(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), mtime=0)
