"""Every route of the console, taken from the router, against every role, method, region and site; a new one is asked here too."""

import re
from collections.abc import Iterator

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from idp.admin import console, sensitive
from idp.audit.trail import SYSTEM
from idp.staff import operators
from idp.staff.models import Role
from idp.staff.permissions import MATRIX
from tests.console import samples
from tests.console.house import Browser, Console
from tests.console.samples import ELSEWHERE, MISSING, OF_REGION, Samples
from tests.console.test_confirming import who

OPEN_TO_ALL = {"admin.static", "admin.sign_in", "admin.sign_in_posted", "admin.enrol", "admin.enrolled"}
HERE, THERE = "370100", "370200"


def routes(house: Console) -> Iterator[Rule]:
    return (rule for rule in house.app.url_map.iter_rules() if rule.endpoint.startswith("admin."))


def address(rule: Rule, values: dict[str, str]) -> str:
    given = {name: values.get(name, ELSEWHERE.get(name, MISSING)) for name in rule.arguments}
    built = rule.build(given, append_unknown=False)
    assert built is not None, rule
    return built[1]


def visit(browser: Browser, method: str, path: str, **form: str) -> TestResponse:
    return browser.get(path) if method == "GET" else browser.post(path, **form)


def methods(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) & {"GET", "POST"})


def test_every_argument_of_a_route_has_a_sample_or_a_reason(house):
    named = {name for rule in routes(house) for name in rule.arguments}

    assert named - set(OF_REGION) - set(ELSEWHERE) == set()


def test_only_the_way_in_is_open_to_everybody(house):
    assert {name for name, rule in console.RULES.items() if rule.permission is None} == OPEN_TO_ALL
    assert {rule.endpoint for rule in routes(house)} == set(console.RULES)


@pytest.mark.parametrize("role", list(Role))
def test_a_role_comes_through_exactly_the_doors_of_its_permissions(house, signed_in, role):
    for rule in routes(house):
        permission = console.RULES[rule.endpoint].permission
        if permission is None or rule.endpoint == "admin.sign_out":
            continue
        for method in methods(rule):
            answer = visit(signed_in[role], method, address(rule, {}))
            is_shut = answer.status_code == 403 and "您的角色不能使用这一页" in answer.text
            assert is_shut is (permission not in MATRIX[role]), (role, method, rule.rule)


def test_nobody_comes_through_any_door_without_signing_in(house):
    for rule in routes(house):
        if rule.endpoint in OPEN_TO_ALL:
            continue
        for method in methods(rule):
            stranger = Browser(house)
            stranger.get("/admin/sign-in")
            answer = visit(stranger, method, address(rule, {}))
            assert (answer.status_code, answer.location) == (303, "/admin/sign-in"), rule.rule


def test_nobody_allows_what_they_asked_for_whatever_the_act(house, signed_in):
    """Alone nobody does what needs two: for every act that is registered, by each role that decides."""
    assert sensitive.ACTS
    for role in (Role.SYSTEM, Role.SECURITY):
        asker = who(house, signed_in[role])
        for name in sensitive.ACTS:
            with house.services.database.transaction() as db:
                made = house.services.approvals.ask(db, asker, name, target=f"t.{role}", reason="r", summary={})
            signed_in[role].get("/admin/me")
            answer = signed_in[role].post(f"/admin/approvals/{made}/decision", action="allow")
            assert answer.status_code == 403, (role, name)
            assert "不能审批自己提出的申请" in answer.text


@pytest.fixture
def here(house: Console) -> Samples:
    return samples.build(house, HERE, asked_by=house.staff[Role.SYSTEM].id)


@pytest.fixture
def there(house: Console) -> Samples:
    return samples.build(house, THERE, asked_by=house.staff[Role.SYSTEM].id)


@pytest.fixture(params=["region", "clients"])
def narrow(request: pytest.FixtureRequest, house: Console, here: Samples) -> tuple[Browser, str]:
    """Somebody of a department whose duty ends at a region, or at one site."""
    region = HERE if request.param == "region" else ""
    clients = None if request.param == "region" else [here.of["client_id"]]
    everything = house.services
    with everything.database.transaction() as db:
        made = operators.add(
            db, everything.keyring, everything.trail, login="narrow.one", role=Role.DEPARTMENT, actor=SYSTEM,
            region=region, clients=clients,
        )  # fmt: skip
    browser = Browser(house)
    assert browser.sign_in(made).status_code == 303
    return browser, request.param


ACTIONS = ("", "freeze", "claim", "allow", "refuse", "withdraw", "approve", "disable")


def test_what_lies_out_of_reach_is_answered_as_if_it_did_not_exist(house, narrow, there):
    browser, _ = narrow
    asked = 0
    for rule in routes(house):
        permission = console.RULES[rule.endpoint].permission
        if permission not in MATRIX[Role.DEPARTMENT] or not set(rule.arguments) & set(OF_REGION):
            continue
        for method in methods(rule):
            for action in ACTIONS if method == "POST" else ("",):
                form = {"action": action, "reason": "reported_stolen"} if method == "POST" else {}
                outside = visit(browser, method, address(rule, there.of), **form)
                missing = visit(browser, method, address(rule, {}), **form)
                assert same(outside, there.of) == same(missing, {}), (rule.rule, method, action)
                if method == "GET":
                    assert outside.status_code == 404, rule.rule
                asked += 1
    assert asked > len(ACTIONS)


def test_what_lies_within_reach_is_found(house, narrow, here, there):
    """So that the test above does not pass because nothing is ever found."""
    browser, kind = narrow
    reached = {"region": {"account_id", "client_id", "request_id"}, "clients": {"client_id"}}[kind]
    for rule in routes(house):
        named = set(rule.arguments) & set(OF_REGION)
        permission = console.RULES[rule.endpoint].permission
        is_page = methods(rule) == ["GET"] and not rule.rule.endswith(("/paper",))
        if permission in MATRIX[Role.DEPARTMENT] and is_page and named and named <= reached:
            assert browser.get(address(rule, here.of)).status_code != 404, rule.rule


def test_those_who_work_everywhere_find_both(signed_in, here, there):
    for each in (here, there):
        assert signed_in[Role.SYSTEM].get(f"/admin/accounts/{each.of['account_id']}").status_code == 200


def same(answer: TestResponse, named: dict[str, str]) -> tuple[int, str | None, str]:
    """What somebody could tell two answers apart by: all of it but tokens, trace numbers and the address itself."""
    text, location = answer.text, answer.location
    for value in named.values():
        text = text.replace(value, MISSING)
        location = location.replace(value, MISSING) if location else location
    text = re.sub(r'name="csrf_token" value="[^"]*"', "", text)
    return answer.status_code, location, re.sub(r"<code>[0-9a-f]{32}</code>|back=[^\"]*", "", text)
