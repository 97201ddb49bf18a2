"""Offers a mandate to a name and a phone: never wider nor longer than what it is given under."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from idp.accounts import naming
from idp.accounts.errors import InvalidPhone
from idp.accounts.models import Account
from idp.audit.trail import Trail
from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.core.identifiers import IdentifierError, MobileNumber, normalise_name
from idp.db.unit_of_work import Database
from idp.mandates import acting, errors, people, standing
from idp.mandates.acting import ADMINISTRATOR, AGENT, EVERY_SITE, MANAGES_SITES
from idp.mandates.models import Mandate, Organisation, Representation
from idp.mandates.notices import Notices
from idp.realname.ports import OrganisationState

DAY: Final = timedelta(days=1)
DEFAULT_DAYS, LONGEST_DAYS = 90, 365
OFFER_HOLDS: Final = timedelta(days=14)
PASSED_ON_AT_MOST: Final = 2
"""How often a mandate may be passed on below the first agent."""
_NO_SITES: Final = frozenset({EVERY_SITE, MANAGES_SITES})
PER_GIVER_A_DAY, PER_PHONE_A_DAY = 30, 5


@dataclass(frozen=True, slots=True)
class Offer:
    """What is offered, as it was typed and chosen. `under` is the giver's own mandate; None for the legal representative."""

    organisation_id: str
    role: str
    name: str = field(repr=False)
    phone: str = field(repr=False)
    under: str | None = None
    sites: tuple[str, ...] = ()
    days: int | None = DEFAULT_DAYS
    may_delegate: bool = False


class Giving:
    """Who speaks for an organisation lets others act for it."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        trail: Trail,
        notices: Notices,
        is_site: Callable[[str], bool],
    ) -> None:
        """`is_site` knows the relying sites that serve organisations."""
        self._database = database
        self._keyring = keyring
        self._trail = trail
        self._notices = notices
        self._is_site = is_site

    def give(self, account_id: str, offer: Offer) -> str:
        """Offer a mandate; answers its id. Whoever gives holds a lock on what they give it under until it is written."""
        name, phone, now = _name(offer.name), _phone(offer.phone), clock.now()
        phone_index = naming.phone_index(self._keyring, phone)
        with self._database.transaction() as db:
            db.execute(select(Account.id).where(Account.id == account_id).with_for_update())
            organisation = _active(db, offer.organisation_id)
            parent = self._authority(db, account_id, offer, now)
            sites, ends_at = self._bounds(offer, parent, now)
            if offer.may_delegate and _times_passed_on(db, parent) >= PASSED_ON_AT_MOST:
                raise errors.TooDeep
            if db.scalar(exists().where(people.is_phone_of(account_id, phone_index)).select()):
                raise errors.OwnPhone
            _within_limits(db, account_id, phone_index, now)
            row_id = ids.new_id()
            db.add(
                Mandate(
                    id=row_id, organisation_id=organisation.id, role=offer.role, given_by=account_id, parent_id=offer.under,
                    agent_name_sealed=self._keyring.seal(name, bound_to=f"mandates.agent_name:{row_id}"),
                    phone_index=phone_index,
                    phone_sealed=self._keyring.seal(phone.national, bound_to=f"mandates.phone:{row_id}"),
                    services=list(sites), may_delegate=offer.may_delegate and offer.role == AGENT, starts_at=now,
                    ends_at=ends_at, offered_at=now, offer_until=_earlier(now + OFFER_HOLDS, ends_at),
                )
            )  # fmt: skip
            db.flush()
            self._trail.record(
                db, "mandate.offered", account_id=account_id, organisation=organisation.id, mandate=row_id,
                role=offer.role, sites=list(sites),
            )  # fmt: skip
            self._notices.invite(db, phone.national, organisation.name)
        return row_id

    def _authority(self, db: Session, account_id: str, offer: Offer, now: datetime) -> Mandate | None:
        """What the giver gives it under, locked; MayNotGive when that does not hold at this moment."""
        parent: Mandate | None = None
        if offer.under is None:
            held: Any = db.scalar(
                select(Representation.id)
                .where(
                    Representation.organisation_id == offer.organisation_id,
                    Representation.account_id == account_id,
                    Representation.ended_at.is_(None),
                )
                .with_for_update()
            )
        else:
            held = parent = db.scalar(
                select(Mandate)
                .where(Mandate.id == offer.under, Mandate.agent_account_id == account_id, standing.in_force(Mandate))
                .with_for_update()
                .execution_options(populate_existing=True),
                {"now": now},
            )
        if held is None:
            raise errors.MayNotGive
        if parent is not None and (
            offer.role == ADMINISTRATOR or not (parent.may_delegate or parent.role == ADMINISTRATOR)
        ):
            raise errors.MayNotGive
        known = acting.ways(db, self._keyring, account_id, offer.organisation_id, now)
        if all(way.mandate_id != offer.under for way in known):
            raise errors.MayNotGive
        return parent

    def _bounds(self, offer: Offer, parent: Mandate | None, now: datetime) -> tuple[tuple[str, ...], datetime | None]:
        """Where and how long: never wider nor longer than what it is given under."""
        if offer.role == ADMINISTRATOR:
            return (EVERY_SITE,), None
        sites = _services(offer.sites)
        if not sites or not all(site in _NO_SITES or self._is_site(site) for site in sites):
            raise errors.NoSites
        if parent is not None and not _is_within(sites, parent):
            raise errors.WiderThanParent
        if offer.days is None or not 1 <= offer.days <= LONGEST_DAYS:
            raise errors.InvalidTerm
        ends_at = now + offer.days * DAY
        if parent is not None and parent.ends_at is not None and ends_at > parent.ends_at:
            raise errors.LongerThanParent
        return sites, ends_at


def _services(wanted: Sequence[str]) -> tuple[str, ...]:
    """What was chosen, once each; every website says all websites, but not the keeping of the organisation's own."""
    if EVERY_SITE not in wanted:
        return tuple(dict.fromkeys(wanted))
    return (EVERY_SITE, MANAGES_SITES) if MANAGES_SITES in wanted else (EVERY_SITE,)


