"""Programs ask for sensitive acts, their operator confirms: refused as the console would, done once, seen by no token."""

import re
from datetime import timedelta

from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.accounts.models import Account
from idp.admin import account_page, console
from idp.admin.api import asking, door
from idp.audit.models import AuditEntry
from idp.core import clock
from idp.oidc.registration import clients
from idp.staff import confirmations
from idp.staff.models import Approval, Confirmation, Operator, Role
from idp.staff.permissions import MATRIX, Permission
from tests.console import samples
from tests.console.house import ISSUER, Browser, Console
from tests.console.test_api import Program
from tests.console.test_confirming import code

NOT_ASKED = {
    "approval_decided": "the second person's own judgement is what the act consists of",
    "authenticator_chosen": "an operator's own factors",
    "passkey_added": "an operator's own factors",
    "passkey_changed": "an operator's own factors",
    "token_made": "no token makes tokens",
    "confirmation_confirmed": "the confirmation itself",
    "review_worked": "a claim is answered at once over the API; the papers open in the console",
}
READ = {
    "accounts": "accounts", "account": "account", "approvals": "approvals", "approval": "approval", "audit": "audit",
    "audit_entry": "audit_entry_shown", "auditors": "auditors_watched", "chain": "audit_chain", "clients": "clients",
    "client": "client", "client_deliveries": "client_sent", "confirmations": "confirmations_asked",
    "confirmation": "confirmation_asked", "exports": "approvals", "export_ready": "approval", "imports": "imports",
    "import_shown": "import_shown", "keys": "keys", "key": "keys", "key_rotation": "key_rotation_planned",
    "policies": "policies", "policy": "policy", "policy_version": "policy_versions", "releases": "releases",
    "release": "release", "reviews": "reviews", "sources": "sources", "source": "source_week",
    "sources_history": "source_versions", "staff": "operators", "staff_member": "operator_shown",
    "staff_approved": "approval", "statistics": "statistics", "statistics_file": "statistics",
    "deliveries": "client_sent", "emergencies": "emergencies", "import_report": "import_shown",
}  # fmt: skip
"""The pages of the console, and where a program reads the same."""
NOT_READ = {
    "home": "counts of what the lists themselves answer",
    "account_act": "a form", "account_level": "a form", "client_secret": "a form", "staff_new": "a form",
    "sources_change": "a form; the difference is shown to who confirms",
    "review": "what a citizen wrote is read by a person, on record", "review_paper": "so is the paper",
    "counter": "an officer at a counter, with the person in front of them", "counter_case": "the same",
    "me": "an operator's own factors and sessions", "password": "own", "authenticator": "own", "passkey_new": "own",
    "tokens": "no token looks after tokens", "confirm": "a factor", "resume": "a session that ran out",
    "sign_in": "the way in", "enrol": "the way in", "static": "no data",
}  # fmt: skip
"""Pages without a counterpart, and why."""
UNMASK = {"field": "phone", "reason": "handling_request", "ticket": "A-1"}


BODIES: dict[str, object] = {
    "account_act_asked": {"reason": "owner_request"},
    "account_raise_asked": {"ial": 1, "days": 30, "reason": "register_outdated", "ticket": "A-1"},
    "account_unmask_asked": UNMASK,
    "import_move_asked": {"action": "start"},
    "export_asked": {"fields": ["phone"], "reason": "inspection", "ticket": "A-1"},
    "export_fetch_asked": None,
    "review_decision_asked": {"action": "approve"},
    "client_state_asked": {"action": "disable", "reason": "put_right"},
    "client_terms_asked": {"serves": "both"},
    "client_undo_asked": {"number": 1},
    "client_owner_asked": {"uscc": "113701990000000070"},
    "client_secret_wanted": {"reason": "secret_lost"},
    "client_secret_take_asked": {"approval": samples.MISSING},
    "release_decision_asked": {"action": "return", "remark": "x"},
    "policy_asked": {"base": 1, "reason": "operations"},
    "sources_change_asked": {"base": 0, "do": "off", "source": "x", "reason": "source_cost"},
    "key_rotation_wanted": {"reason": "key_routine"},
    "key_revocation_asked": {"reason": "key_exposed"},
    "audit_export_asked": {},
    "operator_asked": {"login": "li.wei", "role": "counter", "reason": "new_duty"},
    "operator_duty_asked": {"role": "counter", "reason": "new_duty"},
    "operator_link_asked": {"reason": "lost_factor"},
    "operator_end_asked": None,
    "operator_link_take_asked": None,
}
"""A body for each route by which programs ask."""


