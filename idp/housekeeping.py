"""What the worker clears away: rows whose time is over, in small transactions, and the sealing of the audit trail."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select
from sqlalchemy.orm import aliased

from idp.accounts.models import CareAct, Disclosure, ExternalLink, GuardianRequest
from idp.audit.sealing import Sealer
from idp.audit.trail import Trail
from idp.audit.verifications import Verifications
from idp.authn import retention
from idp.authn.models import SessionSite, SsoSession
from idp.config import Settings
from idp.core import clock
from idp.core.crypto import Keyring
from idp.db.base import Base
from idp.db.unit_of_work import Database
from idp.guardians import guardianships
from idp.mandates.models import Mandate, Use
from idp.merging import forgetting
from idp.oidc import spent_assertions
from idp.oidc.jwt import planned
from idp.oidc.models import Authorization, DeviceRequest, InitialAccessToken, RefreshToken
from idp.outbox import leasing
from idp.outbox.chores import Chore
from idp.realname import counter, listed, lost
from idp.realname.models import CounterCase, IdentityAttempt
from idp.realname.service import IdentityProof
from idp.realname.watch import measures
from idp.realname.watch.models import SourceDay
from idp.reviews import rows
from idp.reviews.models import ReviewRequest
from idp.sites.models import SecretWarning, SecretWish
from idp.sites.models_tokens import DeveloperToken
from idp.staff import approvals
from idp.staff.confirmations import Confirmations
from idp.staff.models import ApiToken, Confirmation, Invitation, OperatorSession, SpentChallenge
from idp.statistics import retention as day_counts
from idp.statistics.rollup import RollUp

_BATCH = 500
_DAY = timedelta(days=1)


def chores(database: Database, keyring: Keyring, trail: Trail, proof: IdentityProof, settings: Settings) -> list[Chore]:
    """The rounds of a worker; any number of workers may make them."""
    log_file, kept = settings.log_file, settings.statistics_days_kept
    sealer = Sealer(database, keyring)
    return [
        Chore("audit.seal", timedelta(seconds=2), sealer.seal),
        Chore("audit.verify", timedelta(seconds=2), Verifications(database, keyring, trail, log_file).start_due),
        Chore("statistics.count", timedelta(seconds=5), RollUp(database).run),
        Chore("statistics.forget", timedelta(minutes=10), lambda: day_counts.forget(database, kept)),
        Chore("proofs.settle", timedelta(seconds=20), lambda: proof.challenges.settle_open(clock.now())),
        Chore("proofs.lost", timedelta(hours=1), lambda: lost.end(database, trail)),
        Chore("sources.days", timedelta(hours=1), lambda: measures.keep_days(database, proof.source_names)),
        Chore("accounts.weigh", timedelta(minutes=1), lambda: listed.weigh_run_out(database)),
        Chore("accounts.list", timedelta(hours=1), lambda: listed.complete(database, keyring)),
        Chore("guardians.end", _DAY, lambda: guardianships.end_of_age(database, keyring, trail)),
        Chore("confirmations.end", timedelta(minutes=10), lambda: _end_confirmations(database, keyring, trail)),
        Chore("keys.planned", timedelta(seconds=30), lambda: planned.rotate_due(database, keyring, trail)),
        Chore("clear", timedelta(minutes=10), lambda: clear(database, clock.now())),
    ]


def _end_confirmations(database: Database, keyring: Keyring, trail: Trail) -> int:
    with database.transaction() as db:
        return Confirmations(keyring, trail).expire(db)


def clear(database: Database, now: datetime) -> int:
    """Delete what is over: spent or expired, and no longer needed to recognise a replay. Answers how many rows went."""
    gone = leasing.purge(database, now - 7 * _DAY) + spent_assertions.purge(database, now)
    gone += forgetting.purge(database, now)
    with database.transaction() as db:
        retention.purge(db)
        counter.forget_expired(db, now)
        rows.forget_expired(db, now)
        approvals.expire(db)
    for model, is_over in _over(now):
        gone += _delete(database, model, is_over)
    return gone


def _over(now: datetime) -> list[tuple[type[Base], ColumnElement[bool]]]:
    """In an order that the foreign keys allow. A spent code or token is kept until it would have expired (RFC 9700 §4.14)."""
    session_is_over = or_(SsoSession.ended_at < now - 30 * _DAY, SsoSession.expires_at < now - 30 * _DAY)
    of_session = Authorization.session_id == SsoSession.id
    below = aliased(Mandate)
    return [
        (RefreshToken, RefreshToken.expires_at < now - _DAY),
        (
            Authorization,
            and_(Authorization.expires_at < now - _DAY, Authorization.code_expires_at < now - _DAY,
                 ~exists().where(RefreshToken.authorization_id == Authorization.id)),
        ),
        # Kept beside its authorization: a device that redeems twice is recognised as long as a code would be.
        (
            DeviceRequest,
            and_(DeviceRequest.expires_at < now - _DAY,
                 ~exists().where(Authorization.code_digest == DeviceRequest.digest)),
        ),
        (
            SessionSite,
            exists().where(SsoSession.id == SessionSite.session_id, session_is_over, ~exists().where(of_session)),
        ),
        (SsoSession, and_(session_is_over, ~exists().where(of_session),
                          ~exists().where(SessionSite.session_id == SsoSession.id))),
        (DeveloperToken, DeveloperToken.expires_at < now - 365 * _DAY),  # before the mandates they were made by
        (Use, Use.at < now - 3 * 365 * _DAY),
        # A mandate that has ended is shown to both sides as long as what was done by it.
        (
            Mandate,
            and_(Mandate.ended_at < now - 3 * 365 * _DAY, ~exists().where(Use.mandate_id == Mandate.id),
                 ~exists().where(below.parent_id == Mandate.id)),
        ),
        (Disclosure, Disclosure.at < now - 3 * 365 * _DAY),
        (CareAct, CareAct.at < now - 3 * 365 * _DAY),
        (ExternalLink, ExternalLink.unlinked_at < now - 30 * _DAY),
        (GuardianRequest, GuardianRequest.asked_at < now - 365 * _DAY),
        (CounterCase, CounterCase.expires_at < now - 30 * _DAY),  # the evidence of one that was confirmed stays
        (SecretWish, SecretWish.expires_at < now - 365 * _DAY),
        (SecretWarning, SecretWarning.told_at < now - 60 * _DAY),
        (ReviewRequest, ReviewRequest.decided_at < now - 365 * _DAY),  # its paper went when it was decided
        (InitialAccessToken, InitialAccessToken.expires_at < now - 30 * _DAY),
        # What was sealed in it went when it was settled; the evidence of it stays.
        (IdentityAttempt, IdentityAttempt.settled_at < now - 30 * _DAY),
        (SourceDay, SourceDay.day < (now - 3 * 365 * _DAY).date()),
        (OperatorSession, OperatorSession.expires_at < now - 30 * _DAY),
        (Invitation, Invitation.expires_at < now - 30 * _DAY),
        (SpentChallenge, SpentChallenge.expires_at < now),
        (Confirmation, Confirmation.expires_at < now - 180 * _DAY),
        (ApiToken, ApiToken.expires_at < now - 365 * _DAY),
    ]  # fmt: skip


def _delete(database: Database, model: type[Base], is_over: ColumnElement[bool]) -> int:
    keys: list[Any] = list(model.__table__.primary_key)
    gone = 0
    while True:
        with database.transaction() as db:
            rows = db.execute(select(*keys).where(is_over).limit(_BATCH)).all()
            for row in rows:
                of_row = (key == value for key, value in zip(keys, row, strict=True))
                db.execute(delete(model).where(*of_row, is_over).execution_options(synchronize_session=False))
        gone += len(rows)
        if len(rows) < _BATCH:
            return gone
