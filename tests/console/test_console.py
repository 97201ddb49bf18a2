"""The console: both factors, its roles, and what each may see and do."""

import itertools
import re
from datetime import timedelta

import pyotp
from sqlalchemy import select, text

from idp.admin import console, texts
from idp.audit.models import AuditEntry
from idp.audit.trail import SYSTEM
from idp.core import clock
from idp.core.identifiers import DocumentKind
from idp.realname import levels
from idp.staff import operators
from idp.staff.models import Role
from idp.staff.operators import NewOperator
from idp.staff.permissions import MATRIX, Permission
from idp.staff.sessions import OperatorSessions
from tests.console.house import ISSUER, Browser

HARMLESS = {Permission.HOME, Permission.TOKENS_OWN, Permission.STATISTICS_READ}


def test_every_route_has_a_rule_and_every_rule_a_route(house):
    routes = {rule.endpoint for rule in house.app.url_map.iter_rules() if rule.endpoint.startswith("admin.")}

    assert routes == set(console.RULES)
    assert {name for name, rule in console.RULES.items() if rule.permission is None} == {
        "admin.static", "admin.sign_in", "admin.sign_in_posted", "admin.enrol", "admin.enrolled",
    }  # fmt: skip


def test_a_route_without_a_rule_stays_shut(house, signed_in, monkeypatch):
    monkeypatch.delitem(console.RULES, "admin.clients")

    assert signed_in[Role.SYSTEM].get("/admin/clients").status_code == 403


def test_every_kind_of_document_has_a_name():
    assert set(texts.DOCUMENTS) == set(DocumentKind)


PAGES = {
    Role.SYSTEM: ["/admin/approvals", "/admin/accounts", "/admin/clients", "/admin/keys"],
    Role.SECURITY: ["/admin/policies", "/admin/keys", "/admin/approvals"],
    Role.AUDIT: ["/admin/audit", "/admin/audit/chain", "/admin/statistics"],
    Role.COUNTER: ["/admin/counter"],
    Role.DEPARTMENT: ["/admin/accounts", "/admin/clients", "/admin/approvals"],
}


def test_the_audit_role_changes_nothing_and_nobody_who_changes_anything_sees_the_trail():
    changes = {each for each in Permission if not each.endswith((".read", ".export")) and each not in HARMLESS}
    assert not MATRIX[Role.AUDIT] & changes
    for role, held in MATRIX.items():
        assert role is Role.AUDIT or Permission.AUDIT_READ not in held
    assert not MATRIX[Role.SYSTEM] & MATRIX[Role.AUDIT] - HARMLESS


def test_nobody_comes_in_without_signing_in(house):
    for path in [*itertools.chain(*PAGES.values()), f"/admin/accounts/{house.account_id}", "/admin/"]:
        answer = Browser(house).get(path)
        assert (answer.status_code, answer.location) == (303, "/admin/sign-in")


def test_wrong_password_wrong_code_and_unknown_login_look_the_same(house):
    who = house.staff[Role.SYSTEM]
    answers = [
        Browser(house).sign_in(who, password="wrong"),
        Browser(house).sign_in(who, otp="000000"),
        Browser(house).sign_in(NewOperator("x", "nobody", Role.AUDIT, "p", pyotp.random_base32())),
    ]

    assert {answer.status_code for answer in answers} == {400}
    assert len({re.sub(r'(value|data-options)="[^"]+"', "", answer.text) for answer in answers}) == 1