def asked(house: Console, role: Role, path: str, body: object = None) -> tuple[Program, dict]:
    program = Program(house, role)
    answer = program.call("POST", path, body)
    assert answer.status_code == 202, answer.text
    return program, answer.json


def confirm(browser: Browser, made: dict, **form: str) -> TestResponse:
    place = made["confirm_at"].removeprefix(ISSUER)
    browser.get(place)
    return browser.post(place, action="confirm", **form)


def site(house: Console, client_id: str = "site-one") -> str:
    everything = house.services
    said = {
        "client_name": "示例",
        "client_uri": "https://one.example",
        "initiate_login_uri": "https://one.example/in",
        "redirect_uris": ["https://one.example/cb"],
    }
    with everything.database.transaction() as db:
        clients.register(db, everything.trail, said, keyring=everything.keyring, client_id=client_id)
    return client_id


def test_every_act_that_wants_a_fresh_factor_is_asked_for_by_programs_or_has_a_reason(house):
    fresh = {name.removeprefix("admin.") for name, rule in console.RULES.items() if rule.is_fresh}
    reached = set(asking.ACTS.values())

    assert fresh - reached == set(NOT_ASKED)
    assert reached <= fresh
    for route, act in asking.ACTS.items():
        assert door.RULES[route].permission is console.RULES[f"admin.{act}"].permission, route


def test_every_page_of_the_console_is_read_by_programs_or_has_a_reason(house):
    pages = {
        rule.endpoint.removeprefix("admin.")
        for rule in house.app.url_map.iter_rules()
        if rule.endpoint.startswith("admin.") and "GET" in (rule.methods or ())
    }
    assert pages - set(READ) == set(NOT_READ)
    assert {f"{door.bp.name}.{each}" for each in READ.values()} <= set(door.RULES)


def test_whoever_may_not_reach_something_asks_about_nothing(house):
    """Asked about what lies elsewhere, every route answers as about what does not exist, and to no role more than its console."""
    here, there = (
        samples.build(house, region, asked_by=house.staff[Role.SYSTEM].id) for region in ("370100", "370200")
    )
    with house.services.database.transaction() as db:
        db.get_one(Operator, house.staff[Role.DEPARTMENT].id).region = here.region
    narrow, body, asked_about = Program(house, Role.DEPARTMENT), dict(BODIES), set()
    for rule in house.app.url_map.iter_rules():
        if rule.endpoint not in asking.ACTS:
            continue
        given, name = body.pop(rule.endpoint.removeprefix("admin_api.")), rule.endpoint
        named = set(rule.arguments) & set(samples.OF_REGION)
        if door.RULES[name].permission not in MATRIX[Role.DEPARTMENT] or not named:
            continue
        answers = []
        for of in (there.of, {}):
            values = {each: of.get(each, samples.ELSEWHERE.get(each, samples.MISSING)) for each in rule.arguments}
            path = rule.build(values, append_unknown=False)
            assert path is not None
            answer = narrow.call("POST", path[1].removeprefix(door.PREFIX), given)
            answers.append((answer.status_code, {**answer.json, "trace_id": ""}))
        assert answers[0] == answers[1], name
        assert answers[0][0] == (409 if name.endswith("secret_take_asked") else 404), (name, answers)
        asked_about.add(name)
    assert body == {}
    assert len(asked_about) >= 4


def test_what_is_read_of_the_service_is_what_the_console_shows(house, signed_in):
    system, security, audit = (Program(house, role) for role in (Role.SYSTEM, Role.SECURITY, Role.AUDIT))
    here = samples.build(house, "370100", asked_by=house.staff[Role.SYSTEM].id)
    [listed] = system.get("/releases").json["releases"]
    told = system.get(f"/releases/{listed['id']}").json
    assert (told["client_id"], told["check"]) == (here.of["client_id"], None)
    assert {each["path"] for each in told["changes"]} == {"release_basis", "response_types"}
    assert system.get(f"/clients/{here.of['client_id']}/versions").json["versions"][0]["number"] == 1
    assert system.get(f"/clients/{here.of['client_id']}/deliveries").json == {"deliveries": [], "next": None}
    assert system.call("POST", f"/clients/{here.of['client_id']}/deliveries/{'0' * 32}/again").status_code >= 400
    assert security.get("/policies").json["policies"][0]["version"] == 1
    assert security.get("/policies/password/versions").json["next"] is None
    assert {step["after"] for step in security.get("/keys/rotation").json["steps"]} >= {"active", "retired"}
    assert system.get("/sources/history").json == {"versions": [], "next": None}
    assert security.get(f"/operators/{house.staff[Role.AUDIT].id}").json["role"] == "audit"
    assert audit.call("POST", "/audit/find", {"kind": "phone", "who": "19900000001"}).json["found"][0]["id"]
    assert audit.call("POST", "/audit/find", {"kind": "phone", "who": "19900000009"}).json == {"found": []}
    assert audit.call("POST", "/audit/chain").status_code == 200
    assert audit.get("/audit/chain").json["readings"][0]["state"] == "open"
    entry = audit.get("/audit?act=audit.person_sought").json["entries"][0]
    assert audit.get(f"/audit/entries/{entry['id']}").json["act"] == "audit.person_sought"
    assert "audit.person_sought" in {each["act"] for each in security.get("/auditors").json["entries"]}


