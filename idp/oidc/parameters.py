"""Reading `application/x-www-form-urlencoded` strictly: valid UTF-8, no NUL, no parameter twice (RFC 6749 §3.1, §3.2).

Two parameters may come more than once: `resource` (RFC 8707 §2), and `audience` in a token exchange (RFC 8693 §2.1).
Their values are joined by a space, which no URI and no sent name of a service holds.
"""

from collections.abc import Mapping
from urllib.parse import unquote

MAX_BYTES = 16_384
MAX_PARAMETERS = 64
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


class MalformedParameters(Exception):
    """The parameters cannot be read at all; `reason` is plain ASCII for error_description."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RepeatedParameter(MalformedParameters):
    """A parameter came more than once; the others could be read and are in `readable`."""

    def __init__(self, readable: Mapping[str, str]) -> None:
        super().__init__("a parameter is included more than once")
        self.readable = readable


def parse(raw: bytes) -> dict[str, str]:
    """The parameters by name; an empty value counts as not sent. Raises MalformedParameters."""
    if len(raw) > MAX_BYTES:
        raise MalformedParameters("the request is too large")
    try:
        pairs = _pairs(raw.decode("ascii"))
    except UnicodeDecodeError as odd:
        raise MalformedParameters("the request is not valid UTF-8 in percent-encoding") from odd
    if any("\x00" in name or "\x00" in value for name, value in pairs):
        raise MalformedParameters("the request holds a NUL character")
    may_repeat = {"resource", "audience"} if ("grant_type", TOKEN_EXCHANGE) in pairs else {"resource"}
    values: dict[str, str] = {}
    repeated: set[str] = set()
    for name, value in pairs:
        if name in values and name not in may_repeat:
            repeated.add(name)
        values[name] = f"{values[name]} {value}".strip() if name in values and name in may_repeat else value
    if repeated:
        raise RepeatedParameter({name: value for name, value in values.items() if value and name not in repeated})
    return {name: value for name, value in values.items() if value}


def _pairs(text: str) -> list[tuple[str, str]]:
    """Names and values as browsers write them (WHATWG URL, 5.1); most need no decoding, which is what costs."""
    pieces = text.split("&")
    if len(pieces) > MAX_PARAMETERS:
        raise MalformedParameters("the request has too many parameters")
    pairs = []
    for piece in pieces:
        name, _, value = piece.partition("=")
        if piece:
            pairs.append((_decoded(name), _decoded(value)))
    return pairs


def _decoded(text: str) -> str:
    if "+" in text:
        text = text.replace("+", " ")
    return unquote(text, errors="strict") if "%" in text else text
