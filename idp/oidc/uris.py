"""Parameters appended to a registered URI, and nothing else of it changed (RFC 6749 §3.1.2)."""

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit


def with_parameters(uri: str, parameters: Mapping[str, str]) -> str:
    """The URI with parameters appended to its query."""
    if not parameters:
        return uri
    if "?" not in uri and "#" not in uri:
        return f"{uri}?{urlencode(parameters)}"
    parts = urlsplit(uri)
    query = "&".join(piece for piece in (parts.query, urlencode(parameters)) if piece)
    return urlunsplit(parts._replace(query=query))


def with_fragment(uri: str, parameters: Mapping[str, str]) -> str:
    """The URI with parameters as its fragment; a registered URI has none of its own."""
    return f"{uri}#{urlencode(parameters)}"