def test_a_code_works_once(house):
    who = house.staff[Role.SYSTEM]
    otp = pyotp.TOTP(who.totp_secret).generate_otp(clock.epoch() // 30)

    assert Browser(house).sign_in(who, otp=otp).status_code == 303
    assert Browser(house).sign_in(who, otp=otp).status_code == 400


def test_five_failures_lock_an_operator_for_a_while(house):
    who = house.staff[Role.SYSTEM]
    for _ in range(5):
        assert Browser(house).sign_in(who, password="wrong").status_code == 400

    assert Browser(house).sign_in(who).status_code == 400
    assert "operator.blocked" in house.acts()
    clock.travel(timedelta(minutes=31))
    assert Browser(house).sign_in(who).status_code == 303


def test_nobody_locks_an_operator_out_from_elsewhere(house):
    who = house.staff[Role.SYSTEM]
    mine = Browser(house)
    assert mine.sign_in(who).status_code == 303
    mine.get("/admin/accounts")
    assert mine.post("/admin/sign-out").status_code == 303
    clock.travel(timedelta(minutes=1))
    stranger = OperatorSessions(
        house.services.database, house.services.store, house.services.keyring, house.services.trail
    )
    for n in range(40):  # from many networks, until strangers have used up all they have
        assert stranger.sign_in(who.login, "wrong", "000000", address=f"10.9.{n}.1") is None
    for _ in range(5):  # and from the operator's own
        assert Browser(house).sign_in(who, password="wrong").status_code == 400
    elsewhere = pyotp.TOTP(who.totp_secret).generate_otp(clock.epoch() // 30)
    assert stranger.sign_in(who.login, who.password, elsewhere, address="10.10.0.1") is None
    assert mine.sign_in(who).status_code == 303


def test_one_network_does_not_lock_an_operator_out_of_another(house):
    who = house.staff[Role.SYSTEM]
    for _ in range(9):
        assert Browser(house).sign_in(who, password="wrong").status_code == 400
    door = OperatorSessions(house.services.database, house.services.store, house.services.keyring, house.services.trail)
    otp = pyotp.TOTP(who.totp_secret).generate_otp(clock.epoch() // 30)
    assert door.sign_in(who.login, who.password, otp, address="10.11.0.1") is not None


def test_a_session_ends_when_idle_when_old_when_signed_out_and_when_disabled(house, signed_in):
    system = signed_in[Role.SYSTEM]
    clock.travel(timedelta(minutes=14))
    assert system.get("/admin/accounts").status_code == 200
    clock.travel(timedelta(minutes=16))
    assert system.get("/admin/accounts").status_code == 303

    system.sign_in(house.staff[Role.SYSTEM])
    for _ in range(35):
        clock.travel(timedelta(minutes=14))
        answer = system.get("/admin/accounts")
    assert answer.status_code == 303

    assert system.sign_in(house.staff[Role.SYSTEM]).status_code == 303
    system.get("/admin/accounts")
    cookie = system.client.get_cookie("idp_operator")
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Strict"
    assert system.post("/admin/sign-out", action="confirm").status_code == 303
    system.client.set_cookie("idp_operator", cookie.value)
    assert system.get("/admin/accounts").status_code == 303

    clock.travel(timedelta(minutes=2))
    assert system.sign_in(house.staff[Role.SYSTEM]).status_code == 303
    everything = house.services
    with everything.database.transaction() as db:
        operators.add(
            db, everything.keyring, everything.trail, login="sample.other", role=Role.SYSTEM, actor=SYSTEM
        )  # so that one stays
        operators.disable(db, house.services.trail, house.staff[Role.SYSTEM].id, actor=SYSTEM)
    assert system.get("/admin/accounts").status_code == 303


def test_an_account_is_found_exactly_shown_masked_and_frozen_with_a_reason(house, signed_in):
    system = signed_in[Role.SYSTEM]
    system.get("/admin/accounts")
    assert system.post("/admin/accounts", identifier="1990000000").status_code == 404
    for wanted in ("199 0000 0001", "sampleone", house.account_id):
        answer = system.post("/admin/accounts", identifier=wanted)
        assert answer.location == f"/admin/accounts/{house.account_id}"
    shown = system.get(answer.location).text
    assert "199****0001" in shown
    assert "19900000001" not in shown
    assert "sampleone" not in shown

    assert system.post(answer.location, action="freeze", reason="because").status_code == 400
    assert system.post(answer.location, action="freeze", reason="reported_stolen", ticket="A-17").status_code == 303
    assert "已冻结" in system.get(answer.location).text
    assert system.post(answer.location, action="unfreeze", reason="owner_verified").status_code == 303
    assert "正常" in system.get(answer.location).text
    with house.services.database.view() as db:
        frozen = db.scalars(select(AuditEntry).where(AuditEntry.act == "account.frozen")).one()
    assert (frozen.actor_kind, frozen.actor_id) == ("operator", house.staff[Role.SYSTEM].id)
    assert frozen.details["reason"] == "reported_stolen:A-17"
    assert system.get("/admin/accounts/nobody").status_code == 404


def test_forms_without_the_token_are_refused(house, signed_in):
    system = signed_in[Role.SYSTEM]
    system.token = "forged"

    assert (
        system.post(f"/admin/accounts/{house.account_id}", action="freeze", reason="owner_request").status_code == 400
    )
    assert system.post("/admin/sign-out", action="confirm").status_code == 400


def test_the_trail_is_filtered_by_the_address_and_paged(house, signed_in):
    with house.services.database.transaction() as db:
        for _ in range(120):
            house.services.trail.record(
                db, "sign_in.failed", outcome="failure", account_id=house.account_id, method="password"
            )
    auditor = signed_in[Role.AUDIT]
    page, seen = auditor.get("/admin/audit?act=sign_in&outcome=failure").text, 0
    while True:
        seen += page.count('<code class="soft">sign_in.failed</code>')
        older = re.search(r'rel="next" href="([^"]+)"', page)
        if older is None:
            break
        page = auditor.get(older[1].replace("&amp;", "&")).text

    assert seen == 120
    assert "没有符合条件的记录" in auditor.get("/admin/audit?act=no.such&since=2026-99-99&before='%00").text


def test_the_chain_is_verified_on_screen_and_exported(house, signed_in):
    house.services.sealer.seal()
    auditor = signed_in[Role.AUDIT]
    auditor.get("/admin/audit/chain")
    assert auditor.post("/admin/audit/chain", action="confirm").status_code == 303
    assert "正在核验" in auditor.get("/admin/audit/chain").text
    house.services.verifications.run_due()
    assert "完整" in auditor.get("/admin/audit/chain").text
    with house.services.database.engine.begin() as connection:
        connection.execute(text("UPDATE audit_entries SET outcome = 'x' WHERE seq = 2"))
    auditor.post("/admin/audit/chain", action="confirm")
    house.services.verifications.run_due()
    assert "被修改" in auditor.get("/admin/audit/chain").text

    file = auditor.post("/admin/audit/export", since="2020-01-01", until="")
    assert file.mimetype == "application/x-ndjson"
    assert file.text.splitlines()[-1].startswith('{"type":"signature"')
    assert {"audit.verified", "audit.exported"} <= set(house.acts())


def test_pages_hold_nothing_inline_and_speak_both_languages(house, signed_in):
    for role, paths in PAGES.items():
        for path in paths:
            answer = signed_in[role].get(path)
            assert not re.search(r"<script(?![^>]* src=)", answer.text)
            assert " style=" not in answer.text
            assert " onclick" not in answer.text
            assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]
            english = signed_in[role].client.get(path, base_url=ISSUER, headers={"Accept-Language": "en"}).text
            main = re.sub(r"<[^>]+>", "", english.partition("<main")[2])
            main = main.replace(house.services.settings.brand_name, "")
            assert not re.search(r"[\u4e00-\u9fff]", main), (path, main)


def test_two_officers_take_a_case_from_its_code_to_a_proven_person(house, signed_in):
    everything = house.services
    with everything.database.transaction() as db:
        other = operators.add(
            db, everything.keyring, everything.trail, login="sample.counter2", role=Role.COUNTER, actor=SYSTEM
        )
    first, second = signed_in[Role.COUNTER], Browser(house)
    assert second.sign_in(other).status_code == 303
    code = everything.counter.open(house.account_id, client_id=None).code
    first.get("/admin/counter")
    shown = {"kind": "resident_id", "name": "测试乙", "number": "370199198503070025", "valid_until": "2045-01-01"}

    assert first.post("/admin/counter", code=code, **shown).status_code == 400  # nothing was compared
    assert "请填写每一项" in first.post("/admin/counter", code=code, compared="yes", **{**shown, "number": ""}).text
    unknown = first.post("/admin/counter", code="00000000", compared="yes", **shown)
    assert unknown.status_code == 404
    assert all(
        f'value="{typed}"' in unknown.text for typed in ("00000000", *list(shown.values())[1:])
    )  # nothing is lost
    assert first.post("/admin/counter", code=code, compared="yes", **shown).status_code == 303
    desk = second.get("/admin/counter").text
    [case] = re.findall(r'href="(/admin/counter/[0-9a-f]{32})"', desk)
    page = second.get(case).text
    assert "测*" in page or "测试*" in page
    assert "370199198503070025" not in page
    assert "复核必须由另一位核验员进行" in first.post(case, action="confirm", number_end="0025", compared="yes").text
    assert "末四位" in second.post(case, action="confirm", number_end="0026", compared="yes").text
    assert second.post(case, action="confirm", number_end="0025", compared="yes").status_code == 303
    with everything.database.view() as db:
        assert levels.ial_of(db, house.account_id, clock.now()) == 3
    assert second.get(case).status_code == 404