def _is_within(sites: tuple[str, ...], parent: Mandate) -> bool:
    if parent.role == ADMINISTRATOR:
        return True
    held = set(parent.services)
    return all(site in held or (EVERY_SITE in held and site != MANAGES_SITES) for site in sites)


def _active(db: Session, organisation_id: str) -> Organisation:
    """The organisation, held as it is: a re-check that finds it inactive waits for this, and ends it too."""
    found = db.scalar(
        select(Organisation)
        .where(Organisation.id == organisation_id, Organisation.state == OrganisationState.ACTIVE.value)
        .with_for_update(read=True)
    )
    if found is None:
        raise errors.MayNotGive
    return found


def _times_passed_on(db: Session, parent: Mandate | None) -> int:
    """How many agents stand above a mandate under `parent`."""
    count = 0
    while parent is not None and parent.role == AGENT:
        count += 1
        parent = db.get(Mandate, parent.parent_id) if parent.parent_id is not None else None
    return count


def _within_limits(db: Session, account_id: str, phone_index: str, now: datetime) -> None:
    """Every offer sends a short message: so many a day by one giver, and to one phone."""
    by_giver, to_phone = Mandate.given_by == account_id, Mandate.phone_index == phone_index
    for whose, limit in ((by_giver, PER_GIVER_A_DAY), (to_phone, PER_PHONE_A_DAY)):
        offered = db.scalar(select(func.count()).where(whose, Mandate.offered_at > now - DAY))
        if (offered or 0) >= limit:
            raise errors.TooManyMandates


def _name(text: str) -> str:
    try:
        return normalise_name(text)
    except IdentifierError as odd:
        raise errors.InvalidAgentName from odd


def _phone(text: str) -> MobileNumber:
    try:
        return MobileNumber.parse(text)
    except IdentifierError as odd:
        raise InvalidPhone from odd


def _earlier(one: datetime, other: datetime | None) -> datetime:
    return min(one, other) if other is not None else one
