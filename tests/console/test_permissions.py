"""Every route of the console, taken from the router, against every role, method, region and site; a new one is asked here too."""

from collections.abc import Iterator

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from idp.admin import console
from idp.staff.models import Role
from idp.staff.permissions import MATRIX
from tests.console.house import Browser, Console
from tests.console.samples import ELSEWHERE, MISSING, OF_REGION

OPEN_TO_ALL = {"admin.static", "admin.sign_in", "admin.sign_in_posted", "admin.enrol", "admin.enrolled"}


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
