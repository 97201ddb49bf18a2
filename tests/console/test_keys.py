"""The console's pages about keys: what they show, a rotation by two people, and a revocation by security alone."""

import re
from datetime import timedelta

from sqlalchemy import select, update

from idp.audit.models import AuditEntry
from idp.audit.trail import Actor
from idp.core import clock
from idp.oidc.jwt import keys, planned
from idp.oidc.models import SigningKey
from idp.staff.models import Role
from tests.console.house import Browser, Console
from tests.contract.durable import look_again


def states(house: Console) -> dict[str, str]:
    with house.services.database.view() as db:
        return {row.kid: row.state for row in db.scalars(select(SigningKey))}


def kid(house: Console, state: str, alg: str = "ES256") -> str:
    with house.services.database.view() as db:
        rows = db.scalars(select(SigningKey).where(SigningKey.state == state, SigningKey.alg == alg)).all()
    return rows[-1].kid


def ask(browser: Browser, **more: str) -> str:
    """The address of the request."""
    assert browser.get("/admin/keys/-/rotation").status_code == 200
    answer = browser.post("/admin/keys/-/rotation", **{"reason": "key_routine", "understood": "yes", **more})
    assert answer.status_code == 303, answer.text
    return answer.location


def fresh(house: Console, signed_in: dict[Role, Browser]) -> None:
    """Signed in anew after the clock was moved."""
    for role in (Role.SYSTEM, Role.SECURITY):
        assert signed_in[role].sign_in(house.staff[role]).status_code == 303


def published(house: Console) -> set[str]:
    look_again(house.services.provider.keys._current)
    return {jwk["kid"] for jwk in house.services.provider.keys.current().public}


def test_the_page_shows_each_key_and_the_other_keys_of_the_house(house, signed_in):
    page = signed_in[Role.SECURITY].get("/admin/keys").text

    for each in states(house):
        assert each in page
    assert "正在使用" in page
    assert "审计检查点签名" in page
    assert "PRIVATE" not in page
    assert "应轮换" not in page
    with house.services.database.transaction() as db:
        db.execute(update(SigningKey).values(active_at=clock.now() - timedelta(days=91)))
    assert "应轮换" in signed_in[Role.SECURITY].get("/admin/keys").text


def test_a_rotation_is_planned_asked_for_and_done_by_another(house, signed_in):
    clock.travel(timedelta(days=2))
    fresh(house, signed_in)
    system, security = signed_in[Role.SYSTEM], signed_in[Role.SECURITY]
    active, coming = kid(house, "active"), kid(house, "next")
    plan = system.get("/admin/keys/-/rotation").text
    assert active in plan
    assert coming in plan
    assert "公布还不到" not in plan
    request = ask(system, understood="")
    system.get(request)
    assert system.post(f"{request}/decision", action="allow").status_code == 403  # nobody allows their own
    assert states(house)[active] == "active"

    shown = security.get(request).text
    assert active in shown
    assert coming in shown
    assert security.post(f"{request}/decision", action="allow").status_code == 303

    assert (states(house)[active], states(house)[coming]) == ("retired", "active")
    assert {active, coming, kid(house, "next")} <= published(house)
    assert "key.rotated" in house.acts()
    assert re.search(r"是 · 至", system.get("/admin/keys").text)


def test_a_rotation_is_planned_for_a_time_and_done_by_a_worker_unless_it_is_called_off(house, signed_in):
    everything = house.services
    work = lambda: planned.rotate_due(everything.database, everything.keyring, everything.trail)  # noqa: E731
    system, security, active = signed_in[Role.SYSTEM], signed_in[Role.SECURITY], kid(house, "active")
    at = (clock.now() + timedelta(hours=30)).astimezone(clock.BEIJING).strftime("%Y-%m-%dT%H:%M")
    system.get("/admin/keys/-/rotation")
    for wrong in ("2020-01-01T00:00", "2099-01-01T00:00", "soon"):
        assert "六十天以内" in system.post("/admin/keys/-/rotation", reason="key_routine", not_before=wrong).text

    def allowed() -> str:
        system.get("/admin/keys/-/rotation")
        request = system.post("/admin/keys/-/rotation", reason="key_routine", not_before=at).location
        assert at.replace("T", " ") in security.get(request).text
        assert security.post(f"{request}/decision", action="allow").status_code == 303
        return request

    called_off = allowed()
    assert "已批准、等待执行的密钥轮换" in security.get("/admin/").text.partition("没有待办")[0]
    system.get(called_off)
    assert system.post(called_off).status_code == 303
    allowed()
    assert work() == 0
    assert states(house)[active] == "active"

    clock.travel(timedelta(hours=30, minutes=1))
    assert [work(), work()] == [1, 0]
    assert states(house)[active] == "retired"
    assert house.acts().count("key.rotated") == 1


