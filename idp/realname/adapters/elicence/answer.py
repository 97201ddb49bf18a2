"""Answers of the licence platform: a code, and data as the exact text that was signed."""

from dataclasses import dataclass, field
from json import JSONDecoder
from typing import Any

from idp.core import strict_json

_SPACE = " \t\n\r"
_decoder = JSONDecoder()


class AnswerBroken(Exception):
    """No answer of the agreed shape; `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Answer:
    """`code` is "0" where it succeeded; `text` is `data` as it came."""

    code: str
    data: dict[str, Any] = field(repr=False)
    text: str = field(repr=False)
    signature: str = field(repr=False)


def read(body: bytes) -> Answer:
    """Take an answer apart; AnswerBroken when it is no JSON object, or a success without data."""
    try:
        told = strict_json.load_object(body)
        text = body.decode()
    except (ValueError, RecursionError):
        raise AnswerBroken("no_json") from None
    code, data, signature = told.get("code"), told.get("data"), told.get("platformSign")
    if not isinstance(code, str):
        raise AnswerBroken("no_code")
    if code != "0":
        return Answer(code, {}, "", "")
    if not isinstance(data, dict):
        raise AnswerBroken("no_data")
    return Answer(code, data, member_text(text, "data"), signature if isinstance(signature, str) else "")


def member_text(text: str, name: str) -> str:
    """The text of a member's value exactly as it stands in an object that has been read already."""
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
