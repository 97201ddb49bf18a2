"""The synthetic organisations: which there are, how each stands, and how two questions about one are told apart."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parent.parent / "data" / "organisations.json"
NAMELESS = "***"
"""What stands for the trade name of an individual business that has none."""


@dataclass(frozen=True, slots=True)
class Company:
    """One organisation as its register holds it; `state` in the register's own words."""

    uscc: str
    name: str
    kind: str
    state: str
    head: str = field(repr=False)
    head_key: str = field(repr=False)

    @property
    def shown_state(self) -> str:
        """The first word of its state: 存续（在营、开业、在册） is 存续."""
        return self.state.partition("（")[0]

    @property
    def is_ended(self) -> bool:
        return self.shown_state not in {"存续", "正常"}


class Companies:
    """All of them, found by code or by name."""

    def __init__(self, prefixes: tuple[str, ...] = ()) -> None:
        everyone = [_company(entry) for entry in json.loads(_DATA.read_text("utf-8"))]
        self.all = tuple(each for each in everyone if not prefixes or each.uscc.startswith(prefixes))
        self._by_uscc = {each.uscc: each for each in self.all}

    def find(self, uscc: str) -> Company | None:
        return self._by_uscc.get(uscc)

    def another(self, than: Company | None) -> Company:
        """Some other one, for an answer about the wrong subject."""
        return next(each for each in self.all if each != than)

    def named(self, name: str) -> Company | None:
        return next((each for each in self.all if each.name == name != NAMELESS), None)


def _company(entry: dict[str, Any]) -> Company:
    head = entry["legal_representative"]
    return Company(
        uscc=str(entry["uscc"]),
        name=str(entry["name"]),
        kind=str(entry["type"]),
        state=str(entry["state"]),
        head=head["name"],
        head_key=head["key"],
    )
