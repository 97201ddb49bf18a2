"""The sites that got something of somebody, as pages list them: what was released, what may follow, what was taken back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from idp.edge import pages
from idp.edge.services import services
from idp.mandates import acting
from idp.oidc import consents
from idp.oidc.consents import CLAIM, VOUCHED, ConsentView
from idp.oidc.verified import framework
from idp.realname import persons
from idp.web import facts_shown

_OF_ORGANISATION: Final = frozenset(
    {"legal", f"{CLAIM}legal", *(f"{VOUCHED}{name}" for name in framework.OF_ORGANISATION)}
)
_OF_PERSON: Final = frozenset(
    {"realname", framework.SCOPE, f"{CLAIM}resident_id", *(f"{VOUCHED}{name}" for name in framework.OF_PERSON)}
)


@dataclass(frozen=True, slots=True)
class KnowingSite:
    """A site and what it got."""

    client_id: str
    name: str
    facts: list[str]
    basis: str
    released_at: datetime
    is_reviewed: bool = True
    not_yet: list[str] = field(default_factory=list)
    """What it may have, but has not got, because there was nothing to release."""
    withdrawn_at: datetime | None = None

    @property
    def may_be_withdrawn(self) -> bool:
        return self.withdrawn_at is None and self.basis != "statutory_duty"

    @property
    def may_get(self) -> list[str]:
        return [*self.facts, *self.not_yet]


def of_account(db: Session, account_id: str) -> list[KnowingSite]:
    """Of those that may get more the latest first, then those from which it was taken back."""
    given = [*consents.of_account(db, account_id), *consents.withdrawn_of_account(db, account_id)]
    return _told(db, account_id, given)


def one(db: Session, account_id: str, client_id: str) -> KnowingSite | None:
    """A site from which something can be taken back."""
    given = [view for view in consents.of_account(db, account_id) if view.client_id == client_id]
    return next((site for site in _told(db, account_id, given) if site.may_be_withdrawn), None)


def name_of(client_id: str | None) -> str:
    client = services().provider.clients.find(client_id) if client_id is not None else None
    return client.name(pages.locale()) if client is not None else ""


def _told(db: Session, account_id: str, given: Iterable[ConsentView]) -> list[KnowingSite]:
    views = list(given)
    of_somebody = [view.client_id for view in views if not _OF_ORGANISATION.isdisjoint(view.scope)]
    acted_at = acting.sites_of(db, account_id) if of_somebody else frozenset[str]()
    is_known = persons.facts(db, services().keyring, account_id) is not None
    return [_site(view, acted=view.client_id in acted_at, is_known=is_known) for view in views]


def _site(view: ConsentView, *, acted: bool, is_known: bool) -> KnowingSite:
    empty = (frozenset() if acted else _OF_ORGANISATION) | (frozenset() if is_known else _OF_PERSON)
    client = services().provider.clients.find(view.client_id)
    return KnowingSite(
        view.client_id,
        name_of(view.client_id),
        facts_shown.labels(word for word in view.scope if word not in empty),
        view.basis,
        view.last_release_at,
        is_reviewed=client is None or consents.is_reviewed(client),
        not_yet=facts_shown.labels(word for word in view.scope if word in empty),
        withdrawn_at=view.withdrawn_at,
    )
