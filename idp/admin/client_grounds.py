"""That people are no longer asked before a live site gets their data: two people decide it, by the document they both saw."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from idp.admin import sensitive, texts
from idp.admin.sensitive import SensitiveAct
from idp.admin.texts import word
from idp.audit.trail import Actor
from idp.edge.services import Services
from idp.oidc.models import Client
from idp.oidc.registration import clients as registered
from idp.sites import drafts, versions
from idp.staff.approvals import Allowed
from idp.staff.errors import NotOpen
from idp.staff.models import Approval
from idp.staff.sessions import SignedInOperator

ACT: Final = "client.statutory_duty"
_REASON: Final = "statutory_ground"
texts.REASONS.update({_REASON: word("依法定职责提供，不再询问本人")})


def needs_second(row: Client, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether the change takes the question away from people of a live site."""
    grounds = [versions.parted(document)[1] for document in (before, after)]
    return row.mode == drafts.LIVE and grounds == [registered.CONSENT, registered.STATUTORY_DUTY]


def ask(
    db: Session, everything: Services, who: SignedInOperator, row: Client, before: Mapping[str, Any], after: Mapping[str, Any]
) -> str:  # fmt: skip
    """Ask the second person for exactly this document, from exactly the one before."""
    return everything.approvals.ask(
        db, who, ACT, target=row.client_id, reason=_REASON, region=row.region,
        summary={"release_basis": registered.STATUTORY_DUTY},
        payload={"after": dict(after), "before": versions.digest(before)},
    )  # fmt: skip


def _describe(everything: Services, approval: Approval, _payload: dict[str, Any]) -> Sequence[tuple[str, str]]:
    with everything.database.view() as db:
        row = db.get_one(Client, approval.target)
    return (
        (word("应用"), str(row.metadata_.get("client_name", ""))),
        (word("效果"), texts.say(word("用户登录这个应用时不再被询问，信息依法定职责提供。"))),
    )


def _perform(db: Session, everything: Services, allowed: Allowed, who: SignedInOperator) -> None:
    row = db.get(Client, allowed.target, with_for_update=True, populate_existing=True)
    if row is None or row.state == "deleted" or versions.digest(versions.of_client(row)) != allowed.payload["before"]:
        raise NotOpen
    asker = Actor("operator", allowed.asked_by)
    everything.sites.operating.put(db, row, allowed.payload["after"], actor=asker, what="client.terms_changed")


sensitive.register(SensitiveAct(ACT, word("不经询问向应用提供信息"), _describe, perform=_perform))
