"""What we make of another centre's claims: whom it vouches for, and how surely by our own scale.

Its scale is a table of the block, never arithmetic: some count the other way round. What is not in the table counts as nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.core import clock, logging
from idp.core.identifiers import Document, DocumentKind, IdentifierError, normalise_name
from idp.realname.adapters.upstream_oidc.options import Options
from idp.realname.ports import Applicant, AssuranceLevel

_log = logging.get("realname.upstream_oidc")


@dataclass(frozen=True, slots=True)
class Vouched:
    """A person with a level, or nobody."""

    applicant: Applicant | None = None
    level: AssuranceLevel = AssuranceLevel.REGISTERED


def of_claims(options: Options, signed: Mapping[str, Any], told: Mapping[str, Any]) -> Vouched:
    """The level is read from what was signed alone; the person from there, or else from UserInfo."""
    level = level_of(options, signed.get(options.level_claim))
    if level is AssuranceLevel.REGISTERED:
        return Vouched()
    applicant = _applicant(options, {**told, **signed})
    return Vouched(applicant, level) if applicant is not None else Vouched()


def level_of(options: Options, said: object) -> AssuranceLevel:
    """By the table, and never above the ceiling."""
    if isinstance(said, bool) or not isinstance(said, str | int):
        return AssuranceLevel.REGISTERED
    return AssuranceLevel(min(options.levels.get(str(said), 0), options.ceiling))


def _applicant(options: Options, claims: Mapping[str, Any]) -> Applicant | None:
    name, number = claims.get(options.name_claim), claims.get(options.number_claim)
    kind = options.document_kind
    if options.kind_claim:
        kind = options.kinds.get(str(claims.get(options.kind_claim)), "")
    if not isinstance(name, str) or not isinstance(number, str) or not kind:
        _log.info("vouches_for_nobody", issuer=options.issuer, reason="no_claims")
        return None
    today = clock.now().astimezone(clock.BEIJING).date()
    try:
        return Applicant(normalise_name(name), Document.parse(DocumentKind(kind), number, today=today))
    except IdentifierError as impossible:
        _log.warning("vouches_for_nobody", issuer=options.issuer, reason=str(impossible)[:40])
        return None