def test_a_planned_rotation_of_other_keys_is_dropped(house, signed_in):
    everything, system, security = house.services, signed_in[Role.SYSTEM], signed_in[Role.SECURITY]
    at = (clock.now() + timedelta(hours=30)).astimezone(clock.BEIJING).strftime("%Y-%m-%dT%H:%M")
    system.get("/admin/keys/-/rotation")
    request = system.post("/admin/keys/-/rotation", reason="key_routine", not_before=at).location
    security.get(request)
    security.post(f"{request}/decision", action="allow")
    with everything.database.transaction() as db:
        keys.rotate(db, everything.keyring, everything.trail, actor=Actor("operator", "test"))
    before = states(house)
    clock.travel(timedelta(hours=31))

    assert planned.rotate_due(everything.database, everything.keyring, everything.trail) == 0
    assert states(house) == before
    assert house.acts()[-1] == "approval.withdrawn"


def test_a_next_key_that_is_too_new_is_pointed_out(house, signed_in):
    system = signed_in[Role.SYSTEM]
    assert "待启用的密钥公布还不到" in system.get("/admin/keys/-/rotation").text
    assert system.post("/admin/keys/-/rotation", reason="key_routine").status_code == 400
    assert system.post("/admin/keys/-/rotation", reason="because", understood="yes").status_code == 400
    ask(system)


def test_what_was_decided_of_other_keys_is_not_done(house, signed_in):
    """Asked for, and meanwhile somebody rotated by command."""
    request = ask(signed_in[Role.SYSTEM])
    everything = house.services
    with everything.database.transaction() as db:
        keys.rotate(db, everything.keyring, everything.trail, actor=Actor("operator", "test"))
    before = states(house)
    security = signed_in[Role.SECURITY]
    security.get(request)

    assert security.post(f"{request}/decision", action="allow").status_code == 409

    assert states(house) == before
    assert "待审批" in security.get(request).text


def test_one_request_waits_at_a_time(house, signed_in):
    ask(signed_in[Role.SYSTEM])
    security = signed_in[Role.SECURITY]
    security.get("/admin/keys/-/rotation")
    assert security.post("/admin/keys/-/rotation", reason="key_routine", understood="yes").status_code == 409


def test_security_revokes_a_key_alone_after_typing_its_id(house, signed_in):
    security, active, coming = signed_in[Role.SECURITY], kid(house, "active"), kid(house, "next")
    assert "立刻离开密钥集" in security.get(f"/admin/keys/{active}").text
    path = f"/admin/keys/{active}/revoke"
    assert security.post(path, reason="key_exposed", kid=coming).status_code == 400
    assert security.post(path, kid=active).status_code == 400
    assert states(house)[active] == "active"

    assert security.post(path, reason="key_exposed", kid=active).status_code == 303

    assert (states(house)[active], states(house)[coming]) == ("revoked", "active")
    assert active not in published(house)
    assert {coming, kid(house, "next")} <= published(house)
    with house.services.database.view() as db:
        [entry] = db.scalars(select(AuditEntry).where(AuditEntry.act == "key.revoked")).all()
    assert entry.details == {"kids": [active], "reason": "key_exposed"}
    assert entry.actor_id == house.staff[Role.SECURITY].id
    assert security.post(path, reason="key_exposed", kid=active).status_code == 400
    assert "立即吊销" not in security.get(f"/admin/keys/{active}").text


def test_nobody_else_revokes_and_a_stale_factor_does_not_either(house, signed_in):
    active = kid(house, "active")
    system, security = signed_in[Role.SYSTEM], signed_in[Role.SECURITY]
    assert "立即吊销" not in system.get(f"/admin/keys/{active}").text
    assert system.post(f"/admin/keys/{active}/revoke", reason="key_exposed", kid=active).status_code == 403
    clock.travel(timedelta(minutes=14))
    security.get("/admin/keys")
    answer = security.post(f"/admin/keys/{active}/revoke", reason="key_exposed", kid=active)
    assert answer.status_code != 303
    assert states(house)[active] == "active"
    assert security.get("/admin/keys/nobody").status_code == 404
