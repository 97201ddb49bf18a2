"""SSO sessions: one browser signed in to the centre, the sites it reached, and its end, which every site is told of."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from idp.accounts.models import Account
from idp.audit.trail import Trail
from idp.authn.models import SessionSite, SsoSession
from idp.authn.sites import NO_SITES, Sites
from idp.core import clock, ids
from idp.db.base import Utc
from idp.db.prepared import Prepared, RawTransaction
from idp.outbox.outbox import Outbox

LOGOUT = "backchannel_logout"
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a session lives without use, and at most."""

    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session that is neither ended nor expired, and the state of its account."""

    id: str
    account_id: str
    account_state: str
    aal: int
    amr: tuple[str, ...]
    auth_time: datetime
    seen_at: datetime
    expires_at: datetime
    device_digest: str
    is_synthetic: bool = False

    @property
    def is_usable(self) -> bool:
        return self.account_state == "active"


@dataclass(frozen=True, slots=True)
class Started:
    """A new or renewed session and the secret that goes into the browser's cookie, shown once."""

    session_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as its owner sees it."""

    id: str
    browser: str
    address: str
    created_at: datetime
    seen_at: datetime
    amr: tuple[str, ...]


COLUMNS = (
    SsoSession.id,
    SsoSession.account_id,
    Account.state.label("account_state"),
    SsoSession.aal,
    SsoSession.amr,
    SsoSession.auth_time,
    SsoSession.seen_at,
    SsoSession.expires_at,
    SsoSession.device_digest,
    Account.is_synthetic,
)
IS_LIVE = (
    (SsoSession.secret_digest == bindparam("secret_digest"))
    & SsoSession.ended_at.is_(None)
    & (SsoSession.expires_at > bindparam("now"))
    & (SsoSession.seen_at > bindparam("idle_since"))
    & (SsoSession.created_at > bindparam("begun_since"))
)

_find = Prepared(select(*COLUMNS).join(Account, Account.id == SsoSession.account_id).where(IS_LIVE))
_seen = Prepared(
    update(SsoSession)
    .where(SsoSession.id == bindparam("wanted"), SsoSession.seen_at < bindparam("now"))
    .values(seen_at=bindparam("now"))
)
_signed_in = Prepared(
    update(Account).where(Account.id == bindparam("wanted")).values(last_sign_in_at=bindparam("now", type_=Utc))
)
# `ON CONFLICT DO NOTHING` is written the same on both databases: two tabs may reach a new site at once.
_note_site = Prepared(
    postgresql.insert(SessionSite)
    .values({c: bindparam(c) for c in ("sid", "session_id", "client_id", "subject", "first_at")})
    .on_conflict_do_nothing()
    .returning(SessionSite.sid)
)
_sid_at_site = Prepared(
    select(SessionSite.sid).where(
        SessionSite.session_id == bindparam("session_id"), SessionSite.client_id == bindparam("client_id")
    )
)


class Sessions:
    """Starts, finds, renews and ends sessions; the cookie's secret is known to the browser alone."""

    def __init__(
        self, trail: Trail, outbox: Outbox, lifetimes: Callable[[], Lifetimes], sites: Sites = NO_SITES
    ) -> None:
        self._trail = trail
        self._outbox = outbox
        self._lifetimes = lifetimes
        self._sites = sites

    def start(
        self, db: Session, account_id: str, *, aal: int, amr: tuple[str, ...], device: str, browser: str, address: str,
        auth_time: datetime | None = None,
    ) -> Started:  # fmt: skip
        """A new session with a new secret; whatever the browser held before counts no more."""
        now = clock.now()
        started = Started(ids.new_id(), ids.new_secret())
        db.add(
            SsoSession(
                id=started.session_id,
                secret_digest=ids.digest(started.secret),
                account_id=account_id,
                device_digest=ids.digest(device),
                aal=aal,
                amr=list(amr),
                auth_time=auth_time or now,
                created_at=now,
                seen_at=now,
                expires_at=now + self._lifetimes().absolute,
                browser=browser,
                address=address,
            )
        )
        _signed_in(db, wanted=account_id, now=now)
        self._trail.record(db, "session.started", account_id=account_id, session_id=started.session_id, amr=list(amr))
        return started

    def live_parameters(self, secret: str, now: datetime) -> dict[str, object]:
        """The values that `IS_LIVE` wants, for a statement that joins more to the session."""
        lasts = self._lifetimes()
        return {
            "secret_digest": ids.digest(secret),
            "now": now,
            "idle_since": now - lasts.idle,
            "begun_since": now - lasts.absolute,  # a policy that became shorter meets sessions that were begun before
        }

    @property
    def idle(self) -> timedelta:
        """How long a session may stay unused now."""
        return self._lifetimes().idle

    def find(self, db: RawTransaction | Session, secret: str, now: datetime) -> LiveSession | None:
        """The live session behind a cookie."""
        row = _find.first(db, **self.live_parameters(secret, now))
        return live_session(row) if row is not None else None

    def must_be_marked_seen(self, session: LiveSession, now: datetime) -> bool:
        """Whether the last mark is old enough to be worth a write."""
        return now - session.seen_at > _SEEN_EVERY

    def mark_seen(self, db: RawTransaction | Session, session_id: str, now: datetime) -> None:
        _seen(db, wanted=session_id, now=now)

    def note_site(
        self, db: RawTransaction | Session, *, session_id: str, client_id: str, subject: str, now: datetime
    ) -> str:
        """Remember that this session reached a site; returns the `sid` that this site alone will see."""
        noted = _note_site.first(
            db, sid=ids.new_id(), session_id=session_id, client_id=client_id, subject=subject, first_at=now
        ) or _sid_at_site.first(db, session_id=session_id, client_id=client_id)
        sid: str = noted.sid  # type: ignore[union-attr]
        return sid

    def reauthenticated(
        self, db: Session, session_id: str, *, aal: int, amr: tuple[str, ...], auth_time: datetime | None = None
    ) -> Started:
        """The person proved themselves again: a later auth_time and a new secret for the same session."""
        started = Started(session_id, ids.new_secret())
        db.execute(
            update(SsoSession)
            .where(SsoSession.id == session_id, SsoSession.ended_at.is_(None))
            .values(
                secret_digest=ids.digest(started.secret),
                aal=aal,
                amr=list(amr),
                auth_time=auth_time or clock.now(),
                seen_at=clock.now(),
            )
        )
        self._trail.record(db, "session.reauthenticated", session_id=session_id, amr=list(amr))
        return started

    def renew(self, db: Session, session_id: str) -> Started:
        """A new secret for the same session after its rights changed (session fixation)."""
        started = Started(session_id, ids.new_secret())
        db.execute(
            update(SsoSession)
            .where(SsoSession.id == session_id, SsoSession.ended_at.is_(None))
            .values(secret_digest=ids.digest(started.secret))
        )
        self._trail.record(db, "session.renewed", session_id=session_id)
        return started

    def end(self, db: Session, session_id: str, *, reason: str, keep_offline: bool = True) -> str:
        """End one session once, and owe each site it reached that listens a logout token; returns the deliveries' topic.

        What the sites got with `offline_access` stays theirs, unless the end is one of distrust: `keep_offline=False`.
        """
        now = clock.now()
        ended = db.execute(
            update(SsoSession)
            .where(SsoSession.id == session_id, SsoSession.ended_at.is_(None))
            .values(ended_at=now, end_reason=reason)
            .returning(SsoSession.account_id)
        ).first()
        topic = topic_of(session_id)
        if ended is None:
            return topic
        self._sites.end_of_session(db, session_id, reason=reason, keep_offline=keep_offline)
        reached = db.scalars(select(SessionSite).where(SessionSite.session_id == session_id)).all()
        listening = self._sites.that_listen(db, [site.client_id for site in reached])
        for site in reached:
            if site.client_id not in listening:
                continue
            payload = {"client_id": site.client_id, "sid": site.sid, "sub": site.subject}
            self._outbox.post(db, LOGOUT, recipient=site.client_id, payload=payload, topic=topic)
        self._trail.record(db, "session.ended", account_id=ended.account_id, session_id=session_id, reason=reason)
        return topic

    def end_all(self, db: Session, account_id: str, *, reason: str, except_session: str | None = None) -> int:
        """End the trust in whoever used the account: its live sessions, but perhaps one, and all that sites got of it.

        What was given out goes whole, also of the session that stays and of those long over. Returns how many ended.
        """
        self._sites.end_of_account(db, account_id, reason=reason)
        live = select(SsoSession.id).where(SsoSession.account_id == account_id, SsoSession.ended_at.is_(None))
        doomed = [each for each in db.scalars(live) if each != except_session]
        for session_id in doomed:
            self.end(db, session_id, reason=reason)
        return len(doomed)

    def of_account(self, db: Session, account_id: str) -> list[SessionView]:
        """The account's live sessions, the most recently used first."""
        now, lasts = clock.now(), self._lifetimes()
        rows = db.scalars(
            select(SsoSession)
            .where(
                SsoSession.account_id == account_id,
                SsoSession.ended_at.is_(None),
                SsoSession.expires_at > now,
                SsoSession.seen_at > now - lasts.idle,
                SsoSession.created_at > now - lasts.absolute,
            )
            .order_by(SsoSession.seen_at.desc())
        )
        return [SessionView(r.id, r.browser, r.address, r.created_at, r.seen_at, tuple(r.amr)) for r in rows]

    def belongs_to(self, db: Session, session_id: str, account_id: str) -> bool:
        return db.scalar(select(SsoSession.account_id).where(SsoSession.id == session_id)) == account_id

    def session_of_sid(self, db: Session, sid: str) -> str | None:
        """The session that a site knows by this `sid`."""
        return db.scalar(select(SessionSite.session_id).where(SessionSite.sid == sid))

    def sites(self, db: Session, session_id: str) -> list[str]:
        """The client ids of the sites this session reached, in the order it did."""
        return [client_id for client_id, _sid in self.sids(db, session_id)]

    def sids(self, db: Session, session_id: str) -> list[tuple[str, str]]:
        """The same, each with the `sid` by which that site knows the session."""
        reached = select(SessionSite.client_id, SessionSite.sid).where(SessionSite.session_id == session_id)
        return [(row.client_id, row.sid) for row in db.execute(reached.order_by(SessionSite.first_at, SessionSite.sid))]


def live_session(row: object) -> LiveSession:
    """A LiveSession from a row that selected `COLUMNS`."""
    values = {name: getattr(row, name) for name in LiveSession.__slots__}
    return LiveSession(**{**values, "amr": tuple(values["amr"])})


def topic_of(session_id: str) -> str:
    """The outbox topic under which the deliveries of one session's end are found."""
    return f"logout:{session_id}"
