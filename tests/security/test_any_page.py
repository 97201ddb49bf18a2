"""Whatever is sent to any route of the application, with and without a session: a page or a refusal, no failure of ours."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import Rule

from tests.flows.centre import Centre, install, settings_for
from tests.flows.people import Person
from tests.security.test_any_input import FORM, NASTY, encoded

ISSUER = "https://id.example"
HOST = "id.example"
# What pages and forms read, and what they may be told to do: odd values count only where something reads them.
FIELDS = (
    "challenge", "journey", "identifier", "password", "current_password", "phone", "otp", "username", "name",
    "resident_id", "agree", "session", "client_id", "client_secret", "done", "again", "back", "version", "ticket", "token",
    "reason", "since", "until", "scope", "login_hint", "display", "ui_locales", "state", "id_token_hint", "login", "totp",
    "user_code", "logout_hint", "relation",
)  # fmt: skip
ACTIONS = (
    "",
    "continue",
    "confirm",
    "send_code",
    "end",
    "end_others",
    "withdraw",
    "allow",
    "deny",
    "cancel",
    "later",
    "set_password",
    "let_go",
    "sign_out",
    "ask",
    "other",
    "\x00",
)
ODD = {"nul": "a\x00b", "surrogate": "\ud800", "long": "汉" * 70, "quote": "' OR 1=1; --"}
_addresses = itertools.count(1)
FOR_PROGRAMS = ("/app", "/state")
"""Ends of paths that scripts of pages and applications of sources talk to: their refusals are JSON."""
APIS = ("/admin/api/v1/", "/workbench/api/v1/")


class Pages:
    """A centre, one person, and a browser of theirs or of nobody."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self.person: Person = centre.person()
        self.rules: list[Rule] = [rule for rule in centre.app.url_map.iter_rules() if rule.endpoint != "static"]

    def browser(self, *, signed_in: bool) -> tuple[FlaskClient, str]:
        """A browser and the token that its forms carry."""
        http = self.centre.app.test_client()
        if signed_in:
            everything = self.centre.services
            with everything.database.transaction() as db:
                started = everything.sessions.start(
                    db, self.person.account_id, aal=1, amr=("pwd",), device="d", browser="b", address="10.0.0.1"
                )
            http.set_cookie("__Host-idp_session", started.secret, domain=HOST, secure=True)
        page = http.get("/account/password" if signed_in else "/sign-in/code", base_url=ISSUER)
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        assert found, page.text[:500]
        return http, found[1]

    def send(self, http: FlaskClient, method: str, path: str, **more: Any) -> None:
        number = next(_addresses)
        answer = http.open(
            path, method=method, base_url=ISSUER, headers={"X-Forwarded-For": f"10.66.{number // 250 % 250}.{number % 250}"},
            **more,
        )  # fmt: skip
        assert answer.status_code < 500, (method, path[:200], answer.text[:500])
        assert "Traceback" not in answer.text
        if answer.status_code >= 400 and path.partition("?")[0] != "/metrics":
            bare = path.partition("?")[0]
            kinds = {"text/html"}
            if bare.endswith(FOR_PROGRAMS):
                kinds.add("application/json")
            if bare.startswith(APIS):
                kinds.add("application/problem+json")
            assert answer.mimetype in kinds, path[:200]


def address_of(rule: Rule, odd: str) -> str:
    """The rule's path with this text in every place that takes one."""
    value = quote(odd.encode("utf-8", "surrogatepass"), safe="") or "x"
    return re.sub("<[^>]+>", lambda _: value, rule.rule)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def pages(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, service_log: Path
) -> Iterator[Pages]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('pages') / 'idp.sqlite3'}"
    else:
        url = request.getfixturevalue("postgres").create()
    install(url)
    centre = Centre(settings_for(url, "", 443, issuer=ISSUER, log_file=service_log, database_pool=4))
    yield Pages(centre)
    centre.close()
    if request.param != "sqlite":
        request.getfixturevalue("postgres").drop(url)


@pytest.mark.parametrize("signed_in", [False, True], ids=["nobody", "somebody"])
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_every_route_with_odd_text_in_every_field(pages: Pages, odd: str, signed_in: bool) -> None:
    assert len(pages.rules) > 30
    http, token = pages.browser(signed_in=signed_in)
    query = encoded([(name, odd) for name in FIELDS])
    for rule in pages.rules:
        path = address_of(rule, odd)
        pages.send(http, "GET", f"{path}?{query}")
        if "POST" not in (rule.methods or ()):
            continue
        for action in ("continue", "send_code"):
            body = encoded([*[(name, odd) for name in FIELDS], ("csrf_token", token), ("action", action)])
            pages.send(http, "POST", f"{path}?{query}", data=body, content_type=FORM)
        if signed_in and "out" in rule.rule:
            http, token = pages.browser(signed_in=True)


@pytest.mark.parametrize("signed_in", [False, True], ids=["nobody", "somebody"])
@settings(max_examples=25, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])  # fmt: skip
@given(data=st.data())
def test_any_route_with_anything(pages: Pages, signed_in: bool, data: st.DataObject) -> None:
    rule = data.draw(st.sampled_from(pages.rules))
    pairs = data.draw(st.lists(st.tuples(st.sampled_from(FIELDS), NASTY), max_size=8))
    http, token = pages.browser(signed_in=signed_in)
    path = address_of(rule, data.draw(NASTY))
    pages.send(http, "GET", f"{path}?{encoded(pairs)}")
    body = encoded([*pairs, ("csrf_token", token), ("action", data.draw(st.sampled_from(ACTIONS)))])
    pages.send(http, "POST", f"{path}?{encoded(pairs)}", data=body, content_type=FORM)


@pytest.mark.parametrize("path", ["/register/account", "/recover/password", "/sign-in/code/enter", "/register/code"])
@pytest.mark.parametrize("challenge", ["%00", "x", "%FF", "0" * 31, "0" * 33, "A" * 32, "0" * 32 + "%0A"])
def test_a_challenge_that_cannot_be_is_none(pages: Pages, path: str, challenge: str) -> None:
    http, _ = pages.browser(signed_in=False)
    answer = http.get(f"{path}?challenge={challenge}", base_url=ISSUER)
    assert answer.status_code in {303, 302}, answer.text[:300]
    assert answer.headers["Location"].startswith("/")
