"""Answers of the Alipay gateway: the one object inside, as the bytes that were signed and as what it says.

The signature covers the text of the object exactly as it came, so it is cut out of the answer and never written anew.
"""

import json
from dataclasses import dataclass, field
from json import JSONDecoder
from typing import Any, Final

ERROR: Final = "error_response"
_SPACE: Final = " \t\n\r"


class AnswerBroken(ValueError):
    """Not one JSON object of the agreed shape."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: `signed` is what the signature covers, `value` an object, or text when it is encrypted."""

    name: str
    signed: bytes = field(repr=False)
    value: dict[str, Any] | str = field(repr=False)
    signature: str | None = field(default=None, repr=False)
    certificate_number: str | None = None


def read(body: bytes, method: str) -> Answer:
    """Take the answer apart; AnswerBroken when it is ambiguous or no answer to `method`."""
    members = _members(body)
    wanted = f"{method.replace('.', '_')}_response"
    named = [name for name in (wanted, ERROR) if name in members]
    if len(named) != 1:
        raise AnswerBroken("no answer, or two")
    [name] = named
    text, value = members[name]
    if not isinstance(value, dict | str):
        raise AnswerBroken("neither an object nor text")
    return Answer(name, text.encode(), value, _text(members, "sign"), _text(members, "alipay_cert_sn"))


def read_object(text: str) -> dict[str, Any]:
    """A JSON object without repeated names; AnswerBroken for anything else."""
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_refused)
    except (ValueError, RecursionError) as broken:
        raise AnswerBroken("no JSON") from broken
    if not isinstance(value, dict):
        raise AnswerBroken("no object")
    return value


def _members(body: bytes) -> dict[str, tuple[str, Any]]:
    """The members of the outer object, each as its text and its value."""
    try:
        return _Scan(body.decode()).members()
    except (ValueError, RecursionError, IndexError) as broken:
        raise AnswerBroken("no JSON") from broken


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise AnswerBroken("a repeated name")
    return value


def _refused(name: str) -> Any:
    raise AnswerBroken(f"{name} is no JSON")


class _Scan:
    """Walks over an object and remembers where each value began and ended; the values are read by the standard decoder."""

    _decoder = JSONDecoder(object_pairs_hook=_once, parse_constant=_refused)

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def members(self) -> dict[str, tuple[str, Any]]:
        found: dict[str, tuple[str, Any]] = {}
        self._pass("{")
        if not self._sees("}"):
            while True:
                _, name = self._value()
                if not isinstance(name, str) or name in found:
                    raise AnswerBroken("a name that is none, or is repeated")
                self._pass(":")
                found[name] = self._value()
                if not self._sees(","):
                    break
                self._pass(",")
        self._pass("}")
        self._space()
        if self._at != len(self._text):
            raise AnswerBroken("more than one object")
        return found

    def _value(self) -> tuple[str, Any]:
        self._space()
        begin = self._at
        value, self._at = self._decoder.raw_decode(self._text, begin)
        return self._text[begin : self._at], value

    def _pass(self, mark: str) -> None:
        if not self._sees(mark):
            raise AnswerBroken(f"no {mark}")
        self._at += 1

    def _sees(self, mark: str) -> bool:
        self._space()
        return self._text.startswith(mark, self._at)

    def _space(self) -> None:
        while self._at < len(self._text) and self._text[self._at] in _SPACE:
            self._at += 1


def _text(members: dict[str, tuple[str, Any]], name: str) -> str | None:
    value = members[name][1] if name in members else None
    if value is not None and not isinstance(value, str):
        raise AnswerBroken(f"{name} is no text")
    return value or None