def test_nothing_is_done_before_the_operator_says_so_and_then_it_is_done_once(house, signed_in):
    client_id = site(house)
    body = {"action": "disable", "reason": "site_compromised"}
    program, made = asked(house, Role.SYSTEM, f"/clients/{client_id}/state", body)
    assert (made["state"], made["act"], made["arguments"]) == ("waiting", "client_state", {"client_id": client_id})
    assert program.get(f"/clients/{client_id}").json["state"] == "active"
    again = program.call("POST", f"/clients/{client_id}/state", body)
    assert again.json["id"] == made["id"]
    assert again.headers["Location"] == f"{ISSUER}{door.PREFIX}/confirmations/{made['id']}"
    assert not [act for act in house.acts() if act.startswith("client.disabled")]

    browser = signed_in[Role.SYSTEM]
    page = browser.get(made["confirm_at"].removeprefix(ISSUER)).text
    assert "变更应用的状态" in page
    assert "应用被入侵或密码泄露" in page
    assert "program" in page
    assert confirm(browser, made).location == f"/admin/clients/{client_id}?done=disable"
    assert program.get(f"/clients/{client_id}").json["state"] == "disabled"
    done = program.get(f"/confirmations/{made['id']}").json
    assert (done["state"], done["failure"], done["approval"]) == ("done", None, None)
    assert confirm(browser, made).status_code == 409
    acts = house.acts()
    assert acts.index("confirmation.asked") < acts.index("confirmation.confirmed")
    assert acts.count("confirmation.confirmed") == 1


def test_what_the_console_would_refuse_is_refused_at_once(house):
    program = Program(house, Role.SYSTEM)
    client_id = site(house)
    place = f"/accounts/{house.account_id}"
    wrong = program.call("POST", f"{place}/unmask", UNMASK | {"reason": "because"})
    assert (wrong.status_code, wrong.json["code"]) == (422, "invalid")
    assert program.call("POST", f"/accounts/{'0' * 32}/unmask", UNMASK).status_code == 404
    assert program.call("POST", f"{place}/unmask", UNMASK | {"field": "document"}).status_code == 400  # it has none
    level = {"ial": 1, "days": 30, "reason": "register_outdated", "ticket": "A-1"}
    nobody = program.call("POST", f"{place}/level", level)
    assert (nobody.status_code, nobody.json["code"]) == (409, "account.nobody_proven")
    taken = program.call(
        "POST", "/operators", {"login": "sample.system", "role": "counter", "region": "370100", "reason": "new_duty"}
    )
    assert taken.json["code"] == "staff.login_taken", taken.text
    same = program.call("POST", f"/clients/{client_id}/terms", {"serves": "people"})
    assert (same.status_code, same.json["errors"]) == (422, ["release_basis, serves, level_scale: as they are already"])
    nothing = program.call(
        "POST", "/exports", {"fields": ["phone"], "region": "110000", "reason": "inspection", "ticket": "A-1"}
    )
    assert (nothing.status_code, nothing.json["errors"]) == (422, ["没有符合条件的账户。请放宽条件再试。"])
    security = Program(house, Role.SECURITY)
    weak = security.call("POST", "/policies/password", {"base": 1, "values": {"min_length": 2}, "reason": "operations"})
    assert weak.json["errors"] == ["min_length: bounds"]
    assert security.call("POST", "/policies/nothing", {"base": 1, "reason": "operations"}).status_code == 404
    with house.services.database.view() as db:
        assert db.scalars(select(Confirmation)).all() == []
    assert not [act for act in house.acts() if act.startswith("confirmation.")]


