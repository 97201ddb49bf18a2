"""The console: both factors, three roles, and what each may see and do."""

import itertools
import logging
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import flask
import pyotp
import pytest
import structlog
from flask.testing import FlaskClient
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from idp.admin import console, operators, texts
from idp.admin.models import Role
from idp.admin.operators import NewOperator
from idp.admin.sessions import OperatorSessions
from idp.app import create_app
from idp.audit.models import AuditEntry
from idp.audit.trail import SYSTEM
from idp.config import Settings
from idp.core import clock, ids
from idp.core.identifiers import DocumentKind
from idp.core.secret import Secret
from idp.edge.services import Services
from idp.oidc.jwt import keys
from idp.realname import levels
from tests.contract.durable import durable, sqlite_url

ISSUER = "http://localhost:8000"


@dataclass
class Console:
    """One application and its three operators."""

    app: flask.Flask
    staff: dict[Role, NewOperator]
    account_id: str

    @property
    def services(self) -> Services:
        everything: Services = self.app.extensions["idp"]
        return everything

    def acts(self) -> list[str]:
        with self.services.database.view() as db:
            return list(db.scalars(select(AuditEntry.act).order_by(AuditEntry.id)))


class Browser:
    """A browser at the console: keeps cookies, finds the form token of the page it is on."""

    def __init__(self, house: Console) -> None:
        self.client: FlaskClient = house.app.test_client()
        self.token = ""

    def get(self, path: str) -> TestResponse:
        return self._seen(self.client.get(path, base_url=ISSUER))

    def post(self, path: str, **form: str) -> TestResponse:
        return self._seen(self.client.post(path, data={"csrf_token": self.token, **form}, base_url=ISSUER))

    def sign_in(self, who: NewOperator, *, password: str | None = None, otp: str | None = None) -> TestResponse:
        self.get("/admin/sign-in")
        otp = otp or pyotp.TOTP(who.totp_secret).generate_otp(clock.epoch() // 30)
        return self.post("/admin/sign-in", identifier=who.login, password=password or who.password, otp=otp)

    def _seen(self, answer: TestResponse) -> TestResponse:
        if found := re.search(r'name="csrf_token" value="([^"]+)"', answer.text):
            self.token = found[1]
        return answer


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Console]:
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    master = secrets.token_bytes(32)
    url = sqlite_url(tmp_path)
    with durable(url, master_key=master) as made, made.database.transaction() as db:
        keys.ensure(db, made.keyring, made.trail)
    app = create_app(
        Settings(
            issuer=ISSUER, database_url=url, master_key=Secret(ids.base64url(master)), log_level="ERROR", counter=True
        )
    )
    everything: Services = app.extensions["idp"]
    with everything.database.transaction() as db:
        staff = {
            role: operators.add(
                db, everything.keyring, everything.trail, login=f"sample.{role}", role=role, actor=SYSTEM
            )
            for role in Role
        }
        account_id = everything.accounts.register(
            db,
            phone="19900000001",
            username="sampleone",
            password_hash=None,
            agreements={},
            locale="zh_CN",
            channel="test",
        )
    yield Console(app, staff, account_id)
    clock.travel_home()
    everything.database.engine.dispose()
    root.handlers, root.level = handlers, level
    structlog.configure(**configured)


@pytest.fixture
def signed_in(house: Console) -> dict[Role, Browser]:
    browsers = {role: Browser(house) for role in Role}
    for role, browser in browsers.items():
        assert browser.sign_in(house.staff[role]).status_code == 303
    return browsers


def test_every_route_has_a_rule_and_every_rule_a_route(house):
    routes = {rule.endpoint for rule in house.app.url_map.iter_rules() if rule.endpoint.startswith("admin.")}

    assert routes == set(console.RULES)
    assert {name for name, rule in console.RULES.items() if rule is None} == {
        "admin.static", "admin.sign_in", "admin.sign_in_posted",
    }  # fmt: skip


def test_a_route_without_a_rule_stays_shut(house, signed_in, monkeypatch):
    monkeypatch.delitem(console.RULES, "admin.clients")

    assert signed_in[Role.SYSTEM].get("/admin/clients").status_code == 403


def test_every_kind_of_document_has_a_name():
    assert set(texts.DOCUMENTS) == set(DocumentKind)


PAGES = {
    Role.SYSTEM: ["/admin/accounts", "/admin/clients"],
    Role.SECURITY: ["/admin/policies", "/admin/keys"],
    Role.AUDIT: ["/admin/audit", "/admin/audit/chain"],
    Role.COUNTER: ["/admin/counter"],
}


@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_its_own_pages_and_no_others(house, signed_in, role):
    for owner, paths in PAGES.items():
        for path in paths:
            assert signed_in[role].get(path).status_code == (200 if owner is role else 403), path
    assert signed_in[role].get("/admin/").status_code == 303


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
    assert len({re.sub(r'value="[^"]+"', "", answer.text) for answer in answers}) == 1


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
    with house.services.database.transaction() as db:
        operators.disable(db, house.services.trail, "sample.system", actor=SYSTEM)
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
        seen += page.count("sign_in.failed</code>")
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
    assert "完整" in auditor.post("/admin/audit/chain", action="confirm").text
    with house.services.database.engine.begin() as connection:
        connection.execute(text("UPDATE audit_entries SET outcome = 'x' WHERE seq = 2"))
    assert "被修改" in auditor.post("/admin/audit/chain", action="confirm").text

    file = auditor.post("/admin/audit/export", since="2020-01-01", until="")
    assert file.mimetype == "application/x-ndjson"
    assert file.text.splitlines()[-1].startswith('{"type":"signature"')
    assert {"audit.verified", "audit.exported"} <= set(house.acts())


def test_pages_hold_nothing_inline_and_speak_both_languages(house, signed_in):
    for role, paths in PAGES.items():
        for path in paths:
            answer = signed_in[role].get(path)
            assert "<script" not in answer.text
            assert " style=" not in answer.text
            assert " onclick" not in answer.text
            assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]
            english = signed_in[role].client.get(path, base_url=ISSUER, headers={"Accept-Language": "en"}).text
            main = re.sub(r"<[^>]+>", "", english.partition("<main")[2])
            main = main.replace(house.services.settings.brand_name, "")
            assert not re.search(r"[\u4e00-\u9fff]", main), (path, main)


def test_every_word_of_the_console_has_its_english():
    folder = Path(console.__file__).parent
    said = set()
    for file in folder.glob("templates/admin/*.html"):
        said |= set(re.findall(r'_\("([^"]+)"\)', file.read_text(encoding="utf-8")))
        said |= set(re.findall(r"_\('([^']+)'\)", file.read_text(encoding="utf-8")))
    for names in (
        texts.ROLES,
        texts.ACTORS,
        texts.STATES,
        texts.BASES,
        texts.REASONS,
        texts.PROBLEMS,
        dict(texts.FILTERS),
    ):
        said |= set(names.values())
    said |= {label for _, label, _ in console.NAVIGATION}

    assert said - set(texts.ENGLISH) == set()


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
