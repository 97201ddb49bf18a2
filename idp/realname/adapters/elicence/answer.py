"""Answers of the licence platform: a code, and data as the exact text that was signed."""

from dataclasses import dataclass, field
from typing import Any

from idp.core import strict_json


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
    return Answer(code, data, strict_json.member_text(text, "data"), signature if isinstance(signature, str) else "")
