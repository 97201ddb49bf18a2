"""A centre with every kind of proof, scripted: a register, a face scan, a counter, and a register of companies."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from idp.core import clock
from idp.core.deadline import Deadline
from idp.core.identifiers import Document, DocumentKind, Uscc
from idp.realname import counter
from idp.realname.evidence import Query
from idp.realname.ports import (
    Applicant,
    AssuranceLevel,
    Capability,
    Found,
    Outcome,
    Refutation,
    Refuted,
    Source,
    SubjectKind,
    Unavailable,
    Verified,
)
from tests import schemas
from tests.flows.centre import Centre, open_centre
from tests.flows.people import Person
from tests.flows.rp import Answer, RelyingParty
from tests.web.challenger import ScriptedScan

ANY: dict[str, Any] = {"trust_framework": None}
SCOPE = "openid realname offline_access"


class NoCompany:
    """A register of companies, which stands here to be named."""

    source, channel = "business", "scripted"
    capability = Capability(
        SubjectKind.LEGAL_PERSON, frozenset({"name", "uscc"}), AssuranceLevel.ON_RECORD, "electronic_record"
    )

    def serves(self, uscc: Uscc) -> bool:
        return True

    def look_up(self, uscc: Uscc, deadline: Deadline) -> Found | Refuted | Unavailable:
        return Refuted(Refutation.NOT_FOUND)

    def verify(self, **asked: Any) -> Outcome:
        return Refuted(Refutation.NOT_FOUND)


@dataclass
class Vouching:
    """The centre, and its face scan that does what a test says."""

    centre: Centre
    scan: ScriptedScan

    def prove_at_counter(self, who: Person) -> None:
        """As two officers do."""
        document = Document.parse(DocumentKind.RESIDENT_ID, who.resident_id, today=clock.now().date())
        proof = self.centre.services.identity_proof
        with self.centre.services.database.transaction() as db:
            query = Query(
                who.account_id, Applicant(who.name, document), counter.SOURCE, counter.SOURCE, counter.CAPABILITY,
                "counter", None,
            )  # fmt: skip
            proof.record(db, query, Verified(counter.CAPABILITY.attests, "case-1"))


def _opened(url: str, redis: str, log: Path) -> Iterator[Vouching]:
    scan = ScriptedScan()
    more = (scan.configured, Source("business", "市场主体登记", register=NoCompany()))
    with open_centre(url, redis, more=more, counter=True, log_file=log) as centre:
        yield Vouching(centre, scan)


@pytest.fixture(scope="session")
def embedded_vouching(tmp_path_factory: pytest.TempPathFactory, service_log: Path) -> Iterator[Vouching]:
    yield from _opened(f"sqlite:///{tmp_path_factory.mktemp('vouching') / 'idp.sqlite3'}", "", service_log)


@pytest.fixture(scope="session")
def servers_vouching(postgres_url: str, fresh_redis: Callable[[], str], service_log: Path) -> Iterator[Vouching]:
    yield from _opened(postgres_url, fresh_redis(), service_log)


@pytest.fixture
def vouching(request: pytest.FixtureRequest, centre: Centre) -> Vouching:
    """The installation that `centre` is of."""
    name = "servers" if centre.settings.redis_url else "embedded"
    made: Vouching = request.getfixturevalue(f"{name}_vouching")
    return made


def element(claims: Any, verification: Any = ANY) -> dict[str, Any]:
    named = dict.fromkeys(claims) if isinstance(claims, tuple) else claims
    return {"verification": verification, "claims": named}


def vouch(*elements: dict[str, Any], part: str = "userinfo") -> str:
    """The claims parameter for one element, or for an array of them."""
    return json.dumps({part: {"verified_claims": elements[0] if len(elements) == 1 else list(elements)}})


def told(rp: RelyingParty, tokens: Answer) -> Any:
    """What userinfo vouches for, held to the schema."""
    return checked(rp.userinfo(tokens.access_token).json)


def checked(said: dict[str, Any]) -> Any:
    made = said.get("verified_claims")
    assert made is None or schemas.is_answer(made)
    return made


def days(number: int) -> timedelta:
    return timedelta(days=number)
