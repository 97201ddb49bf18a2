"""Takes what must not be seen out of log records, however deep it lies: secrets by name, personal numbers by shape."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

_NAMES = re.compile(
    r"pass(word)?|secret|token|code$|^otp|assertion|cookie|authorization|resident|phone|mobile|^name$|document|identifier|login_hint",
    re.IGNORECASE,
)
_SHAPES = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|\d{15}|(?:86)?1[3-9]\d{9})(?![\dA-Za-z])")
# What the texts of exceptions quote: addresses with their query, databases with their password, the rows of PostgreSQL.
_QUERY = re.compile(r"(?P<name>[?&][\w.-]+=)[^\s&#'\"<>)]+")
_PASSWORD = re.compile(r"(?P<before>\w://[^\s:/@]*:)[^\s/@]+(?=@)")
_ROW = re.compile(r"(?P<before>Key \([^)\n]*\)=|Failing row contains )\(.*\)")
HIDDEN = "…"


def clean(text: str) -> str:
    """The text without resident-ID-like and mobile-number-like runs, values of queries, passwords in URLs and rows."""
    text = _ROW.sub(rf"\g<before>{HIDDEN}", text)
    text = _PASSWORD.sub(rf"\g<before>{HIDDEN}", text)
    text = _QUERY.sub(rf"\g<name>{HIDDEN}", text)
    return _SHAPES.sub(HIDDEN, text)


def clean_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """A log event without secrets: suspicious names lose their value, texts lose what `clean` takes out."""
    return {str(key): HIDDEN if _NAMES.search(str(key)) else _cleaned(value) for key, value in event.items()}


def _cleaned(value: object) -> Any:
    match value:
        case str():
            return clean(value)
        case bool() | float() | date() | None:
            return value
        case int():
            return HIDDEN if _SHAPES.fullmatch(str(value)) else value
        case Mapping():
            return clean_event(value)
        case list() | tuple() | set() | frozenset():
            return [_cleaned(each) for each in value]
        case _:  # an exception or any other object would be written as its text
            return clean(str(value))
