"""What a register of organisations proves, and that it proves it of live organisations only."""

from typing import Final

from idp.realname.ports import (
    AssuranceLevel,
    Capability,
    OrganisationState,
    Outcome,
    Refutation,
    Refuted,
    SubjectKind,
    Unavailable,
    Verified,
)

ATTESTED: Final = frozenset({"name", "uscc", "legal_representative"})
CAPABILITY: Final = Capability(
    subject_kind=SubjectKind.LEGAL_PERSON,
    attests=ATTESTED,
    assurance_level=AssuranceLevel.ON_RECORD,
    evidence="electronic_record",
)


def if_live(state: OrganisationState, attested: frozenset[str], request_number: str | None) -> Outcome:
    """The verdict on an organisation of which everything agrees."""
    match state:
        case OrganisationState.ACTIVE:
            return Verified(attested, request_number)
        case OrganisationState.UNKNOWN:
            return Unavailable("unknown_state", request_number)
        case _:
            return Refuted(Refutation.NOT_ACTIVE, request_number)
