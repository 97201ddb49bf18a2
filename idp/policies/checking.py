"""What a new version may be: every value is looked at before it is shown as a difference, and again before it is kept."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from idp.policies import kinds
from idp.policies.kinds import Kind

LONGEST_TEXT: Final = 20_000
_SHAPES: Final = {
    "name_zh": re.compile(r"[\w·（）()\- ]{2,24}"),
    "name_en": re.compile(r"(?:[A-Za-z0-9 ,.&'()\-]{2,60})?", re.ASCII),
    "phone": re.compile(r"(?:[0-9][0-9 \-]{2,18}[0-9])?", re.ASCII),
    "record": re.compile(r"[\w()（）〔〕\[\]\- ]{0,40}"),
    "colour": re.compile("|".join(kinds.COLOURS)),
    "sms_sign": re.compile(r"[\w]{2,12}"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One field that may not be kept as it is. `code`: bounds, floor, shape, empty, long or control."""

    field: str
    code: str
    least: int = 0
    most: int = 0


def problems(kind: Kind[Any], new: Any, *, current: Any, first: Any) -> list[Problem]:
    """What is wrong with `new`; what holds already, and what the settings say, is let be."""
    given, before, at_first = kinds.written(new), kinds.written(current), kinds.written(first)
    changed = {name: value for name, value in given.items() if value not in (before[name], at_first[name])}
    if kind.is_text:
        return list(_of_text({name: given[name] for name in ("zh", "en")}))
    if kind.bounds:
        return list(_of_numbers(kind, changed, kinds.written(kind.with_floor(new, first))))
    return [Problem(name, "shape") for name, value in changed.items() if not _SHAPES[name].fullmatch(value)]


def _of_numbers(kind: Kind[Any], changed: dict[str, int], floored: dict[str, int]) -> Iterator[Problem]:
    for name, value in changed.items():
        bound = kind.bounds[name]
        if not bound.holds(value):
            yield Problem(name, "bounds", bound.least, bound.most)
        elif floored[name] != value:
            yield Problem(name, "floor", floored[name], bound.most)


def _of_text(given: dict[str, str]) -> Iterator[Problem]:
    for name, text in given.items():
        if not text.strip():
            yield Problem(name, "empty")
        elif len(text) > LONGEST_TEXT:
            yield Problem(name, "long", most=LONGEST_TEXT)
        elif any(not letter.isprintable() and letter != "\n" for letter in text):
            yield Problem(name, "control")
