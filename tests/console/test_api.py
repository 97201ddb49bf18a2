"""The operators' API: the same permissions by a token, problems as documents, and a description that fits the routes."""

import json
import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.accounts.models import Account
from idp.admin.api import door
from idp.audit.models import AuditEntry
from idp.core import clock
from idp.edge import described
from idp.oidc.registration import clients
from idp.staff import tokens
from idp.staff.models import Operator, Role
from idp.staff.permissions import MATRIX, Permission
from idp.staff.sessions import SignedInOperator, reach_of
from idp.statistics import measures, tally
from tests.console.house import ISSUER, Console

BASE = f"{ISSUER}{door.PREFIX}"


class Program:
    """A program of an operator, by a token of theirs."""

    def __init__(self, house: Console, role: Role, scopes: set[str] | None = None, *, days: int = 30) -> None:
        everything = house.services
        self.client = house.app.test_client()
        with everything.database.transaction() as db:
            row = db.scalars(select(Operator).where(Operator.id == house.staff[role].id)).one()
            who = _signed_in(house, row)
            wanted = scopes or {each.value for each in tokens.grantable(role)}
            self.token = tokens.make(db, everything.trail, who, name="program", scopes=wanted, days=days)

    def call(self, method: str, path: str, body: Any = None, **kw: Any) -> TestResponse:
        return self.client.open(
            f"{door.PREFIX}{path}", method=method, base_url=ISSUER, json=body,
            headers={"Authorization": f"Bearer {self.token.secret}"}, **kw,
        )  # fmt: skip

    def get(self, path: str) -> TestResponse:
        return self.call("GET", path)


def _signed_in(house: Console, row: Operator) -> SignedInOperator:
    return SignedInOperator(row.id, "0" * 32, row.login, Role(row.role), reach_of(row), clock.now())


def test_the_document_describes_every_route_and_every_route_has_a_rule(house):
    document = house.app.test_client().get(f"{door.PREFIX}/openapi.json", base_url=ISSUER).json
    described = {
        (method.upper(), re.sub(r"{(\w+)}", r"<\1>", path))
        for path, verbs in document["paths"].items()
        for method in verbs
    }
    routes = {
        (method, rule.rule)
        for rule in house.app.url_map.iter_rules()
        if rule.endpoint.startswith("admin_api.") and rule.endpoint != "admin_api.openapi"
        for method in rule.methods & {"GET", "POST", "PUT", "DELETE"}
    }
    assert document["openapi"].startswith("3.")
    assert {(method, path) for method, path in described} == routes
    endpoints = {rule.endpoint for rule in house.app.url_map.iter_rules() if rule.endpoint.startswith("admin_api.")}
    assert endpoints - {"admin_api.openapi"} == set(door.RULES)
    for verbs in document["paths"].values():
        for described_route in verbs.values():
            assert described_route.get("security", document["security"]) == [{"operatorToken": []}]
            assert "default" not in described_route["responses"]


@pytest.mark.parametrize("role", list(Role))
def test_a_token_comes_through_exactly_the_doors_of_its_operator(house, role):
    program = Program(house, role)
    for rule in house.app.url_map.iter_rules():
        if not rule.endpoint.startswith("admin_api.") or rule.endpoint == "admin_api.openapi":
            continue
        path = rule.build(dict.fromkeys(rule.arguments, "0" * 32), append_unknown=False)
        assert path is not None
        for method in rule.methods & {"GET", "POST", "PUT"}:
            answer = program.call(method, path[1].removeprefix(door.PREFIX), None if method == "GET" else {})
            permission = door.RULES[rule.endpoint].permission
            if permission is None:
                assert answer.status_code != 403, path[1]
                continue
            assert (answer.status_code == 403) is (permission not in MATRIX[role]), (method, path[1])


