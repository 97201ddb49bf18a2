"""What sites hold on the ground of a session, and how it ends: with the session, or with the trust in the account."""

from collections import Counter
from collections.abc import Collection

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from idp.audit.trail import SYSTEM, Trail
from idp.core import clock
from idp.oidc.models import Authorization, Client

_SESSION_ENDED = "session_ended"


class GivenOut:
    """Fills in `idp.authn.sites.Sites` for OpenID Connect."""

    def __init__(self, trail: Trail) -> None:
        self._trail = trail

    def end_of_session(self, db: Session, session_id: str, *, reason: str, keep_offline: bool) -> None:
        """Plain tokens go with their session; `offline_access` outlives it unless it must not (Back-Channel Logout §2.7)."""
        mine = Authorization.session_id == session_id
        if keep_offline:
            # The session's own entry in the trail tells of these.
            _revoke(db, mine & ~Authorization.scope.contains("offline_access"), _SESSION_ENDED)
            return
        self._revoke_and_tell(db, mine, reason)

    def end_of_account(self, db: Session, account_id: str, *, reason: str) -> None:
        """Whoever holds a token of this account, from whichever session, must ask the person anew."""
        self._revoke_and_tell(db, Authorization.account_id == account_id, reason)

    def that_listen(self, db: Session, client_ids: Collection[str]) -> Collection[str]:
        """Those that registered a `backchannel_logout_uri`."""
        rows = db.scalars(select(Client).where(Client.client_id.in_(client_ids))) if client_ids else ()
        return {row.client_id for row in rows if row.metadata_.get("backchannel_logout_uri")}

    def _revoke_and_tell(self, db: Session, which: ColumnElement[bool], reason: str) -> None:
        """One entry for each account and site, with how many families ended there."""
        ended = Counter(_revoke(db, which, reason))
        for (account_id, client_id), families in sorted(ended.items()):
            self._trail.record(
                db, "oidc.revoked", actor=SYSTEM, account_id=account_id, client_id=client_id,
                token="all", reason=reason, families=families,
            )  # fmt: skip


def _revoke(db: Session, which: ColumnElement[bool], reason: str) -> list[tuple[str, str]]:
    revoked = (
        update(Authorization)
        .where(which, Authorization.revoked_at.is_(None))
        .values(revoked_at=clock.now(), revoke_reason=reason)
        .returning(Authorization.account_id, Authorization.client_id)
    )
    rows = db.execute(revoked, execution_options={"synchronize_session": False})
    return [(row.account_id, row.client_id) for row in rows]
