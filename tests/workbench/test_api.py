"""The departments' API: what the workbench does, by a token of one of its people, for one department and while that holds."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import func, select

from idp.accounts.models import Account
from idp.audit.models import AuditEntry
from idp.audit.trail import SYSTEM, Actor
from idp.core import clock, ids
from idp.edge import described
from idp.mandates.models import Mandate
from idp.oidc.models import Client
from idp.outbox.models import OutboxMessage
from idp.sites import configuration, versions
from idp.sites.models_tokens import DeveloperToken
from idp.sites.releases import Granted
from idp.sites.tokens import Scope
from idp.staff import operators
from idp.staff.models import Role
from idp.workbench.api import door
from tests.web.conftest import ISSUER
from tests.workbench.conftest import DAY

SAID = {
    "client_name": "样例办事系统", "client_uri": "https://sample.example.gov.cn", "about": "办理样例事项",
    "initiate_login_uri": "https://sample.example.gov.cn/sign-in", "redirect_uris": ["https://sample.example.gov.cn/cb"],
    "scope": "openid", "token_endpoint_auth_method": "client_secret_basic",
}  # fmt: skip
ALL = frozenset(Scope)


class Program:
    """A program of a department, by a token of one of its people."""

    def __init__(self, departments, who, department, scopes=ALL, *, days=30):
        self.departments = departments
        self.http = departments.centre.app.test_client()
        everything = departments.services
        with everything.database.transaction() as db:
            self.token = everything.sites.tokens.make(
                db, who.account_id, department.id, name="ci", scopes=[each.value for each in scopes], days=days
            )

    def call(self, method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.open(
            f"{door.PREFIX}{path}", method=method, base_url=ISSUER, json=body,
            headers={"Authorization": f"Bearer {self.token.secret}", **headers},
        )  # fmt: skip

    def get(self, path):
        return self.call("GET", path)

    def register(self, **changed):
        answer = self.call("POST", "/sites", {"registration": SAID | changed})
        assert answer.status_code == 201, answer.text
        return answer.json["client_id"]


@pytest.fixture
def program(departments, chief, department):
    return Program(departments, chief, department)


@pytest.fixture
def site(program):
    return program.register()


def routes(centre):
    """Every route of the API from the router: method, rule, endpoint."""
    for rule in centre.app.url_map.iter_rules():
        if rule.endpoint.startswith("workbench_api.") and rule.endpoint != door.api.open_endpoint:
            for method in rule.methods & {"GET", "POST", "PUT", "DELETE"}:
                yield method, rule, rule.endpoint


def address(rule, client_id):
    values = dict.fromkeys(rule.arguments, "0" * 32) | {"client_id": client_id}
    if "number" in rule.arguments:
        values["number"] = 1
    built = rule.build(values, append_unknown=False)
    assert built is not None
    return built[1].removeprefix(door.PREFIX)


def statuses(program, centre, client_id):
    """How each route is answered, with nothing fitting in the body."""
    return {
        (method, endpoint): program.call(method, address(rule, client_id), None if method == "GET" else {}).status_code
        for method, rule, endpoint in routes(centre)
    }


def test_the_document_describes_every_route_and_every_route_has_a_scope(centre):
    answer = centre.app.test_client().get(f"{door.PREFIX}/openapi.json", base_url=ISSUER)
    document = answer.json
    described = {
        (method.upper(), re.sub(r"{(\w+)}", r"<\1>", path))
        for path, verbs in document["paths"].items()
        for method in verbs
    }
    assert document["openapi"].startswith("3.1")
    assert described == {(method, re.sub(r"<[^>]*:(\w+)>", r"<\1>", rule.rule)) for method, rule, _ in routes(centre)}
    assert {endpoint for _, _, endpoint in routes(centre)} == set(door.RULES)
    assert {rule.scope for rule in door.RULES.values()} == set(Scope)
    for method, _, endpoint in routes(centre):
        assert door.RULES[endpoint].changes is (method != "GET")
    assert document["security"] == [{"developerToken": []}]
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_no_route_opens_without_a_token_that_is_good_now(centre, departments, chief, department, site):
    agent = departments.person()
    mandate = departments.mandate(department, chief, agent)
    withdrawn, revoked, expired, lapsed = (
        Program(departments, agent, department, days=2 if n == 2 else 30) for n in range(4)
    )
    nobody = Program(departments, chief, department)
    nobody.token = type(nobody.token)("", "idpd_" + "A" * 43)
    assert {*statuses(nobody, centre, site).values()} == {401}
    tokens = departments.services.sites.tokens
    with departments.services.database.transaction() as db:
        assert tokens.revoke(db, chief.account_id, revoked.token.id)
    assert {*statuses(revoked, centre, site).values()} == {401}
    assert withdrawn.get("/sites").status_code == 200
    departments.level(agent.account_id, 1)
    assert {*statuses(lapsed, centre, site).values()} == {401}
    departments.level(agent.account_id, 2)
    departments.change(Mandate, mandate, ended_at=clock.now())
    assert {*statuses(withdrawn, centre, site).values()} == {401}
    departments.mandate(department, chief, agent)
    assert withdrawn.get("/sites").status_code == 401  # another mandate does not wake it
    clock.travel(3 * DAY)
    assert {*statuses(expired, centre, site).values()} == {401}
    for headers in ({}, {"Authorization": f"Basic {expired.token.secret}"}, {"Authorization": "Bearer "}):
        answer = expired.http.get(f"{door.PREFIX}/sites", base_url=ISSUER, headers=headers)
        assert (answer.status_code, answer.json["code"], answer.mimetype) == (
            401, "unauthorized", "application/problem+json",
        )  # fmt: skip
        assert (answer.headers["WWW-Authenticate"], answer.headers["Cache-Control"]) == ("Bearer", "no-store")


def test_another_departments_site_is_answered_like_none_at_every_route(centre, departments, chief, site):
    stranger = departments.person()
    theirs = Program(departments, stranger, departments.department(stranger))
    hidden, missing = statuses(theirs, centre, site), statuses(theirs, centre, "0" * 32)
    assert hidden == missing
    assert {status for (_, endpoint), status in hidden.items() if endpoint != "workbench_api.sites"} <= {404, 422}
    for method, rule, _ in routes(centre):
        if "client_id" not in rule.arguments or method != "GET":
            continue
        days = "?since=2026-01-01&until=2026-01-02" if rule.rule.endswith("/statistics") else ""
        told = [theirs.get(address(rule, each) + days) for each in (site, "0" * 32)]
        assert [each.status_code for each in told] == [404, 404], rule.rule
        assert {**told[0].json, "trace_id": ""} == {**told[1].json, "trace_id": ""}
    both = departments.department(chief)  # of the same person, and yet not of this token
    assert Program(departments, chief, both).get(f"/sites/{site}").status_code == 404
    with departments.services.database.view() as db:
        assert db.get_one(Client, site).state == "active"


@pytest.mark.parametrize("scope", list(Scope))
def test_a_token_comes_through_exactly_the_doors_of_its_scope(centre, departments, chief, department, site, scope):
    narrow = Program(departments, chief, department, [scope])
    for (method, endpoint), status in statuses(narrow, centre, "0" * 32).items():
        assert (status == 403) is (door.RULES[endpoint].scope is not scope), (method, endpoint)


def test_a_cookie_of_the_workbench_is_no_token(chief, site):
    assert chief.visitor.get(f"{door.PREFIX}/sites").status == 401


def test_what_ends_the_trust_in_an_account_ends_its_tokens_for_good(departments, chief, department):
    everything, agent = departments.services, departments.person()
    departments.mandate(department, chief, agent)
    frozen = Program(departments, agent, department)
    assert frozen.get("/sites").status_code == 200
    with everything.database.transaction() as db:
        everything.lifecycle.freeze(db, agent.account_id, actor=SYSTEM, reason="test")
    assert frozen.get("/sites").status_code == 401
    with everything.database.transaction() as db:
        everything.lifecycle.unfreeze(db, agent.account_id, actor=SYSTEM, reason="test")
    assert frozen.get("/sites").status_code == 401
    merged = Program(departments, agent, department)
    departments.change(Account, agent.account_id, state="merged")
    assert merged.get("/sites").status_code == 401
    departments.change(Account, agent.account_id, state="active")
    with everything.database.transaction() as db:
        everything.lifecycle.close(db, agent.account_id, actor=Actor("citizen", agent.account_id), reason="test")
    assert merged.get("/sites").status_code == 401
    with everything.database.view() as db:
        assert db.scalar(select(func.count()).where(AuditEntry.act == "developer_token.ended")) == 2


def test_a_configuration_is_read_compared_and_replaced_as_the_command_writes_it(departments, program, site):
    place = f"/sites/{site}/configuration"
    read = program.get(place)
    assert read.text.startswith('{\n  "clients": [')
    text, tag = read.json, read.headers["ETag"]
    assert "secret" not in read.text.replace("client_secret_basic", "")
    text["clients"][0]["registration"]["client_name"] = "改名"
    compared = program.call("POST", f"{place}/compare", text).json
    assert compared == {
        "changes": [{"path": "client_name", "before": "样例办事系统", "after": "改名"}], "is_stale": False,
    }  # fmt: skip
    kept = program.call("PUT", place, text, If_Match=tag)
    assert (kept.status_code, kept.json["outcome"]) == (200, "applied"), kept.text
    for headers in ({"If_Match": tag}, {}):  # of an earlier reading, by what either says
        stale = program.call("PUT", place, text, **headers)
        assert (stale.status_code, stale.json["code"]) == (412, "changed_since")
    assert program.call("PUT", place, text, If_Match=program.get(place).headers["ETag"]).json["outcome"] == "unchanged"
    del text["clients"][0]["base"]
    assert program.call("PUT", place, text).status_code == 428
    text["clients"][0]["registration"]["about"] = "改过的用途"
    assert program.call("PUT", place, text, If_Match="*").json["outcome"] == "applied"
    told = program.get(f"/sites/{site}/versions").json["versions"]
    assert [each["number"] for each in told] == [3, 2, 1]
    assert told[0]["changes"] == [{"path": "about", "before": "办理样例事项", "after": "改过的用途"}]
    assert program.get(f"/sites/{site}/versions/2").json["registration"]["client_name"] == "改名"
    with departments.services.database.view() as db:
        acts = db.scalars(select(AuditEntry).where(AuditEntry.act == "developer_token.acted")).all()
    mine = [each.details["route"] for each in acts if each.details["token"] == program.token.id]
    assert mine == ["site_registered", *["site_configured"] * 3]  # what was refused left nothing behind


def test_what_does_not_fit_is_told_by_member(program, site):
    place = f"/sites/{site}/configuration"
    text = program.get(place).json
    for changed, code, told in (
        ({"redirect_uris": ["http://plain.example/cb#x"]}, "invalid", "redirect_uris"),
        ({"redirect_uris": ["https://192.0.2.1/cb"]}, "site.still_wrong", "redirect_uris: ip"),
        ({"scope": "openid realname"}, "site.still_wrong", "purposes: no_purpose (realname)"),
        ({"release_basis": "statutory_duty"}, "invalid", "release_basis"),
    ):
        wrong = json.loads(json.dumps(text))
        wrong["clients"][0]["registration"] |= changed
        refused = program.call("PUT", place, wrong)
        assert (refused.status_code, refused.json["code"]) == (422, code), (changed, refused.text)
        assert any(told in each for each in refused.json["errors"]), refused.json
    other = json.loads(json.dumps(text))
    other["clients"][0]["client_id"] = "another"
    assert program.call("PUT", place, other).status_code == 422
    for body in (
        {"registration": {**SAID, "about": ""}},
        {"registration": {**SAID, "release_basis": "statutory_duty"}},
    ):
        assert program.call("POST", "/sites", body).status_code == 422
    assert program.get(f"/sites/{site}").json["name"] == "样例办事系统"


def live(departments, program, site):
    everything = departments.services
    asked = program.call("POST", f"/sites/{site}/releases", {"note": "请审核"})
    assert asked.status_code == 201, asked.text
    with everything.database.transaction() as db:
        operator = operators.add(
            db, everything.keyring, everything.trail, login=f"op.{ids.new_id()[-8:]}", role=Role.SYSTEM, actor=SYSTEM
        ).id
        everything.sites.releases.approve(
            db, asked.json["id"], Granted((), "", "pairwise"), waiver="样例", remark="可以", operator_id=operator,
            second_id="second",
        )  # fmt: skip


def test_a_site_goes_live_by_a_request_and_is_then_changed_by_drafts(departments, program, site):
    shown = program.get(f"/sites/{site}/releases").json
    assert (shown["is_open"], shown["missing"], shown["check"]) == (False, [], None)
    assert program.call("POST", f"/sites/{site}/releases", {}).status_code == 201
    assert program.get(f"/sites/{site}").json["is_waiting"] is True
    again = program.call("POST", f"/sites/{site}/releases", {})
    assert (again.status_code, again.json["code"]) == (409, "site.release_waits")
    assert program.call("POST", f"/sites/{site}/releases/withdraw", {}).status_code == 200
    assert program.call("POST", f"/sites/{site}/releases/withdraw", {}).status_code == 409
    live(departments, program, site)
    latest = program.get(f"/sites/{site}/releases").json["releases"][0]
    assert (latest["state"], latest["remark"], latest["version"]) == ("approved", "可以", 1)
    text = program.get(f"/sites/{site}/configuration").json
    text["clients"][0]["registration"]["about"] = "新用途"
    assert program.call("PUT", f"/sites/{site}/configuration", text).json["outcome"] == "draft"
    with departments.services.database.view() as db:
        assert versions.of_client(db.get_one(Client, site))["about"] == "办理样例事项"
    assert program.get(f"/sites/{site}").json["has_draft"] is True
    tried = program.call("POST", f"/sites/{site}/try", {})
    assert program.get(f"/sites/{tried.json['client_id']}").json["mode"] == "test"
    assert program.call("DELETE", f"/sites/{site}/draft").status_code == 200
    assert program.get(f"/sites/{site}").json["has_draft"] is False


def test_secrets_of_a_tested_site_are_made_by_a_program_and_those_of_a_live_one_by_a_person(departments, program, site):
    place = f"/sites/{site}/secrets"
    made = program.call("POST", place, {"overlap_hours": 0})
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    [known] = program.get(place).json["secrets"]
    assert ids.digest(made.json["client_secret"]).startswith(known["mark"])
    assert program.call("POST", place, {"overlap_hours": 24}).status_code == 201
    assert program.call("DELETE", f"{place}/{known['mark']}").status_code == 200
    assert program.call("DELETE", f"{place}/{known['mark']}").status_code == 404
    live(departments, program, site)
    for refused in (program.call("POST", place, {}), program.call("DELETE", f"{place}/{known['mark']}")):
        assert (refused.status_code, refused.json["code"]) == (403, "person_needed")
        assert refused.json["see"] == f"{ISSUER}/workbench/sites/{site}/secrets"


def test_a_site_is_tried_out_with_test_people_and_a_check(departments, department, program, site):
    people = f"/sites/{site}/test-people"
    made = program.call("POST", people, {"level": 2, "represents": True})
    assert made.status_code == 201
    person, password = made.json["person"], made.json["password"]
    assert [each["username"] for each in program.get(people).json["people"]] == [person["username"]]
    assert password not in program.get(people).text
    with departments.services.database.transaction() as db:
        number = departments.services.accounts.profile(db, person["id"]).phone
    departments.services.tryout.keep(number, "验证码 135790")
    [message] = program.get(f"{people}/{person['id']}/messages").json["messages"]
    assert "135790" in message["text"]
    assert program.call("POST", f"{people}/{person['id']}/password", {}).json["password"] != password
    assert program.call("DELETE", f"{people}/{person['id']}").status_code == 200
    assert program.get(f"{people}/{person['id']}").status_code == 404

    check = f"/sites/{site}/check"
    assert program.get(check).status_code == 404
    foreign = {"start_url": "https://169.254.169.254/", "page_url": "https://sample.example.gov.cn/in"}
    assert program.call("POST", check, foreign).json["code"] == "foreign_address"
    own = {"start_url": "https://sample.example.gov.cn/sign-in", "page_url": "https://sample.example.gov.cn/in"}
    assert program.call("POST", check, own).json["code"] == "site.host_not_proven"
    [host] = program.get(f"/sites/{site}/hosts").json["hosts"]
    assert (host["origin"], host["until"]) == ("https://sample.example.gov.cn:443", None)
    assert (
        program.call("POST", f"/sites/{site}/hosts", {"origin": "https://other.example.gov.cn:443"}).status_code == 404
    )
    departments.proven(department)
    assert program.get(f"/sites/{site}/hosts").json["hosts"][0]["until"] is not None
    assert program.call("POST", check, own).status_code == 201
    assert program.call("POST", check, own).json["code"] == "check_under_way"
    assert program.get(check).json["state"] == "waiting"
    assert program.call("DELETE", check).status_code == 200
    assert program.get(f"{check}?language=zh").json["state"] == "stopped"


def test_a_body_without_a_bottom_is_refused_as_a_document(departments, program, site):
    deep = b'{"registration":{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}}"
    for method, path in (("POST", "/sites"), ("PUT", f"/sites/{site}/configuration")):
        answer = program.http.open(
            f"{door.PREFIX}{path}", method=method, base_url=ISSUER, data=deep, content_type="application/json",
            headers={"Authorization": f"Bearer {program.token.secret}"},
        )  # fmt: skip
        assert (answer.status_code, answer.json["errors"]) == (422, ["body: nested too deeply"])


def test_deliveries_errors_and_numbers_of_a_site_are_read(departments, chief, program, site):
    everything = departments.services
    with everything.database.transaction() as db:
        message_id = everything.outbox.post(db, "backchannel_logout", recipient=site, payload={}, topic="logout:none")
        db.flush()
        row = db.get(OutboxMessage, message_id)
        row.state, row.settled_at, row.last_error = "dead", clock.now(), "http_400"
    [shown] = program.get(f"/sites/{site}/deliveries").json["deliveries"]
    assert (shown["state"], shown["last_error"], shown["may_be_sent_again"]) == ("dead", "http_400", True)
    refused = program.call("POST", f"/sites/{site}/deliveries/{message_id}/again", {})
    assert refused.json["code"] == "site.not_to_be_sent_again"
    assert program.get(f"/sites/{site}/errors").json == {"errors": []}
    today = f"{clock.now():%Y-%m-%d}"
    assert program.get(f"/sites/{site}/statistics?since={today}&until={today}").json == {"days": []}
    assert program.get(f"/sites/{site}/statistics?since=2020-01-01&until={today}").status_code == 422


def test_answers_are_what_the_document_says(program, site):
    document = program.http.get(f"{door.PREFIX}/openapi.json", base_url=ISSUER).json
    for path, name in (("/sites", "SitesPage"), (f"/sites/{site}", "SiteStanding"),
                       (f"/sites/{site}/configuration", "Configuration"), ("/nowhere", "Problem")):  # fmt: skip
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        Draft202012Validator(json.loads(json.dumps(schema))).validate(program.get(path).json)


def test_makers_are_warned_once_before_a_token_ends(departments, chief, department):
    room = departments.services.sites.tokens
    made = Program(departments, chief, department, days=40).token  # the last of all to end

    def warned():
        with departments.services.database.view() as db:
            return db.get_one(DeveloperToken, made.id).warned_days

    room.warn()
    assert warned() is None
    for days, told in ((34, 7), (6, 1)):
        clock.travel(timedelta(days=days, hours=-6))
        assert room.warn() > 0
        assert room.warn() == 0
        assert warned() == told


@pytest.mark.parametrize("nasty", ["\x00", "9" * 40, "汉字'\"><script>", "a" * 3000])
def test_nothing_sent_breaks_the_api(centre, program, site, nasty, monkeypatch):
    monkeypatch.setattr(described, "PER_MINUTE", 1_000_000)
    headers = {"Authorization": f"Bearer {program.token.secret}", "If-Match": f'"{nasty[:100]}"'.replace("\x00", "x")}
    query = dict.fromkeys(("after", "mode", "since", "until", "language"), nasty)
    bodies = (
        None, [], nasty, {"registration": {nasty: nasty, "scope": nasty, "redirect_uris": [nasty]}, "note": nasty},
        {"format": configuration.FORMAT, "clients": [{"client_id": site, "base": nasty, "registration": {"about": nasty}}]},
        {"start_url": nasty, "page_url": nasty, "level": nasty, "overlap_hours": nasty},
    )  # fmt: skip
    for method, rule, _ in routes(centre):
        for client_id in (site, nasty):
            values = dict.fromkeys(rule.arguments, nasty) | {"client_id": client_id, "number": 999999}
            built = rule.build({name: values[name] for name in rule.arguments}, append_unknown=False)
            for body in bodies if method != "GET" else (None,):
                answer = program.http.open(
                    built[1], method=method, base_url=ISSUER, json=body, query_string=query,
                    headers=headers,
                )  # fmt: skip
                assert answer.status_code < 500, (method, rule.rule, nasty[:10], body)
                assert answer.mimetype in {"application/json", "application/problem+json"}
