"""Evidence: one row for every question about a person, and what an answer comes to for the account that asked."""

from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from idp.audit.trail import Trail
from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.realname import levels, listed, persons
from idp.realname.errors import BelongsToAnother
from idp.realname.models import Evidence
from idp.realname.ports import Applicant, Capability, Outcome, Pending, Refutation, Refuted, Unavailable, Verified
from idp.realname.results import Proven


@dataclass(frozen=True, slots=True)
class Query:
    """One question about one person: who is asked, about whom, for which account and why."""

    account_id: str
    applicant: Applicant = field(repr=False)
    source: str
    channel: str
    capability: Capability
    purpose: str
    client_id: str | None
    cost: int = 0
    """What the question costs if it is answered, in fen."""


def purpose_of(purpose: str | None, client_id: str | None) -> str:
    """Why somebody is asked about, where nobody said otherwise."""
    return purpose or ("site" if client_id is not None else "self")


def understood(query: Query, outcome: Outcome) -> Outcome:
    """A yes that says less than the source declared is none, and one about somebody else is a no."""
    if not isinstance(outcome, Verified):
        return outcome
    if not query.capability.attests <= outcome.attested:
        return Unavailable("attests_less", outcome.request_number)
    told = outcome.applicant
    if told is not None and told.document.key != query.applicant.document.key:
        return Refuted(Refutation.MISMATCH, outcome.request_number)
    return outcome


class EvidenceBook:
    """Writes evidence, and the audit entry of it, in the caller's transaction."""

    def __init__(self, keyring: Keyring, trail: Trail) -> None:
        self._keyring = keyring
        self._trail = trail

    def index_of(self, applicant: Applicant) -> str:
        """What the document is found by."""
        return persons.document_index(self._keyring, applicant.document)

    def begin(self, db: Session, query: Query, verdict: str = levels.ASKED) -> str:
        """Write a question down before it is asked; answers the id of its row."""
        row = Evidence(
            id=ids.new_id(), account_id=query.account_id, client_id=query.client_id, purpose=query.purpose,
            source=query.source, channel=query.channel, evidence_type=query.capability.evidence,
            check_method=query.capability.check_method.value, document_kind=query.applicant.document.kind.value,
            verdict=verdict, document_index=self.index_of(query.applicant), ial=0, at=clock.now(),
            cost=query.cost,
        )  # fmt: skip
        db.add(row)
        db.flush()
        self._trail.record(
            db, "identity.attempted", account_id=query.account_id, client_id=query.client_id, source=query.source
        )
        return row.id

    def accept(
        self, db: Session, evidence_id: str, query: Query, outcome: Verified, *, took_ms: int | None = None
    ) -> Proven:
        """Keep the person and the proof; NotForThisAccount when one person would have two accounts, one account two persons, or
        when the account is over. The caller's transaction is then to be dropped."""
        persons.hold(db, query.account_id)
        try:
            persons.remember(db, self._keyring, query.account_id, applicant=query.applicant)
            row = self._write(db, evidence_id, outcome.request_number, levels.VERIFIED, None, took_ms)
            row.account_id = query.account_id
            ial = _weigh(row, query, outcome)
            listed.weigh(db, [query.account_id])
            self._trail.record(
                db,
                "identity.proven",
                account_id=query.account_id,
                client_id=query.client_id,
                source=query.source,
                ial=ial,
            )
            db.flush()
        except IntegrityError as lost_race:  # the same person was proven on another account at the same moment
            raise BelongsToAnother from lost_race
        return Proven(ial)

    def refuse(
        self, db: Session, evidence_id: str, query: Query, outcome: Outcome, reason: str | None = None,
        *, took_ms: int | None = None,
    ) -> str:  # fmt: skip
        """Write down that nothing is proven; `reason` where the proof stands but not for this account. The verdict.

        What the proof would have come to is kept beside the refusal: it counts once the two accounts are one.
        """
        verdict, said = (levels.REFUTED, reason) if reason is not None else _verdict(outcome)
        row = self._write(db, evidence_id, outcome.request_number, verdict, said, took_ms)
        if isinstance(outcome, Verified):
            _weigh(row, query, outcome)
        self._trail.record(
            db,
            "identity.not_proven",
            outcome="failure",
            account_id=query.account_id,
            client_id=query.client_id,
            source=query.source,
            verdict=verdict,
            reason=said,
        )
        return verdict

    def abandon(self, db: Session, evidence_id: str) -> None:
        """Nobody finished what was begun, and the source has no last word."""
        row = self._write(db, evidence_id, None, levels.ABANDONED, Refutation.ABANDONED.value)
        self._trail.record(
            db, "identity.not_proven", outcome="failure", account_id=row.account_id, client_id=row.client_id,
            source=row.source, verdict=row.verdict, reason=Refutation.ABANDONED.value,
        )  # fmt: skip

    def _write(
        self,
        db: Session,
        evidence_id: str,
        request_number: str | None,
        verdict: str,
        reason: str | None,
        took_ms: int | None = None,
    ) -> Evidence:
        row = db.get_one(Evidence, evidence_id)
        row.verdict, row.reason = verdict, reason[:64] if reason else None
        row.request_number = request_number[:64] if request_number else row.request_number
        row.took_ms = took_ms if took_ms is not None else row.took_ms
        return row


def _weigh(row: Evidence, query: Query, outcome: Verified) -> int:
    """The level that the proof reaches, and until when it counts."""
    promised = query.capability.assurance_level
    row.ial = int(promised if outcome.level is None else min(promised, outcome.level))
    row.expires_at = clock.now() + query.capability.holds
    return row.ial


def _verdict(outcome: Outcome) -> tuple[str, str]:
    match outcome:
        case Refuted(Refutation.ABANDONED):
            return levels.ABANDONED, Refutation.ABANDONED.value
        case Refuted(reason):
            return levels.REFUTED, reason.value
        case Unavailable(reason):
            return levels.UNAVAILABLE, reason
        case Pending():
            return levels.UNAVAILABLE, "pending"
        case _:
            raise TypeError("a proof is accepted, not refused")
