"""What goes over from one account to the other, row by row, and back again: a table for each, ids only are remembered.

What the kept account has of its own stays as it is: where both have a consent for one site or an agreement to one text, the
other's row stays behind, to be there again after an undoing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from idp.accounts.models import Agreement, CareAct, Disclosure, ExternalLink, Guardianship, Identifier
from idp.mandates.models import Mandate, Representation, Use
from idp.oidc.models import Consent
from idp.realname.models import Evidence

Condition = Callable[[str, str], ColumnElement[bool]]
Moved = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """Rows of one kind: their key, the column that names their account, and which of them go."""

    key: InstrumentedAttribute[str]
    owner: InstrumentedAttribute[Any]
    goes: Condition | None = None
    returns: ColumnElement[bool] | None = None
    """What must still hold of a row for it to go back; one that ended meanwhile stays."""


def _unless_there(owner: InstrumentedAttribute[Any], *same: InstrumentedAttribute[Any]) -> Condition:
    """Those of which the other account has no like."""
    model = owner.class_
    theirs = aliased(model)

    def condition(_away: str, to: str) -> ColumnElement[bool]:
        alike = [getattr(theirs, column.key) == column for column in same]
        return ~select(1).where(getattr(theirs, owner.key) == to, *alike).exists()

    return condition


KINDS: Final[Mapping[str, Kind]] = {
    "identifiers": Kind(
        Identifier.id,
        Identifier.account_id,
        lambda _a, _t: Identifier.released_at.is_(None),
        Identifier.released_at.is_(None),
    ),
    "links": Kind(
        ExternalLink.id,
        ExternalLink.account_id,
        lambda _a, _t: ExternalLink.unlinked_at.is_(None),
        ExternalLink.unlinked_at.is_(None),
    ),
    "agreements": Kind(
        Agreement.id,
        Agreement.account_id,
        _unless_there(Agreement.account_id, Agreement.document, Agreement.version),
    ),
    "consents": Kind(Consent.id, Consent.account_id, _unless_there(Consent.account_id, Consent.client_id)),
    "evidence": Kind(Evidence.id, Evidence.account_id),
    "representations": Kind(Representation.id, Representation.account_id),
    "mandates": Kind(Mandate.id, Mandate.agent_account_id),
    "given": Kind(Mandate.id, Mandate.given_by),
    "uses": Kind(Use.id, Use.account_id),
    "guardianships": Kind(Guardianship.id, Guardianship.guardian_account_id),
    "disclosures": Kind(Disclosure.id, Disclosure.account_id),
    "acts": Kind(CareAct.id, CareAct.account_id),
}


def move(db: Session, away: str, to: str) -> Moved:
    """Everything of one account to the other; answers the ids of what went, by kind."""
    moved: Moved = {}
    for name, kind in KINDS.items():
        which = [kind.owner == away, *([kind.goes(away, to)] if kind.goes is not None else [])]
        keys = list(db.scalars(select(kind.key).where(*which)))
        _give(db, kind, keys, frm=away, to=to)
        moved[name] = keys
    _mark(db, moved["identifiers"], away)
    return moved


def move_back(db: Session, moved: Moved, *, frm: str, to: str) -> None:
    """The same rows back, as far as they are still there."""
    for name, kind in KINDS.items():
        _give(db, kind, moved.get(name, []), frm=frm, to=to, only=kind.returns)
    _mark(db, moved.get("identifiers", []), None)


def _give(
    db: Session, kind: Kind, keys: list[str], *, frm: str, to: str, only: ColumnElement[bool] | None = None
) -> None:
    if not keys:
        return
    which = and_(kind.key.in_(keys), kind.owner == frm, *([only] if only is not None else []))
    change = update(kind.key.class_).where(which).values({kind.owner: to})
    db.execute(change.execution_options(synchronize_session=False))


def _mark(db: Session, keys: list[str], merged_from: str | None) -> None:
    """Whether an identifier is the account's own; one that came along before, with another account, stays marked."""
    if not keys:
        return
    change = update(Identifier).where(Identifier.id.in_(keys))
    if merged_from is not None:
        change = change.where(Identifier.merged_from.is_(None))
    db.execute(change.values(merged_from=merged_from).execution_options(synchronize_session=False))
