"""One record of each kind that the demo does not bring along, made in the demo's own database, for the pages of the console."""

from __future__ import annotations

import json
import sys
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from idp.app import create_app
from idp.audit.models import AuditEntry
from idp.audit.trail import Actor
from idp.core import clock
from idp.core.identifiers import DocumentKind
from idp.core.identifiers.uscc import uscc_check_character
from idp.mandates import errors, people
from idp.mandates.acting import MANAGES_SITES
from idp.mandates.models import Mandate
from idp.oidc.models import Client, SigningKey
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.policies.kinds import KINDS
from idp.realname import persons
from idp.realname.counter import Card
from idp.realname.models import Evidence
from idp.sites.made_up import NewPassword
from idp.sites.synthetic import Wanted
from idp.staff import tokens
from idp.staff.confirmations import Confirmations
from idp.staff.models import Operator, Role
from idp.staff.sessions import SignedInOperator, reach_of
from tests.papers import JPEG

SITE = "https://gallery.example.gov.cn"
NOBODY = Actor("system")
_MOST_PROVEN = select(Evidence.account_id).group_by(Evidence.account_id).order_by(func.count().desc())


def make(services: Any) -> dict[str, str]:
    """Their ids, by the argument of the routes that names them."""
    database = services.database
    with database.view() as db:
        account_id = next(each for each in db.scalars(_MOST_PROVEN) if _is_adult(services, db, each))
        mandate = next(
            each for each in db.scalars(select(Mandate).order_by(Mandate.offered_at)) if MANAGES_SITES in each.services
        )
        operators = {row.role: row.id for row in db.scalars(select(Operator).order_by(Operator.id.desc()))}
        kid = db.scalar(select(SigningKey.kid).where(SigningKey.state == "active").limit(1))
        live = db.scalar(
            select(Client.client_id).where(Client.organisation_id.is_not(None)).order_by(Client.created_at).limit(1)
        )
        entry_id = db.scalar(select(AuditEntry.id).where(AuditEntry.act == "operator.added").limit(1))
    developer, department = mandate.agent_account_id, mandate.organisation_id
    with database.transaction() as db:
        client_id, _ = services.sites.drafts.register(db, developer, department, _site())
        release_id = services.sites.releases.ask(db, developer, client_id, "请尽快审核，十二月上线。")
        person = services.tryout.people.make(
            db, client_id, Wanted(2, False, True), NewPassword.make(), actor=NOBODY, by=developer
        )
        services.sites.tokens.make(
            db, developer, department, name="停车服务持续集成", scopes=["sites:read", "sites:write"], days=5
        )
    return {
        "account_id": account_id, "client_id": client_id, "live_client_id": live, "operator_id": operators[Role.AUDIT],
        "kid": kid, "entry_id": entry_id, "release_id": str(getattr(release_id, "id", release_id)),
        "test_person": person.account_id, "request_id": _review(services, account_id),
        "case_id": _case(services, account_id, operators[Role.COUNTER]), "number": _policy(services),
        "confirmation_id": _confirmation(services, operators[Role.SYSTEM], str(live)),
    }  # fmt: skip


def _confirmation(services: Any, operator_id: str, client_id: str) -> str:
    """What a program of the operator asks for."""
    with services.database.transaction() as db:
        row = db.get_one(Operator, operator_id)
        who = SignedInOperator(row.id, "", row.login, Role(row.role), reach_of(row), clock.now())
        made = tokens.make(db, services.trail, who, name="nightly", scopes={"clients.change"}, days=1)
        program = tokens.find(db, made.secret, address="127.0.0.1")
        kept = Confirmations(services.keyring, services.trail).ask(
            db, program, "client_state", arguments={"client_id": client_id}, address="127.0.0.1",
            form=[("action", "disable"), ("reason", "site_compromised")],
        )  # fmt: skip
        return str(kept.id)


def _is_adult(services: Any, db: Session, account_id: str) -> bool:
    try:
        people.adult(db, services.keyring, account_id, clock.now())
    except (errors.NotAPerson, errors.IsMinor):
        return False
    return True


def _site() -> ClientMetadata:
    return ClientMetadata.model_validate(
        {
            "client_name": "城市停车服务", "client_name#en": "City parking", "about": "车主缴费和申诉", "client_uri": f"{SITE}/",
            "initiate_login_uri": f"{SITE}/sign-in", "redirect_uris": [f"{SITE}/callback"],
            "backchannel_logout_uri": f"{SITE}/backchannel-logout", "scope": "openid profile phone realname",
            "purposes": {"profile": "显示您的账户名", "phone": "通知您停车到期", "realname": "核对车主"},
            "legal_bases": dict.fromkeys(("profile", "realname", "phone"), "《道路交通安全法》第八条"),
            "grant_types": ["authorization_code"], "token_endpoint_auth_method": "client_secret_basic",
        }
    )  # fmt: skip


def _review(services: Any, account_id: str) -> str:
    body = "91370199MA3DEM777"
    made: str = services.reviews.filing.organisation(
        account_id,
        name="山东示例新办有限公司",
        uscc=body + uscc_check_character(body),
        remark="上周刚登记。",
        paper=JPEG,
    )
    return made


def _case(services: Any, account_id: str, officer: str) -> str:
    ticket = services.counter.open(account_id, client_id=None)
    with services.database.view() as db:
        known = persons.known(db, services.keyring, account_id)
    card = Card(known.name, DocumentKind.RESIDENT_ID, known.document.number, None)
    made: str = services.counter.see(ticket.code, card, officer=officer, actor=Actor("operator", officer))
    return made


def _policy(services: Any) -> str:
    """A version that says what holds already, so that there is one to look at and nothing changes."""
    kind = KINDS["session"]
    current = services.policies.version(kind)
    if current.number == 0:
        with services.database.transaction() as db:
            services.policies.publish(db, kind, current.value, base=0, actor=NOBODY, undoes=None, reason="correction")
    return "1"


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(make(create_app().extensions["idp"])))
