"""When an account or a browser can no longer be trusted, what sites got of it ends too, offline_access and all."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from idp.authn.models import SsoSession
from idp.outbox.models import OutboxMessage
from idp.staff.account_care import Because
from tests.flows.browser import Browser
from tests.flows.centre import OPERATOR, PASSWORD, Centre
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person
from tests.flows.rp import RelyingParty
from tests.flows.test_requests import landed, page

pytestmark = both_pairs

NEW = "veilchen-Kanne-38-x"


def frozen_and_back(centre: Centre, who: Person) -> None:
    centre.freeze(who)
    with centre.services.database.transaction() as db:
        assert centre.services.lifecycle.unfreeze(db, who.account_id, actor=OPERATOR, reason="test")


def closed(centre: Centre, who: Person) -> None:
    with centre.services.database.transaction() as db:
        assert centre.services.lifecycle.close(db, who.account_id, actor=OPERATOR, reason="test")


def password_changed(centre: Centre, who: Person) -> None:
    with centre.services.database.view() as db:
        live = db.query(SsoSession).filter_by(account_id=who.account_id, ended_at=None).first()
    centre.services.password_change.change(
        who.account_id, PASSWORD, NEW, session_id=live.id if live else "", device="d", address="10.8.0.1"
    )


def reset_by_staff(centre: Centre, who: Person) -> None:
    with centre.services.database.transaction() as db:
        centre.services.care.reset(db, who.account_id, Because("0" * 32, "system", "credentials_leaked"))


def recovered(centre: Centre, who: Person) -> None:
    recovery, here = centre.services.recovery, {"device": f"recovering-{who.phone}", "address": "10.8.0.2"}
    challenge = recovery.begin(who.phone, locale="zh_CN", **here)
    recovery.confirm(challenge, code_sent_to(centre, who), device=here["device"])
    recovery.recover(challenge, NEW, **here)


def code_sent_to(centre: Centre, who: Person) -> str:
    outbox = centre.services.outbox
    waiting = select(OutboxMessage).where(OutboxMessage.kind == "sms", OutboxMessage.state == "waiting")
    with centre.services.database.view() as db:
        rows = db.scalars(waiting.order_by(OutboxMessage.id)).all()
    sent = [outbox.opened(row).payload for row in rows]
    return re.findall(r"\d{6}", next(each["text"] for each in reversed(sent) if each["to"] == who.phone))[0]


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (frozen_and_back, "account_frozen"),
        (closed, "account_closed"),
        (password_changed, "password_changed"),
        (recovered, "password_recovered"),
        (reset_by_staff, "credentials_reset"),
    ],
)
@pytest.mark.parametrize("is_long_over", [False, True], ids=["of a live session", "of a session long over"])
def test_a_stolen_refresh_token_dies_with_the_trust_in_its_account(
    centre: Centre,
    rp: RelyingParty,
    bob: Person,
    happens: Callable[[Centre, Person], None],
    reason: str,
    is_long_over: bool,
) -> None:
    tokens = rp.tokens_of(bob, scope="openid profile offline_access")
    if is_long_over:
        rp.browser.get("/sign-out")
        rp.browser.submit("confirm")
    assert rp.userinfo(tokens.access_token).status_code == 200
    happens(centre, bob)
    assert rp.refresh(tokens.refresh_token).error == "invalid_grant"
    assert rp.userinfo(tokens.access_token).status_code == 401
    told = [e.details for e in centre.audited("oidc.revoked", account_id=bob.account_id)]
    assert told == [{"token": "all", "reason": reason, "families": 1}]


def test_a_device_that_its_owner_ends_takes_its_tokens_along_and_no_others(
    centre: Centre, rp: RelyingParty, other: RelyingParty, bob: Person, browser: Browser
) -> None:
    mine = other.tokens_of(bob, scope="openid profile offline_access")
    stolen = rp.redeem(rp.sign_in(bob, browser, scope="openid profile offline_access").code)
    seen = page(other.browser.get("/account/security"))
    (theirs,) = re.findall(r'name="session" value="([0-9a-f]{32})"', seen.body)
    other.browser.submit("end", session=theirs)
    assert rp.refresh(stolen.refresh_token).error == "invalid_grant"
    assert other.refresh(mine.refresh_token).status_code == 200


def test_who_has_to_prove_themselves_anew_is_asked_where_a_site_needs_it_and_nowhere_else(
    centre: Centre, rp: RelyingParty
) -> None:
    known = centre.person(ial=1)
    rp.sign_in(known)
    assert landed(rp.visit(prompt="none", acr_values="ial1")).code
    with centre.services.database.transaction() as db:
        centre.services.care.reverify(db, known.account_id, Because("0" * 32, "system", "evidence_doubtful"))

    assert landed(rp.visit(prompt="none", acr_values="ial1")).error == "interaction_required"
    assert page(rp.visit(acr_values="ial1")).path.startswith("/verify")
    assert landed(rp.visit(prompt="none")).code
