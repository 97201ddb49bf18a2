"""Four factors: an organisation's name and code, its legal representative's name and number, agreed to by two registers.

Registers of organisations know names and no numbers, so the number is compared with the population registry: that proves
a person who bears the registered name, and a namesake of theirs bears it too. However the four agree, they are data that
many know: the level is that of a record, and who it is that asks takes a licence, a face or a counter.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from idp.core.deadline import Deadline
from idp.core.identifiers import Uscc
from idp.realname.ports import (
    Applicant,
    AssuranceLevel,
    Check,
    OrganisationRegister,
    Outcome,
    Pending,
    Refutation,
    Refuted,
    Unavailable,
    Verified,
)
from idp.realname.registers import register_for
from idp.realname.runner import Runner

NUMBER = "legal_representative_number"


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said of an organisation; `name` may be empty for an individual business without a trade name."""

    name: str
    uscc: Uscc
    representative: Applicant = field(repr=False)


@dataclass(frozen=True, slots=True)
class Question:
    """One question that was put to a source, for the record of it."""

    source: str
    channel: str
    verdict: str  # verified, refuted, unavailable
    request_number: str | None


@dataclass(frozen=True, slots=True)
class Agreed:
    """All four agree; `may_be_a_namesake` unless the organisation's own register compared the number."""

    questions: tuple[Question, ...]
    may_be_a_namesake: bool
    level: AssuranceLevel = AssuranceLevel.ON_RECORD


@dataclass(frozen=True, slots=True)
class Disagreed:
    """Some source said no."""

    reason: Refutation
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Some source did not say; `reason` is its stable code."""

    reason: str
    questions: tuple[Question, ...]


def compare(
    runner: Runner, registers: Iterable[OrganisationRegister], check: Check, claim: Claim, deadline: Deadline
) -> Agreed | Disagreed | Unanswered:
    """Ask the organisation's register, then the population registry; the second is not asked after a no."""
    register = register_for(registers, claim.uscc)
    if register is None:
        return Disagreed(Refutation.MANUAL, ())

    def organisation(cut: Deadline) -> Outcome:
        return register.verify(
            name=claim.name,
            uscc=claim.uscc,
            legal_representative=claim.representative.name,
            resident_id=claim.representative.resident_id,
            deadline=cut,
        )

    first = runner.ask(register.source, register.channel, organisation, deadline)
    asked: tuple[Question, ...] = (_question(register.source, register.channel, first),)
    if not isinstance(first, Verified):
        return _not_agreed(first, asked)
    second = runner.ask(check.source, check.channel, lambda cut: check.verify(claim.representative, cut), deadline)
    asked = (*asked, _question(check.source, check.channel, second))
    if not isinstance(second, Verified):
        return _not_agreed(second, asked)
    return Agreed(asked, may_be_a_namesake=NUMBER not in first.attested)


def _not_agreed(outcome: Refuted | Pending | Unavailable, asked: tuple[Question, ...]) -> Disagreed | Unanswered:
    match outcome:
        case Refuted(reason):
            return Disagreed(reason, asked)
        case Unavailable(reason):
            return Unanswered(reason, asked)
        case Pending():
            return Unanswered("pending", asked)


def _question(source: str, channel: str, outcome: Outcome) -> Question:
    verdict = "unavailable" if isinstance(outcome, Pending) else type(outcome).__name__.lower()
    return Question(source, channel, verdict, outcome.request_number)
