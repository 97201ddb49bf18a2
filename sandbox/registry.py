"""The synthetic population registry: who is in it, and what it answers about a name and a number."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

from sandbox import portraits

_DATA = Path(__file__).parent / "data"
_OTHER_NAME = "样例异名"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class Entry:
    name: str = field(repr=False)
    is_alive: bool
    photo: str = ""
    """The comparison code that every picture comes to; empty: the picture decides."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The fields of one RECORD of the answer."""

    number: str = field(default="", repr=False)
    number_code: str = ""
    name: str = field(default="", repr=False)
    name_code: str = ""
    cancelled: str = ""
    code: str = ""
    message: str = ""
    is_comparison: bool = False
    photo_code: str = ""
    similarity: str = ""


class Registry:
    def __init__(self, people: list[dict[str, object]]) -> None:
        self._entries = {
            str(person["resident_id"]): Entry(
                name=_OTHER_NAME if person["registry"] == "other_name" else str(person["name"]),
                is_alive=person["registry"] != "dead",
                photo=str(person.get("photo", "")),
            )
            for person in people
            if person["registry"] != "absent"
        }

    def check(self, number: str, name: str) -> Finding:
        """Compare as the registry does: character by character, names exactly as on the card."""
        if not _is_number(number) or not name:
            return Finding(code="99", message="请求数据不符合要求")
        entry = self._entries.get(number)
        if entry is None:
            return Finding(code="02", message="库中无此号")
        return Finding(
            number=number,
            number_code="1",
            name=name,
            name_code="1" if name == entry.name else "2",
            cancelled="0" if entry.is_alive else "1",
        )

    def compare(self, number: str, name: str, photo: bytes) -> Finding:
        """The same, and the live photo with the one on file."""
        found = self.check(number, name)
        if found.code == "99":
            return found
        if found.code:
            return Finding(is_comparison=True, photo_code="08")
        code = "05" if found.name_code != "1" else self._entries[number].photo or portraits.code_of(photo)
        return replace(found, is_comparison=True, photo_code=code, similarity=portraits.SIMILARITY.get(code, ""))


def people() -> list[dict[str, object]]:
    """The people of the demonstration, as they stand in the data file."""
    return list(json.loads((_DATA / "people.json").read_text("utf-8")))


def _is_number(number: str) -> bool:
    if len(number) != 18 or not (number[:17].isascii() and number[:17].isdigit()):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return number[17] == "10X98765432"[total % 11]
