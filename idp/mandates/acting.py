"""For whom a person may act at a site, judged now and in one statement: asked for the choice, and again at every token.

A person acts for an organisation as its legal representative, or by a mandate whose whole chain up to the legal
representative holds. What must be true at this moment, each time:

* the organisation is active, the person's account is active and proven by unexpired evidence;
* the mandate was accepted, has begun, has not ended, and names this site;
* the same of every mandate it was given under, and the accounts of all who gave one are active;
* who stands at the top is the legal representative still.

Nothing is remembered: what ends now is refused at the next question.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import JSON, String, bindparam, cast, exists, func, insert, literal, null, select, union_all
from sqlalchemy.orm import Session, aliased

from idp.accounts.models import Account, AccountState
from idp.core import ids
from idp.core.crypto import Keyring
from idp.db.base import Utc
from idp.db.prepared import Prepared, RawTransaction, Row
from idp.mandates import standing
from idp.mandates.models import Mandate, Organisation, Representation, Use
from idp.realname.ports import OrganisationState

LEGAL_REPRESENTATIVE, ADMINISTRATOR, AGENT = "legal_representative", "administrator", "agent"
EVERY_SITE: Final = "*"
MANAGES_SITES: Final = "sites"
"""The service of keeping a department's own sites here (接入管理): named by itself, never meant by `*`."""
_NOTED_EVERY: Final = timedelta(minutes=1)
_ROLES: Final = (LEGAL_REPRESENTATIVE, ADMINISTRATOR, AGENT)
_ACTIVE: Final = AccountState.ACTIVE.value
_ACCOUNT: Final[Any] = bindparam("account")


@dataclass(frozen=True, slots=True)
class Principal:
    """An organisation that somebody may act for, in which role, by which mandate and until when.

    `representative` is the name of its legal representative; `sites` are client ids or `*`; `ial` is how surely the legal
    representative is known from whom all this comes.
    """

    organisation_id: str
    name: str
    uscc: str
    kind: str
    role: str
    mandate_id: str | None
    representative: str = field(repr=False)
    sites: tuple[str, ...]
    ends_at: datetime | None
    ial: int


def principals(
    db: RawTransaction | Session, keyring: Keyring, account_id: str, client_id: str, now: datetime
) -> tuple[Principal, ...]:
    """All organisations that this person may act for at this site, by name; of several ways the strongest."""
    rows = _at(client_id, _all(db, account=account_id, now=now))
    return _by_name(_strongest(keyring, rows))


def may_act(
    db: RawTransaction | Session, keyring: Keyring, account_id: str, organisation_id: str, client_id: str, now: datetime
) -> Principal | None:
    """This one organisation, if the person may act for it at this site at this moment."""
    rows = _at(client_id, _one(db, account=account_id, organisation=organisation_id, now=now))
    return next(_strongest(keyring, rows), None)


def ways(
    db: RawTransaction | Session, keyring: Keyring, account_id: str, organisation_id: str, now: datetime
) -> tuple[Principal, ...]:
    """Every way in which the person may act for the organisation at any site, the strongest first."""
    rows = _one(db, account=account_id, organisation=organisation_id, now=now)
    return tuple(_principal(keyring, row) for row in sorted(rows, key=_rank))


def everywhere(db: RawTransaction | Session, keyring: Keyring, account_id: str, now: datetime) -> tuple[Principal, ...]:
    """Every way in which the person may act for any organisation at any site, the strongest first."""
    return tuple(_principal(keyring, row) for row in sorted(_all(db, account=account_id, now=now), key=_rank))


class Options:
    """`principals` of an account that an expression names, so that one question finds the account and what it may do."""

    def __init__(self, account: Any) -> None:
        self._statement = _statement(account=account)

    def ask(
        self, db: RawTransaction, keyring: Keyring, client_id: str, **values: object
    ) -> Callable[[], tuple[Principal, ...]]:
        """Ask now, read later; `values` are what the expression needs, and `now`."""
        rows = self._statement.ask(db, **values)
        return lambda: _by_name(_strongest(keyring, _at(client_id, rows())))


def ask_still(
    db: RawTransaction, keyring: Keyring, account_id: str, organisation_id: str, mandate_id: str | None, client_id: str,
    now: datetime,
) -> Callable[[], Principal | None]:  # fmt: skip
    """Whether this very way holds still, as legal representative or by this mandate: ask now, read later."""
    rows = _one.ask(db, account=account_id, organisation=organisation_id, now=now)

    def held() -> Principal | None:
        same = (row for row in _at(client_id, rows()) if row.mandate_id == mandate_id)
        return next((_principal(keyring, row) for row in same), None)

    return held


def _by_name(found: Iterator[Principal]) -> tuple[Principal, ...]:
    return tuple(sorted(found, key=lambda each: (each.name, each.uscc)))


def _at(client_id: str, rows: list[Row]) -> list[Row]:
    """The ways that lead to this site: the legal representative's leads everywhere."""
    return [row for row in rows if row.services is None or not {EVERY_SITE, client_id}.isdisjoint(row.services)]