def test_what_is_shown_once_is_shown_to_the_person(house, signed_in):
    program, made = asked(house, Role.SYSTEM, f"/accounts/{house.account_id}/unmask", UNMASK)
    assert "19900000001" not in program.get(f"/accounts/{house.account_id}").text
    answer = confirm(signed_in[Role.SYSTEM], made)
    assert answer.status_code == 303
    assert "19900000001" in signed_in[Role.SYSTEM].get(answer.location).text
    for path in (f"/accounts/{house.account_id}", f"/confirmations/{made['id']}", "/confirmations"):
        assert "19900000001" not in program.get(path).text


def test_what_is_only_asked_for_uses_up_none_of_what_its_operator_may(house, signed_in, monkeypatch):
    monkeypatch.setattr(account_page, "_UNMASKED", (1, 3600))
    for _ in range(3):
        program, made = asked(house, Role.SYSTEM, f"/accounts/{house.account_id}/unmask", UNMASK)
    assert confirm(signed_in[Role.SYSTEM], made).status_code == 303
    _, other = asked(house, Role.SYSTEM, f"/accounts/{house.account_id}/unmask", UNMASK | {"ticket": "A-2"})
    assert confirm(signed_in[Role.SYSTEM], other).status_code == 429
    assert program.get(f"/confirmations/{other['id']}").status_code == 404  # of another token


def test_what_needs_two_people_becomes_a_request_of_the_operator(house, signed_in):
    program, made = asked(house, Role.SYSTEM, "/keys/rotation", {"reason": "key_routine"})
    browser = signed_in[Role.SYSTEM]
    assert confirm(browser, made).status_code == 400  # the person says that they know what follows
    answer = confirm(browser, made, sure="yes")
    done = program.get(f"/confirmations/{made['id']}").json
    assert answer.location == f"/admin/approvals/{done['approval']['id']}"
    assert (done["state"], done["approval"]["state"]) == ("done", "open")
    with house.services.database.view() as db:
        assert db.get_one(Approval, done["approval"]["id"]).asked_by == house.staff[Role.SYSTEM].id


def test_a_rotation_is_asked_for_with_a_time_as_in_the_console(house, signed_in):
    at = (clock.now() + timedelta(hours=30)).replace(second=0, microsecond=0)
    body = {"reason": "key_routine", "not_before": at.isoformat()}
    for wrong in (at - timedelta(days=2), at + timedelta(days=90), at.replace(tzinfo=None)):
        refused = Program(house, Role.SYSTEM).call("POST", "/keys/rotation", body | {"not_before": wrong.isoformat()})
        assert refused.status_code == 422
    _program, made = asked(house, Role.SYSTEM, "/keys/rotation", body)
    browser, shown = signed_in[Role.SYSTEM], at.astimezone(clock.BEIJING).strftime("%Y-%m-%d %H:%M")
    assert shown in browser.get(made["confirm_at"].removeprefix(ISSUER)).text
    assert shown in browser.get(confirm(browser, made, sure="yes").location).text


def test_a_policy_is_shown_as_a_difference_and_one_that_moved_meanwhile_fails(house, signed_in):
    body = {"base": 1, "values": {"min_length": 12}, "reason": "operations"}
    program, made = asked(house, Role.SECURITY, "/policies/password", body)
    _, other = asked(house, Role.SECURITY, "/policies/password", body | {"values": {"min_length": 14}})
    page = signed_in[Role.SECURITY].get(made["confirm_at"].removeprefix(ISSUER)).text
    assert re.search(r"密码最短长度.*<del>8 个字符</del>.*<ins>12 个字符</ins>", page, re.DOTALL)

    assert confirm(signed_in[Role.SECURITY], made).location == "/admin/policies/password?done=published"
    assert program.get("/policies/password").json["values"]["min_length"] == 12
    late = confirm(signed_in[Role.SECURITY], other)
    assert late.status_code == 409
    with house.services.database.view() as db:
        row = db.get_one(Confirmation, other["id"])
        assert (row.state, row.failure, row.form_sealed) == ("failed", "policy_moved", None)
    assert "confirmation.failed" in house.acts()


