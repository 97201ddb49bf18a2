"""What each operation of the hot path may ask of PostgreSQL and Redis: round trips, statements, commands. No timings."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from idp.db import stamps
from idp.db.pipeline import Lane
from idp.store.wire import Wire
from tests.flows.browser import Browser, Landing
from tests.flows.fixtures import SERVERS
from tests.flows.organisations import Companies, tokens_for
from tests.flows.people import Person
from tests.flows.rp import RelyingParty

pytestmark = pytest.mark.parametrize("centre", [SERVERS], indirect=True)
SCOPE = "openid profile offline_access"


@dataclass
class Spent:
    """What was asked of the servers since the last look; BEGIN and COMMIT are statements too."""

    trips: int = 0
    statements: int = 0
    commands: int = 0

    def of(self, work: Callable[[], Any]) -> tuple[Any, tuple[int, int, int]]:
        self.trips = self.statements = self.commands = 0
        return work(), (self.trips, self.statements, self.commands)


@pytest.fixture
def spent(monkeypatch: pytest.MonkeyPatch) -> Spent:
    """Counts below everything: batches on the lanes to PostgreSQL, commands on the wires to Redis."""
    counted = Spent()
    run, command = Lane.run, Wire.command

    def run_counted(lane: Lane, batch: Any) -> Any:
        counted.trips += 1
        counted.statements += len(batch)
        return run(lane, batch)

    def command_counted(wire: Wire, *parts: Any) -> Any:
        counted.commands += 1
        return command(wire, *parts)

    monkeypatch.setattr(Lane, "run", run_counted)
    monkeypatch.setattr(Wire, "command", command_counted)
    monkeypatch.setattr(stamps, "_LOOK_AGAIN_SECONDS", 3600.0)  # the looks at stamps are no part of a request
    return counted


@pytest.fixture
def browser(rp: RelyingParty, alice: Person) -> Browser:
    """Signed in, at a site that knows the session already."""
    rp.sign_in(alice, scope=SCOPE)
    return rp.browser


def code_of(rp: RelyingParty, browser: Browser) -> str:
    landed = rp.visit(browser, scope=SCOPE)
    assert isinstance(landed, Landing)
    return landed.code


def test_a_code_is_read_for_in_one_trip_and_written_in_another(
    rp: RelyingParty, browser: Browser, spent: Spent
) -> None:
    code_of(rp, browser)
    _, cost = spent.of(lambda: code_of(rp, browser))
    assert cost == (2, 3, 0)  # the session at the site; authorization and audit entry


def test_a_code_is_redeemed_in_two_trips_and_one_command(rp: RelyingParty, browser: Browser, spent: Spent) -> None:
    rp.redeem(code_of(rp, browser))
    code = code_of(rp, browser)
    answer, cost = spent.of(lambda: rp.redeem(code))
    assert answer.status_code == 200
    assert cost == (2, 5, 1)  # begin, spend; refresh token, audit entry, commit; access token


def test_a_refresh_is_two_trips_and_one_command(rp: RelyingParty, browser: Browser, spent: Spent) -> None:
    first = rp.refresh(rp.redeem(code_of(rp, browser)).refresh_token)
    answer, cost = spent.of(lambda: rp.refresh(first.refresh_token))
    assert answer.status_code == 200
    assert cost == (2, 6, 1)  # begin, spend, family; refresh token, audit entry, commit; access token


def test_client_credentials_need_no_database(site_of: Callable[..., RelyingParty], spent: Spent) -> None:
    rp = site_of(grant_types=["authorization_code", "client_credentials"])
    rp.post("/token", {"grant_type": "client_credentials"})
    answer, cost = spent.of(lambda: rp.post("/token", {"grant_type": "client_credentials"}))
    assert answer.status_code == 200
    assert cost == (0, 0, 1)


def test_a_token_is_introspected_in_one_trip_and_again_at_once_in_none(
    rp: RelyingParty, browser: Browser, spent: Spent
) -> None:
    tokens = rp.redeem(code_of(rp, browser))
    answer, (trips, statements, commands) = spent.of(lambda: rp.introspect(tokens.access_token))
    assert answer.json["active"] is True
    assert (trips, statements) == (1, 1)
    assert commands <= 1  # none when the token was issued here a moment ago


def test_userinfo_is_one_trip(rp: RelyingParty, browser: Browser, spent: Spent) -> None:
    tokens = rp.redeem(code_of(rp, browser))
    answer, (trips, statements, commands) = spent.of(lambda: rp.userinfo(tokens.access_token))
    assert answer.status_code == 200
    assert trips == 1
    assert commands <= 1
    assert statements == 1  # the family; joined to it account, person and details where a claim of theirs is wanted


def test_what_is_vouched_for_costs_a_statement_and_no_trip(rp: RelyingParty, browser: Browser, spent: Spent) -> None:
    asked = json.dumps(
        {"userinfo": {"verified_claims": {"verification": {"trust_framework": None}, "claims": {"name": None}}}}
    )
    rp.visit(browser, scope=SCOPE, claims=asked)
    landed, cost = spent.of(lambda: rp.visit(browser, scope=SCOPE, claims=asked))
    assert cost == (2, 3, 0)  # as without
    tokens = rp.redeem(landed.code)
    answer, (trips, statements, _commands) = spent.of(lambda: rp.userinfo(tokens.access_token))
    assert "verified_claims" in answer.json
    assert (trips, statements) == (1, 2)  # the family with its person, and the evidence


def test_who_asks_again_at_once_costs_nothing(rp: RelyingParty, browser: Browser, spent: Spent) -> None:
    tokens = rp.redeem(code_of(rp, browser))
    for ask in (rp.introspect, rp.userinfo):
        costs = {spent.of(lambda ask=ask: ask(tokens.access_token))[1] for _ in range(5)}  # type: ignore[misc]
        assert (0, 0, 0) in costs


def test_who_comes_for_a_company_costs_no_further_trip_at_the_authorization_endpoint(
    site_of: Callable[..., RelyingParty], companies: Companies, alice: Person, spent: Spent
) -> None:
    rp = site_of(scope=SCOPE, registers=SCOPE, serves="both")
    tokens_for(rp, alice, companies.company(alice))
    code_of(rp, rp.browser)
    code, (trips, statements, commands) = spent.of(lambda: code_of(rp, rp.browser))
    assert (trips, statements, commands) == (2, 5, 0)  # session and organisations; authorization, use, audit entry
    tokens, (trips, _statements, commands) = spent.of(lambda: rp.redeem(code))
    assert (trips, commands) == (3, 1)  # one more: whether the person may still
    answer, (trips, statements, _commands) = spent.of(lambda: rp.introspect(tokens.access_token))
    assert answer.active is True
    assert (trips, statements) == (1, 2)
    assert spent.of(lambda: rp.userinfo(tokens.access_token))[1][0] == 1