def _strongest(keyring: Keyring, rows: list[Row]) -> Iterator[Principal]:
    taken = set()
    for row in sorted(rows, key=_rank):
        if row.id not in taken:
            taken.add(row.id)
            yield _principal(keyring, row)


def _rank(row: Row) -> tuple[int, bool, float]:
    """The higher role first, then what lasts longer."""
    return _ROLES.index(row.role), row.ends_at is not None, -row.ends_at.timestamp() if row.ends_at is not None else 0.0


def _principal(keyring: Keyring, row: Row) -> Principal:
    return Principal(
        organisation_id=row.id,
        name=row.name,
        uscc=row.uscc,
        kind=row.kind,
        role=row.role,
        mandate_id=row.mandate_id,
        representative=keyring.open(row.legal_representative_sealed, bound_to=f"organisations.representative:{row.id}"),
        sites=tuple(row.services or (EVERY_SITE,)),
        ends_at=row.ends_at,
        ial=int(row.ial),
    )


def note_use(
    db: RawTransaction | Session, account_id: str, principal: Principal, client_id: str, now: datetime
) -> None:
    """Write down that somebody acts for the organisation at a site: its people read it on the organisation's page.

    A site asks several times for one act; of the same person, site and right one line a minute is enough to read.
    """
    _NOTE(
        db, id=ids.new_id(), organisation_id=principal.organisation_id, account_id=account_id, role=principal.role,
        mandate_id=principal.mandate_id, client_id=client_id, at=now, since=now - _NOTED_EVERY,
        same_organisation=principal.organisation_id, same_account=account_id, same_role=principal.role,
        same_mandate=principal.mandate_id or "", same_client=client_id,
    )  # fmt: skip


def sites_of(db: Session, account_id: str) -> frozenset[str]:
    """The sites at which this person has acted for an organisation."""
    return frozenset(db.scalars(select(Use.client_id).where(Use.account_id == account_id).distinct()))


_NOTED: Final = ("id", "organisation_id", "account_id", "role", "mandate_id", "client_id", "at")
# Compared under names of their own: one parameter in two places would have to be of one type in both.
_noted_just_now = exists().where(
    Use.organisation_id == bindparam("same_organisation"),
    Use.at > bindparam("since"),
    Use.account_id == bindparam("same_account"),
    Use.role == bindparam("same_role"),
    func.coalesce(Use.mandate_id, "") == bindparam("same_mandate"),
    Use.client_id == bindparam("same_client"),
)
_NOTE: Final = Prepared(
    insert(Use).from_select(
        _NOTED,
        select(*(bindparam(name, type_=Use.__table__.c[name].type) for name in _NOTED)).where(~_noted_just_now),
    )
)
_OF_ORGANISATION: Final = (
    Organisation.id,
    Organisation.name,
    Organisation.uscc,
    Organisation.kind,
    Organisation.legal_representative_sealed,
)


def _statement(*narrowed: Any, account: Any = _ACCOUNT) -> Prepared:
    """As legal representative, and by mandate: the chain of each is walked up as long as every link holds."""
    me, giver, above, between = (aliased(Account), aliased(Account), aliased(Mandate), aliased(Account))
    is_live = Organisation.state == OrganisationState.ACTIVE.value
    may_now = (me.state == _ACTIVE, standing.is_proven(account), is_live)
    in_person = (
        select(*_OF_ORGANISATION,
               literal(LEGAL_REPRESENTATIVE, String).label("role"),
               cast(null(), String).label("mandate_id"),
               cast(null(), JSON).label("services"),
               cast(null(), Utc).label("ends_at"),
               standing.ial_of(Representation))
        .join(Representation, Representation.organisation_id == Organisation.id)
        .join(me, me.id == Representation.account_id)
        .where(Representation.account_id == account, Representation.ended_at.is_(None), *may_now, *narrowed)
    )  # fmt: skip
    chain = (
        select(Mandate.id.label("leaf"), Mandate.parent_id, Mandate.given_by)
        .where(Mandate.agent_account_id == account, standing.in_force(Mandate))
        .cte("chain", recursive=True)
    )
    chain = chain.union_all(
        select(chain.c.leaf, above.parent_id, above.given_by)
        .join(above, above.id == chain.c.parent_id)
        .join(between, between.id == above.agent_account_id)
        .where(standing.in_force(above), between.state == _ACTIVE)
    )
    by_mandate = (
        select(*_OF_ORGANISATION, Mandate.role, Mandate.id.label("mandate_id"), Mandate.services, Mandate.ends_at,
               standing.ial_of(Representation))
        .select_from(chain)
        .join(Mandate, Mandate.id == chain.c.leaf)
        .join(Organisation, Organisation.id == Mandate.organisation_id)
        .join(me, me.id == Mandate.agent_account_id)
        .join(Representation, (Representation.organisation_id == Mandate.organisation_id)
              & (Representation.account_id == chain.c.given_by) & Representation.ended_at.is_(None))
        .join(giver, giver.id == chain.c.given_by)
        .where(chain.c.parent_id.is_(None), giver.state == _ACTIVE, *may_now, *narrowed)
    )  # fmt: skip
    return Prepared(union_all(in_person, by_mandate))


_all = _statement()
_one = _statement(Organisation.id == bindparam("organisation"))