def test_a_stale_session_shows_a_factor_first_and_a_refusal_takes_none(house, signed_in):
    _, made = asked(house, Role.SYSTEM, f"/accounts/{house.account_id}/acts/reverify", {"reason": "evidence_doubtful"})
    browser, place = signed_in[Role.SYSTEM], made["confirm_at"].removeprefix(ISSUER)
    clock.travel(timedelta(minutes=11))
    page = confirm(browser, made)
    assert "<strong>确认程序请求的操作：要求重新核验</strong>" in page.text
    assert "confirm_otp" in page.text
    assert browser.post(place, action="confirm", confirm_otp=code(house, Role.SYSTEM)).status_code == 303
    _, other = asked(house, Role.SYSTEM, f"/accounts/{house.account_id}/acts/sessions", {"reason": "owner_request"})
    clock.travel(timedelta(minutes=11))
    browser.get("/admin/confirmations")
    refused = browser.post(f"{other['confirm_at'].removeprefix(ISSUER)}/refuse", action="refuse")
    assert refused.location == "/admin/confirmations"
    assert "account.sessions_ended" not in house.acts()


def test_it_is_dead_with_its_token_its_operator_and_its_day(house, signed_in):
    path, body = f"/accounts/{house.account_id}/acts/sessions", {"reason": "owner_request"}
    browser = signed_in[Role.SYSTEM]
    program, made = asked(house, Role.SYSTEM, path, body)
    browser.get("/admin/tokens")
    browser.post(f"/admin/tokens/{program.token.id}")
    assert "令牌已失效" in browser.get("/admin/confirmations").text
    assert confirm(browser, made).status_code == 409

    _, late = asked(house, Role.SYSTEM, path, body)
    clock.travel(confirmations.WAITS + timedelta(minutes=1))
    with house.services.database.transaction() as db:
        assert asking_room(house).expire(db) == 2
    browser.sign_in(house.staff[Role.SYSTEM])
    assert confirm(browser, late).status_code == 409
    assert "account.sessions_ended" not in house.acts()
    assert house.acts().count("confirmation.expired") == 2

    _, lost = asked(house, Role.SYSTEM, path, body)
    with house.services.database.transaction() as db:
        db.get_one(Operator, house.staff[Role.SYSTEM].id).role = Role.DEPARTMENT.value
        db.get_one(Operator, house.staff[Role.SYSTEM].id).region = "370200"
        db.get_one(Account, house.account_id).region = "370100"
    assert confirm(browser, lost).status_code == 404  # out of reach, as if there were no such account
    assert "account.sessions_ended" not in house.acts()


def test_nobody_else_sees_or_settles_it_and_only_so_many_wait(house, signed_in, monkeypatch):
    monkeypatch.setattr(confirmations, "MOST", 2)
    program, made = asked(
        house, Role.SYSTEM, f"/accounts/{house.account_id}/acts/sessions", {"reason": "owner_request"}
    )
    other = Program(house, Role.SYSTEM)
    assert other.get(f"/confirmations/{made['id']}").status_code == 404
    assert other.call("POST", f"/confirmations/{made['id']}/withdraw").status_code == 409
    security, place = signed_in[Role.SECURITY], made["confirm_at"].removeprefix(ISSUER)
    assert security.get(place).status_code == 404
    security.get("/admin/confirmations")
    assert security.post(place, action="confirm").status_code == 404
    assert security.post(f"{place}/refuse").status_code == 404

    assert program.call("POST", f"/accounts/{house.account_id}/unmask", UNMASK).status_code == 202
    full = program.call("POST", "/keys/rotation", {"reason": "key_routine"})
    assert (full.status_code, full.json["code"]) == (409, "confirmation.too_many")
    assert program.call("POST", f"/confirmations/{made['id']}/withdraw").status_code == 200
    assert program.get(f"/confirmations/{made['id']}").json["state"] == "withdrawn"
    assert program.call("POST", "/keys/rotation", {"reason": "key_routine"}).status_code == 202


def test_the_trail_says_what_was_asked_in_ids_and_codes(house):
    asked(house, Role.SYSTEM, f"/accounts/{house.account_id}/unmask", UNMASK)
    with house.services.database.view() as db:
        [entry] = db.scalars(select(AuditEntry).where(AuditEntry.act == "confirmation.asked"))
    assert entry.actor_id == house.staff[Role.SYSTEM].id
    assert entry.details["sensitive_act"] == "account_unmasked"
    assert entry.details["arguments"] == [house.account_id]


def test_a_token_asks_for_nothing_that_it_was_not_made_for(house):
    narrow = Program(house, Role.SYSTEM, {Permission.ACCOUNTS_READ.value})
    assert narrow.call("POST", f"/accounts/{house.account_id}/unmask", UNMASK).status_code == 403


def asking_room(house: Console) -> confirmations.Confirmations:
    return confirmations.Confirmations(house.services.keyring, house.services.trail)
