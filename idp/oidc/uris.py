"""Parameters appended to a registered URI, and nothing else of it changed (RFC 6749 §3.1.2)."""

import re
from collections.abc import Mapping
from urllib.parse import quote_plus, urlsplit, urlunsplit

_PLAIN = re.compile(r"[A-Za-z0-9_.~-]*", re.ASCII)


def with_parameters(uri: str, parameters: Mapping[str, str]) -> str:
    """The URI with parameters appended to its query."""
    if not parameters:
        return uri
    if "?" not in uri and "#" not in uri:
        return f"{uri}?{_written(parameters)}"
    parts = urlsplit(uri)
    query = "&".join(piece for piece in (parts.query, _written(parameters)) if piece)
    return urlunsplit(parts._replace(query=query))


def with_fragment(uri: str, parameters: Mapping[str, str]) -> str:
    """The URI with parameters as its fragment; a registered URI has none of its own."""
    return f"{uri}#{_written(parameters)}"


def _written(parameters: Mapping[str, str]) -> str:
    """In application/x-www-form-urlencoded; most values of ours are plain already, which is quickly seen."""
    return "&".join(
        f"{name}={value if _PLAIN.fullmatch(value) else quote_plus(value)}" for name, value in parameters.items()
    )
