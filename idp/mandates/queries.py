"""Questions to a register of organisations: counted, written down before they are asked, and shown to who asked them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from idp.accounts.synthetic import hold_real
from idp.audit.trail import Trail
from idp.core import clock, ids
from idp.core.addresses import network_of
from idp.core.crypto import Keyring
from idp.core.identifiers import Uscc
from idp.mandates.errors import TooManyOrganisations
from idp.realname import levels, persons
from idp.realname.limits import ORGANISATION, is_in_vain
from idp.realname.models import Evidence
from idp.realname.persons import PersonFacts
from idp.realname.ports import Capability
from idp.store.redis import Store

PER_ACCOUNT_A_DAY, PER_NETWORK_AN_HOUR = 5, 20
_DAY, _HOUR_SECONDS = timedelta(days=1), 3600
_COUNTED = (levels.ASKED, levels.VERIFIED, levels.REFUTED)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question under way."""

    evidence_id: str
    account_id: str
    network: str
    at: float


class Queries:
    """The evidence of each question. It raises nobody's own level: what it tells of is an organisation."""

    def __init__(self, store: Store, keyring: Keyring, trail: Trail) -> None:
        self._store = store
        self._keyring = keyring
        self._trail = trail

    def take(self, address: str) -> tuple[str, float]:
        """One of the questions that a network has in an hour; TooManyOrganisations when there is none left."""
        network, at = f"organisation:network:{network_of(address)}", clock.now().timestamp()
        if wait := self._store.hit(network, limit=PER_NETWORK_AN_HOUR, period=_HOUR_SECONDS, now=at):
            raise TooManyOrganisations(retry_after=wait)
        return network, at

    def begin(
        self,
        db: Session,
        account_id: str,
        person: PersonFacts,
        uscc: Uscc | None,
        *,
        source: str,
        channel: str,
        capability: Capability,
        cost: int = 0,
        taken: tuple[str, float],
    ) -> Asked:
        """Write it down before it is asked; the account's row is locked, so that parallel ones are counted."""
        now = clock.now()
        _hold_account(db, account_id, now)
        row = Evidence(
            id=ids.new_id(), account_id=account_id, purpose=ORGANISATION, source=source, channel=channel,
            evidence_type=capability.evidence, check_method=capability.check_method.value,
            document_kind=person.document.kind.value, verdict=levels.ASKED,
            document_index=persons.document_index(self._keyring, person.document), ial=0, at=now,
            cost=cost,
        )  # fmt: skip
        db.add(row)
        db.flush()
        about = uscc.code if uscc is not None else ""
        self._trail.record(db, "organisation.asked", account_id=account_id, source=source, uscc=about)
        return Asked(row.id, account_id, *taken)

    def conclude(
        self, db: Session, asked: Asked, *, verdict: str, reason: str | None = None, request_number: str | None = None,
        took_ms: int | None = None,
    ) -> None:  # fmt: skip
        row = db.get_one(Evidence, asked.evidence_id)
        row.verdict, row.reason = verdict, reason[:64] if reason else None
        row.request_number = request_number[:64] if request_number else row.request_number
        row.took_ms = took_ms if took_ms is not None else row.took_ms
        if verdict != levels.VERIFIED:
            self._trail.record(
                db, "organisation.not_recognised", outcome="failure", account_id=asked.account_id, verdict=verdict,
                reason=reason or "",
            )  # fmt: skip

    def give_back(self, asked: Asked) -> None:
        """Nothing was decided: it does not count."""
        self._store.give_back(asked.network, period=_HOUR_SECONDS, now=asked.at)


def _hold_account(db: Session, account_id: str, now: datetime) -> None:
    hold_real(db, account_id)
    used = db.scalar(
        select(func.count()).where(
            Evidence.account_id == account_id,
            Evidence.purpose == ORGANISATION,
            Evidence.at > now - _DAY,
            Evidence.verdict.in_(_COUNTED),
        )
    )
    if (used or 0) >= PER_ACCOUNT_A_DAY or is_in_vain(db, account_id, now):
        raise TooManyOrganisations
