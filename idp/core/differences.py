"""What changed between two versions of something that is written as JSON: one line a member, in reading order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Change:
    """One member, by its dotted path; a side is None where the member was not there. Lists change as a whole."""

    path: str
    before: Any
    after: Any


def between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Every member that differs; members of `before` first, then what is new."""
    return list(_walk(before, after, ""))


def _walk(before: Mapping[str, Any], after: Mapping[str, Any], prefix: str) -> Iterator[Change]:
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name, _NOTHING), after.get(name, _NOTHING)
        if old is not _NOTHING and new is not _NOTHING and _same(old, new):
            continue
        path = f"{prefix}{name}"
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _walk(old, new, f"{path}.")
        else:
            yield Change(path, None if old is _NOTHING else old, None if new is _NOTHING else new)


def _same(old: Any, new: Any) -> bool:
    """As JSON: `true` is not 1, and the order of names says nothing."""
    return orjson.dumps(old, option=orjson.OPT_SORT_KEYS) == orjson.dumps(new, option=orjson.OPT_SORT_KEYS)
