"""Reads every structured log line that tests cause, and keeps those that hold a person's name, number or phone."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from idp.core import logging
from tests.architecture.source import ROOT

_PEOPLE = json.loads((ROOT / "sandbox" / "data" / "people.json").read_text(encoding="utf-8"))
_NAMES = "|".join(re.escape(person["name"]) for person in _PEOPLE)
_SHAPES = r"(?<![0-9A-Za-z])(?:\d{17}[\dXx]|1[3-9]\d{9})(?![0-9A-Za-z])"
PERSONAL = re.compile(f"{_NAMES}|{_SHAPES}")

Render = Callable[[Any, str, Any], bytes]


@contextmanager
def watching() -> Iterator[list[str]]:
    """While this lasts, log lines with personal data end up in the list."""
    seen: list[str] = []
    render: Render = logging._render

    def checked(logger: Any, level: str, event: Any) -> bytes:
        line = render(logger, level, event)
        if PERSONAL.search(line.decode("utf-8", "replace")):
            seen.append(line.decode("utf-8", "replace"))
        return line

    logging._render = checked
    try:
        yield seen
    finally:
        logging._render = render
