"""JSON from outside, read within bounds: valid Unicode, finite numbers, no member twice, so deep and no deeper, no NUL."""

import json
from typing import Any, Final

import orjson

_SPACE: Final = " \t\n\r"
_decoder = json.JSONDecoder()


def loads(raw: bytes | str, *, depth: int = 10, nodes: int = 2000) -> Any:
    """The value; ValueError for anything that is not plain JSON of at most so many levels and values.

    The caller bounds the size of `raw`. Levels are counted after reading: orjson goes no deeper than 1024.
    """
    value = orjson.loads(raw)
    _measure(value, depth, nodes)
    json.loads(raw, object_pairs_hook=_no_member_twice)
    return value


def load_object(raw: bytes | str, *, depth: int = 10, nodes: int = 2000) -> dict[str, Any]:
    """The same when it is an object; else ValueError."""
    value = loads(raw, depth=depth, nodes=nodes)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def member_text(text: str, name: str) -> str:
    """The text of a member's value exactly as it stands in an object that `load_object` has read: what a signature covers.

    The member is there; names are compared as they are read, so an escaped one is found too.
    """
    at = _skip(text, 0) + 1
    while True:
        found, at = _decoder.raw_decode(text, _skip(text, at))
        begin = _skip(text, _skip(text, at) + 1)  # behind the colon
        _, at = _decoder.raw_decode(text, begin)
        if found == name:
            return text[begin:at]
        at = _skip(text, at) + 1  # behind the comma


def _skip(text: str, at: int) -> int:
    while text[at] in _SPACE:
        at += 1
    return at


def _measure(value: Any, depth: int, nodes: int) -> None:
    """Go down level by level; `depth` levels may be objects or arrays."""
    level, seen = [value], 0
    for left in range(depth, -1, -1):
        seen += len(level)
        if seen > nodes:
            raise ValueError("too many values")
        below: list[Any] = []
        for each in level:
            if isinstance(each, dict | list) and left == 0:
                raise ValueError("nested too deeply")
            if isinstance(each, dict):
                below.extend(each)
                below.extend(each.values())
            elif isinstance(each, list):
                below.extend(each)
            elif isinstance(each, str) and "\x00" in each:
                raise ValueError("a NUL character")
        level = below


def _no_member_twice(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a member is included more than once")
