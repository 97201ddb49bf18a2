"""On whose behalf somebody comes to a site that serves organisations: for whom they may, and for whom they said they do.

What is said counts for this session at this site, as long as it holds; it is asked again when it holds no more, or when
the site or the person wants to change.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from idp.authn import sessions
from idp.authn.models import SessionSite, SsoSession
from idp.core.crypto import Keyring
from idp.db.prepared import Prepared, RawTransaction
from idp.mandates import acting
from idp.mandates.acting import Principal
from idp.oidc import principals, subjects
from idp.oidc.authorization import decision
from idp.oidc.authorization.journeys import Journey
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.models import KnownPrincipal
from idp.oidc.registration.clients import RegisteredClient

SELF = "self"
SELECT = "select"
COLUMNS = (SessionSite.organisation_id, SessionSite.principal_chosen_at)
options = acting.Options(select(SsoSession.account_id).where(sessions.IS_LIVE).scalar_subquery())

_chosen = Prepared(
    select(*COLUMNS).where(SessionSite.session_id == bindparam("session"), SessionSite.client_id == bindparam("client"))
)
_of_session = Prepared(
    select(SessionSite.client_id, SessionSite.organisation_id).where(
        SessionSite.session_id == bindparam("session"), SessionSite.principal_chosen_at.is_not(None)
    )
)
_choose = Prepared(
    update(SessionSite)
    .where(SessionSite.session_id == bindparam("session"), SessionSite.client_id == bindparam("client"))
    .values(organisation_id=bindparam("organisation"), principal_chosen_at=bindparam("at"))
)
_know = Prepared(
    postgresql.insert(KnownPrincipal)  # compiles on SQLite as well
    .values({name: bindparam(name) for name in ("sector", "known_as", "organisation_id")})
    .on_conflict_do_nothing()
)


@dataclass(frozen=True, slots=True)
class OnBehalf:
    """For whom the person may come (`options`), and whether they said for whom: `organisation_id`, or themselves.

    `is_new` when they said so in this journey, which the session at the site does not know yet.
    """

    serves_people: bool
    options: tuple[Principal, ...]
    is_chosen: bool = False
    organisation_id: str | None = None
    is_new: bool = False

    @property
    def principal(self) -> Principal | None:
        """The organisation that the person acts for, while they may; the only one, where nothing else can be chosen."""
        if not self.is_chosen and not self.serves_people and len(self.options) == 1:
            return self.options[0]
        wanted = self.organisation_id if self.is_chosen else None
        return next((each for each in self.options if each.organisation_id == wanted), None)

    @property
    def holds(self) -> bool:
        """Whether what was said can still be."""
        return self.is_chosen and (self.principal is not None or (self.organisation_id is None and self.serves_people))

    def in_journey(self, journey: Journey | None, account_id: str) -> "OnBehalf":
        """The same once the person has said something in this journey, signed in to the same account."""
        if journey is None or journey.principal is None or journey.principal_of != account_id:
            return self
        organisation_id = journey.principal if journey.principal != SELF else None
        return replace(self, is_chosen=True, organisation_id=organisation_id, is_new=True)

    def fact(self, asked: AuthorizationRequest) -> "decision.Behalf":
        """What the next step depends on."""
        wants_choice = asked.principal == SELECT or ("select_account" in asked.prompt and bool(self.options))
        return decision.Behalf(
            serves_people=self.serves_people,
            organisations=len(self.options),
            is_chosen=self.holds,
            is_lost=self.is_chosen and not self.holds,
            is_asked_anew=wants_choice and not self.is_new,
        )


def of_row(client: RegisteredClient, row: object, found: tuple[Principal, ...]) -> OnBehalf:
    """From a row that selected `COLUMNS`."""
    return OnBehalf(
        serves_people=client.metadata.serves_people,
        options=found,
        is_chosen=getattr(row, "principal_chosen_at") is not None,  # noqa: B009 - the row's type is known at run time only
        organisation_id=getattr(row, "organisation_id"),  # noqa: B009
    )


def read(
    db: Session,
    keyring: Keyring,
    client: RegisteredClient,
    journey: Journey,
    *,
    session_id: str,
    account_id: str,
    now: datetime,
) -> OnBehalf:
    """For whom the session comes to the site, for a page of the journey."""
    row = _chosen.first(db, session=session_id, client=client.client_id)
    found = acting.principals(db, keyring, account_id, client.client_id, now)
    said = of_row(client, row, found) if row is not None else OnBehalf(client.metadata.serves_people, found)
    return said.in_journey(journey, account_id)


def chosen(db: RawTransaction | Session, *, session_id: str, client_id: str) -> str | None:
    """For which organisation the session came to the site; None when for nobody, or not at all."""
    row = _chosen.first(db, session=session_id, client=client_id)
    found: str | None = row.organisation_id if row is not None else None
    return found


def remember(
    db: RawTransaction, keyring: Keyring, client: RegisteredClient, said: OnBehalf, *, session_id: str, now: datetime
) -> bool:
    """Keep for this session and site what is new; whether anything was."""
    principal = said.principal
    if not said.is_new and (said.is_chosen or principal is None):
        return False
    organisation_id = principal.organisation_id if principal is not None else None
    _choose(db, session=session_id, client=client.client_id, organisation=organisation_id, at=now)
    if organisation_id is not None:
        sector = subjects.sector_of(client)
        known_as = principals.id_in(keyring, sector, organisation_id)
        _know(db, sector=sector, known_as=known_as, organisation_id=organisation_id)
    return True


def of_session(db: RawTransaction | Session, session_id: str) -> dict[str, str | None]:
    """Where the session came on somebody's behalf: the organisation by site; None for themselves."""
    return {row.client_id: row.organisation_id for row in _of_session(db, session=session_id)}


def forget(db: RawTransaction | Session, *, session_id: str, client_id: str) -> None:
    """The person will say anew for whom they come to this site."""
    _choose(db, session=session_id, client=client_id, organisation=None, at=None)
