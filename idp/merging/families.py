"""What becomes of the tokens and sessions around a merge.

At a site that knew the merged account alone, what was given for the time of absence (`offline_access`) goes on under the same
subject: the family goes over to the kept account, and access tokens made before end at once, to be fetched anew. Everything else
ends with the sessions of the merged account, and the sites are told. An undoing hands those families back, and ends what the
kept account was given meanwhile in the name of the other.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from idp.authn.models import SessionSite, SsoSession
from idp.authn.sessions import Sessions
from idp.core import clock
from idp.oidc.models import Authorization

UNDONE = "merge_undone"


def carry_over(db: Session, clients: Collection[str], *, frm: str, to: str) -> list[str]:
    """The families that live on at these clients, from now on of the kept account; answers their ids."""
    alive = db.scalars(
        select(Authorization).where(
            Authorization.account_id == frm,
            Authorization.client_id.in_(sorted(clients)),
            Authorization.revoked_at.is_(None),
            Authorization.scope.contains("offline_access"),
        )
    ).all()
    for family in alive:
        family.account_id, family.extra = to, {**(family.extra or {}), "known_as": frm}
    db.flush()
    return [family.id for family in alive]


def hand_back(db: Session, family_ids: Collection[str], *, frm: str, to: str) -> None:
    """Those of the families that still live, to the account that they were given by."""
    for family in db.scalars(select(Authorization).where(Authorization.id.in_(family_ids), _is_alive_of(frm))).all():
        extra = {name: value for name, value in (family.extra or {}).items() if name != "known_as"}
        family.account_id, family.extra = to, extra or None
    db.flush()


def end_in_the_name_of(
    db: Session, sessions: Sessions, account_id: str, other: str, clients: Collection[str]
) -> set[str]:
    """End what this account was given as the other, and the sessions that reached those clients; answers their ids."""
    doomed = [
        family.id
        for family in db.scalars(select(Authorization).where(_is_alive_of(account_id)))
        if (family.extra or {}).get("known_as") == other
    ]
    db.execute(
        update(Authorization)
        .where(Authorization.id.in_(doomed))
        .values(revoked_at=clock.now(), revoke_reason=UNDONE)
        .execution_options(synchronize_session=False)
    )
    reached = set(
        db.scalars(
            select(SsoSession.id)
            .join(SessionSite, SessionSite.session_id == SsoSession.id)
            .where(
                SsoSession.account_id == account_id,
                SsoSession.ended_at.is_(None),
                SessionSite.client_id.in_(sorted(clients)),
            )
        )
    )
    for session_id in sorted(reached):
        sessions.end(db, session_id, reason=UNDONE)
    return reached


def _is_alive_of(account_id: str) -> ColumnElement[bool]:
    return (Authorization.account_id == account_id) & Authorization.revoked_at.is_(None)
