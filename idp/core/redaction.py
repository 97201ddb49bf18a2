"""Takes what must not be seen out of log records: secrets by name, personal numbers by shape."""

import re
from collections.abc import Mapping
from typing import Any

_NAMES = re.compile(
    r"pass(word)?|secret|token|code$|^otp|assertion|cookie|authorization|resident|phone|mobile|^name$|document|identifier|login_hint",
    re.IGNORECASE,
)
_SHAPES = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|\d{15}|1[3-9]\d{9})(?![\dA-Za-z])")
HIDDEN = "…"


def clean(text: str) -> str:
    """The text with every resident-ID-like and mobile-number-like run hidden."""
    return _SHAPES.sub(HIDDEN, text)


def clean_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """A log event without secrets: suspicious names lose their value, texts lose personal numbers."""
    return {
        key: HIDDEN if _NAMES.search(key) else clean(value) if isinstance(value, str) else value
        for key, value in event.items()
    }
