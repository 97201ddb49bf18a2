"""The shapes of question and answer of registers with one query; each is an assumption, and another one is another class."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from idp.core.identifiers import Uscc
from idp.realname.adapters.business import answers
from idp.realname.adapters.exchange.road import Call


@dataclass(frozen=True, slots=True)
class Members:
    """What a record calls the things we read."""

    name: str
    uscc: str
    head: str
    state: str


class Shape(Protocol):
    """How one register is asked, and where its answer has the records."""

    @property
    def members(self) -> Members: ...
    def question(self, name: str, uscc: Uscc) -> Call: ...
    def records(self, body: bytes) -> list[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class UnitShape:
    """Civil affairs and the staffing office."""

    service: str
    headers: Mapping[str, str] = field(repr=False)

    members = Members("org_name", "usc_code", "legal_person", "org_status")

    def question(self, name: str, uscc: Uscc) -> Call:
        body = json.dumps({"org_name": name, "usc_code": uscc.code}, ensure_ascii=False, separators=(",", ":"))
        return Call(self.service, body.encode(), headers=self.headers)

    def records(self, body: bytes) -> list[dict[str, Any]]:
        return answers.records(body)


@dataclass(frozen=True, slots=True)
class LibraryShape:
    """The legal-entity library of Zhejiang's cities: one code in a form, the records in `datas`."""

    service: str

    members = Members("frdwmc", "tyxydm", "fddbr", "djzt")

    def question(self, name: str, uscc: Uscc) -> Call:
        return Call(self.service, b"", fields={"tyxydm": uscc.code})

    def records(self, body: bytes) -> list[dict[str, Any]]:
        told = answers.opened(body)
        if not isinstance(told, dict):
            raise answers.AnswerBroken("no_records")
        return answers.objects(told.get("datas"))
