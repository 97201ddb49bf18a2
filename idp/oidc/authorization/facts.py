"""Everything a decision needs to know about the browser's session at one site, read in a single round trip."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, func, or_, select

from idp.accounts.models import Account, Agreement, Password
from idp.accounts.passwords import PasswordRules
from idp.authn import sessions
from idp.authn.models import SessionSite, SsoSession
from idp.authn.sessions import LiveSession, Sessions
from idp.core.crypto import Keyring
from idp.db.prepared import Prepared, RawTransaction
from idp.oidc import consents, subjects
from idp.oidc.authorization import behalf, rules
from idp.oidc.authorization.behalf import OnBehalf
from idp.oidc.authorization.decision import Facts, SignedIn
from idp.oidc.authorization.rules import CheckedRequest
from idp.oidc.levels import Level
from idp.oidc.models import Consent
from idp.oidc.registration.clients import RegisteredClient
from idp.policies import built_in
from idp.realname import levels as proven

_ial = proven.ial_by(SsoSession.account_id)
_agreed = (
    select(func.count())
    .select_from(Agreement)
    .where(
        Agreement.account_id == SsoSession.account_id,
        or_(
            *(
                and_(Agreement.document == document, Agreement.version == bindparam(f"now_{document}"))
                for document in built_in.AGREEMENTS
            )
        ),
    )
    .scalar_subquery()
    .label("agreed")
)
_password_changed_at = (
    select(Password.changed_at)
    .where(Password.account_id == SsoSession.account_id)
    .scalar_subquery()
    .label("password_changed_at")
)
_at_site = (
    select(
        *sessions.COLUMNS, _ial, _agreed, _password_changed_at, subjects.known_as_by(SsoSession.account_id),
        SessionSite.sid, SessionSite.subject,
        Consent.id.label("consent_id"), Consent.scope.label("consent_scope"), Consent.basis.label("consent_basis"),
        Consent.given_at, Consent.last_release_at,
    )
    .join(Account, Account.id == SsoSession.account_id)
    .outerjoin(SessionSite, and_(SessionSite.session_id == SsoSession.id, SessionSite.client_id == bindparam("client")))
    .outerjoin(
        Consent,
        and_(
            Consent.account_id == SsoSession.account_id,
            Consent.client_id == bindparam("client"),
            Consent.withdrawn_at.is_(None),
        ),
    )
    .where(sessions.IS_LIVE)
)  # fmt: skip
_session_at_site = Prepared(_at_site)
_session_on_behalf = Prepared(_at_site.add_columns(*behalf.COLUMNS))


@dataclass(frozen=True, slots=True)
class AtSite:
    """A live session as one site meets it; `sid` and `subject` are set once the session has reached the site.

    `known_as` is the account, merged into this one, by which the site knows the person.
    """

    session: LiveSession
    ial: int
    password_is_expired: bool
    agreements_are_due: bool
    sid: str | None
    subject: str | None
    known_as: str | None
    consent_id: str | None
    consent_scope: frozenset[str]
    consent_basis: str | None
    consent_given_at: datetime | None
    last_release_at: datetime | None
    behalf: OnBehalf | None = None
    """Where the site serves organisations: for whom the person comes."""


def at_site(
    db: RawTransaction,
    keyring: Keyring,
    all_sessions: Sessions,
    password_rules: PasswordRules,
    agreements: Mapping[str, str],
    secret: str,
    client: RegisteredClient,
    now: datetime,
) -> AtSite | None:
    """The session behind a cookie with all that is known of it at this site; None when nobody is signed in.

    `agreements` are the versions that people must have agreed to by now.
    """
    parameters: Mapping[str, object] = all_sessions.live_parameters(secret, now)
    texts = {f"now_{document}": version for document, version in agreements.items()}
    at = {"client": client.client_id, "sector": subjects.sector_of(client), **texts, **parameters}
    on_behalf = None
    if client.metadata.serves_organisations:
        rows = _session_on_behalf.ask(db, **at)
        found = behalf.options.ask(db, keyring, client.client_id, **parameters)  # in the same round trip
        row = next(iter(rows()), None)
        on_behalf = behalf.of_row(client, row, found()) if row is not None else None
    else:
        row = _session_at_site.first(db, **at)
    if row is None or row.account_state != "active":
        return None
    session = sessions.live_session(row)
    return AtSite(
        session=session,
        ial=row.ial,
        # Who signed in with something else is not kept waiting for a password they did not use.
        password_is_expired="pwd" in session.amr
        and row.password_changed_at is not None
        and password_rules.is_expired(row.password_changed_at),
        agreements_are_due=row.agreed < len(agreements),
        sid=row.sid,
        subject=row.subject,
        known_as=row.known_as,
        consent_id=row.consent_id,
        consent_scope=frozenset(row.consent_scope or ()),
        consent_basis=row.consent_basis,
        consent_given_at=row.given_at,
        last_release_at=row.last_release_at,
        behalf=on_behalf,
    )


def facts_of(
    checked: CheckedRequest, here: AtSite | None, subject: str | None, *, asked_at: datetime, now: datetime,
    reach: Level, account_was_chosen: bool = False, declined: str | None = None,
    proof_is_wanted: bool = False, proof_was_asked: bool = False,
) -> Facts:  # fmt: skip
    """The facts for `next_step`; `subject` is what this site knows the session's person by."""
    signed_in = None
    if here is not None:
        wanted = checked.words
        signed_in = SignedIn(
            auth_time=here.session.auth_time,
            level=Level(here.ial, here.session.aal),
            password_is_expired=here.password_is_expired,
            agreements_are_due=here.agreements_are_due,
            consent_covers=consents.covers(checked.client, wanted, given=here.consent_scope, basis=here.consent_basis),
            consent_given_at=here.consent_given_at,
            is_hinted_person=checked.may_be(subject),
            behalf=here.behalf.fact(checked.asked) if here.behalf is not None else None,
            may_sign_in_here=here.session.is_synthetic == checked.client.is_test,
        )
    max_age = checked.asked.max_age if checked.asked.max_age is not None else checked.client.metadata.default_max_age
    return Facts(
        prompt=checked.asked.prompt,
        max_age=max_age,
        levels=checked.levels_within(reach),
        reach=reach,
        asked_at=asked_at,
        now=now,
        session=signed_in,
        account_was_chosen=account_was_chosen,
        declined=declined,
        proof_is_wanted=proof_is_wanted,
        proof_was_asked=proof_was_asked,
        must_be_seen=rules.may_reach_another_app(checked.client, checked.redirect_uri),
    )
