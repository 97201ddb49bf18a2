"""From the form of a policy to its value and back, and the difference between two values as rows that people read."""

import dataclasses
import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from idp.admin.policy_words import COLOURS, FIELDS, FieldWords
from idp.core import differences
from idp.policies import kinds
from idp.policies.kinds import Kind

_LONGEST_NUMBER = 6
_CONTEXT = 2
_COMPARED_WELL = 400_000
"""Pairs of lines up to which a difference is the smallest there is; beyond, one with more lines than need be is found in time."""


@dataclass(frozen=True, slots=True)
class Row:
    """One field that changes: its words, both values, and whether it protects less than before."""

    words: FieldWords
    before: Any
    after: Any
    is_weaker: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a text in a difference: `kept`, `added`, `removed`, or a `gap` of lines that stay."""

    kind: str
    text: str


def fields_of(kind: Kind[Any]) -> list[str]:
    """The fields that a form has; the name of a text is given by the day it is published."""
    return [field.name for field in dataclasses.fields(kind.type) if not (kind.is_text and field.name == "name")]


def read(kind: Kind[Any], form: Mapping[str, str], current: Any) -> tuple[Any, list[str]]:
    """The value that was typed, on top of the current one, and the fields that hold no such value at all."""
    given: dict[str, Any] = {}
    odd = []
    for name in fields_of(kind):
        typed = form.get(name, "").replace("\r\n", "\n")
        if not kind.bounds:
            given[name] = f"{typed.strip()}\n" if kind.is_text and typed.strip() else typed.strip()
        elif typed.strip().isascii() and typed.strip().isdigit() and len(typed.strip()) <= _LONGEST_NUMBER:
            given[name] = int(typed)
        else:
            odd.append(name)
    return dataclasses.replace(current, **given), odd


def rows(kind: Kind[Any], old: Any, new: Any) -> list[Row]:
    """What differs; of a text only that it does, `lines` shows how."""
    found = []
    for change in differences.between(kinds.written(old), kinds.written(new)):
        if kind.is_text and change.path == "name":
            continue
        bound = kind.bounds.get(change.path)
        is_weaker = bound is not None and bound.is_weakened(change.before, change.after)
        found.append(
            Row(FIELDS[change.path], _shown(change.path, change.before), _shown(change.path, change.after), is_weaker)
        )
    return found


def _shown(name: str, value: Any) -> Any:
    return COLOURS.get(value, value) if name == "colour" else value


def lines(old: str, new: str) -> list[Line]:
    """The difference of two texts by lines, with a little of what surrounds it; empty when there is none."""
    return list(_lines(old.splitlines(), new.splitlines()))


def _lines(old: list[str], new: list[str]) -> Iterator[Line]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=len(old) * len(new) > _COMPARED_WELL)
    for number, group in enumerate(matcher.get_grouped_opcodes(_CONTEXT)):
        if number:
            yield Line("gap", "")
        for tag, before, after, first, last in group:
            if tag == "equal":
                yield from (Line("kept", line) for line in old[before:after])
            else:
                yield from (Line("removed", line) for line in old[before:after] if line)
                yield from (Line("added", line) for line in new[first:last] if line)