def test_a_token_does_no_more_than_it_was_made_for_and_nothing_after_its_end(house):
    everything = house.services
    program = Program(house, Role.SYSTEM, {Permission.CLIENTS_READ.value})
    refused = program.get("/accounts")
    assert (refused.status_code, refused.json["errors"]) == (403, ["accounts.read"])
    short = Program(house, Role.SYSTEM, days=1)
    assert short.get("/accounts").status_code == 200
    for headers in ({}, {"Authorization": "Bearer nobody"}, {"Authorization": f"Basic {short.token.secret}"}):
        answer = short.client.get(f"{BASE}/accounts", base_url=ISSUER, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.mimetype == "application/problem+json"
        assert answer.json["code"] == "unauthorized"
    clock.travel(timedelta(days=2))
    assert short.get("/accounts").status_code == 401
    stale = Program(house, Role.AUDIT)
    with everything.database.transaction() as db:
        db.get_one(Operator, house.staff[Role.AUDIT].id).password_changed_at = clock.now() - timedelta(days=91)
    assert stale.get("/audit").status_code == 401  # until the operator has renewed it
    disabled = Program(house, Role.SECURITY)
    with everything.database.transaction() as db:
        row = db.get_one(Operator, house.staff[Role.SECURITY].id)
        row.state = "disabled"
    assert disabled.get("/keys").status_code == 401


def test_a_token_is_good_for_so_many_calls_a_minute(house, monkeypatch):
    monkeypatch.setattr(described, "PER_MINUTE", 2)
    program = Program(house, Role.SYSTEM)
    assert [program.get("/accounts").status_code for _ in range(2)] == [200, 200]
    answer = program.get("/accounts")
    assert (answer.status_code, answer.json["code"]) == (429, "too_many_attempts")
    assert int(answer.headers["Retry-After"]) > 0
    assert Program(house, Role.SYSTEM).get("/accounts").status_code == 200


def test_a_program_that_meets_no_route_is_told_so_as_a_document(house):
    program = Program(house, Role.SYSTEM)
    assert (program.get("/nowhere").status_code, program.get("/nowhere").json["code"]) == (404, "not_found")
    wrong = program.call("DELETE", "/accounts")
    assert (wrong.status_code, wrong.json["code"]) == (405, "method_not_allowed")
    assert "GET" in wrong.headers["Allow"]
    assert house.app.test_client().get("/apidoc/openapi.json", base_url=ISSUER).status_code == 404


def test_a_cookie_of_the_console_is_no_token(house, signed_in):
    answer = signed_in[Role.SYSTEM].client.get(f"{BASE}/accounts", base_url=ISSUER)
    assert answer.status_code == 401


def test_an_account_is_found_read_masked_frozen_and_given_back(house):
    program = Program(house, Role.SYSTEM)
    listed = program.get("/accounts").json
    assert [each["id"] for each in listed["accounts"]] == [house.account_id]
    found = program.call("POST", "/accounts/search", {"identifier": "19900000001"})
    assert found.json["accounts"][0]["phone"] == "199****0001"
    assert "19900000001" not in found.text

    place = f"/accounts/{house.account_id}"
    assert program.get(place).json["state"] == "active"
    wrong = program.call("POST", f"{place}/freeze", {"reason": "because"})
    assert (wrong.status_code, wrong.json["code"]) == (422, "invalid")
    assert wrong.json["errors"][0].startswith("reason: one of owner_request")
    assert program.call("POST", f"{place}/freeze", {"reason": "reported_stolen", "extra": 1}).status_code == 422
    assert program.call("POST", f"{place}/freeze", {"reason": "reported_stolen", "ticket": "A-1"}).status_code == 200
    assert program.get(place).json["state"] == "frozen"
    again = program.call("POST", f"{place}/freeze", {"reason": "reported_stolen"})
    assert again.status_code == 409
    assert program.call("POST", f"{place}/unfreeze", {"reason": "owner_verified"}).status_code == 200
    with house.services.database.view() as db:
        [frozen] = db.scalars(select(AuditEntry).where(AuditEntry.act == "account.frozen"))
    assert frozen.actor_id == house.staff[Role.SYSTEM].id


def test_what_is_out_of_reach_is_not_there(house):
    with house.services.database.transaction() as db:
        db.get_one(Operator, house.staff[Role.DEPARTMENT].id).region = "370200"
        db.get_one(Account, house.account_id).region = "370100"
    program = Program(house, Role.DEPARTMENT)

    assert program.get("/accounts").json["accounts"] == []
    missing, hidden = program.get(f"/accounts/{'0' * 32}"), program.get(f"/accounts/{house.account_id}")
    assert (missing.status_code, hidden.status_code) == (404, 404)
    assert {**missing.json, "trace_id": ""} == {**hidden.json, "trace_id": ""}


def test_lists_come_in_as_bodies_and_wait_for_the_console(house):
    program = Program(house, Role.SYSTEM)
    made = program.client.post(
        f"{BASE}/imports?label=city-portal",
        base_url=ISSUER,
        data="手机号\n19900000077\n".encode(),
        content_type="text/csv",
        headers={"Authorization": f"Bearer {program.token.secret}"},
    )
    assert made.status_code == 201, made.text
    assert program.get(f"/imports/{made.json['id']}").json["state"] == "received"
    refused = program.client.post(
        f"{BASE}/imports?label=city-portal",
        base_url=ISSUER,
        data=b"nothing",
        content_type="text/csv",
        headers={"Authorization": f"Bearer {program.token.secret}"},
    )
    assert (refused.status_code, refused.json["code"]) == (400, "bulk.unknown_column")


def test_what_is_watched_is_read_by_its_role(house):
    audit = Program(house, Role.AUDIT).get("/audit?act=operator_token").json
    assert audit["entries"][0]["act"] == "operator_token.made"
    days = f"since={clock.now():%Y-%m-%d}&until={clock.now():%Y-%m-%d}"
    assert Program(house, Role.AUDIT).get(f"/statistics/sign_in?{days}").json == {"days": []}
    assert Program(house, Role.AUDIT).get(f"/statistics/nothing?{days}").status_code == 404
    with house.services.database.transaction() as db:
        first = clock.now().astimezone(clock.BEIJING).date().replace(day=1)
        tally.add(db, Counter({tally.Place(measures.SIGN_IN, "", "", first, "sms"): 8}))
    years = f"since={first - timedelta(days=1200)}&until={first}"
    [month] = Program(house, Role.AUDIT).get(f"/statistics/sign_in?{years}&by=month").json["days"]
    assert (month["day"], month["count"]) == (first.isoformat(), 8)
    assert Program(house, Role.AUDIT).get(f"/statistics/sign_in?{years}").status_code == 422
    security = Program(house, Role.SECURITY)
    assert {each["state"] for each in security.get("/keys").json["keys"]} >= {"active", "next"}
    assert security.get("/policies/password").json["values"]["min_length"] == 8
    assert len(security.get("/operators").json["operators"]) == len(Role)
    assert Program(house, Role.SYSTEM).get("/sources").status_code == 200
    assert Program(house, Role.DEPARTMENT).get("/reviews").json["waiting"] == 0
    assert Program(house, Role.SYSTEM).get("/approvals").json == {"approvals": [], "next": None}


def test_answers_are_what_the_document_says(house):
    document = house.app.test_client().get(f"{door.PREFIX}/openapi.json", base_url=ISSUER).json
    program = Program(house, Role.SYSTEM)
    for path, name in (("/accounts", "AccountsPage"), (f"/accounts/{house.account_id}", "AccountRecord")):
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        Draft202012Validator(json.loads(json.dumps(schema))).validate(program.get(path).json)


def test_a_registration_is_exported_compared_and_changed_as_text(house):
    everything = house.services
    with everything.database.transaction() as db:
        for mode in ("test", "live"):
            front = f"https://{mode}.example"
            said = {
                "client_name": "示例",
                "client_uri": front,
                "initiate_login_uri": f"{front}/in",
                "redirect_uris": [f"{front}/cb"],
            }
            clients.register(
                db, everything.trail, said, keyring=everything.keyring, mode=mode, client_id=f"site-{mode}"
            )
    program = Program(house, Role.SYSTEM)
    assert {each["client_id"] for each in program.get("/clients").json["clients"]} == {"site-test", "site-live"}
    for mode, outcome in (("test", "applied"), ("live", "draft")):
        place = f"/clients/site-{mode}/configuration"
        text = program.get(place).json
        assert "secret" not in json.dumps(text)
        text["clients"][0]["registration"]["client_name"] = "改名"
        [compared] = program.call("POST", "/clients/configuration/compare", text).json["clients"]
        assert compared["changes"] == [{"path": "client_name", "before": "示例", "after": "改名"}]
        kept = program.call("PUT", place, text)
        assert kept.json["outcome"] == outcome, kept.text
        assert program.get(f"/clients/site-{mode}").json["name"] == ("改名" if mode == "test" else "示例")
        stale = program.call("PUT", place, text)
        assert (stale.status_code, "changed after" in stale.json["errors"][0]) == (422, True)
    broken = program.get("/clients/site-test/configuration").json
    broken["clients"][0]["registration"]["redirect_uris"] = ["http://plain.example/cb#x"]
    refused = program.call("PUT", "/clients/site-test/configuration", broken)
    assert refused.status_code == 422
    assert "redirect_uris" in refused.json["errors"][0]
