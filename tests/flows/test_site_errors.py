"""What a site did wrong is kept for its developers: what it sent beside what it registered, and never a secret."""

import pytest

from idp.core import clock
from idp.sites import errors_seen
from idp.sites.errors_seen import SLOTS, ErrorsSeen, Noted, Seen
from tests.flows.centre import Centre
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person
from tests.flows.rp import RelyingParty


def seen(centre: Centre, rp: RelyingParty) -> dict[str, Seen]:
    errors: ErrorsSeen = centre.services.provider.tell_error.__self__  # type: ignore[attr-defined]
    errors.flush()
    with centre.services.database.transaction() as db:
        return {each.code: each for each in errors_seen.latest(db, rp.client_id)}


@both_pairs
def test_an_address_that_is_not_registered(centre: Centre, rp: RelyingParty) -> None:
    rp.visit(redirect_uri=f"{rp.site.redirect_uri}/other?name=somebody")
    noted = seen(centre, rp)["redirect_uri_not_registered"]
    assert noted.sent == f"{rp.site.redirect_uri}/other?name=…"
    assert rp.site.redirect_uri in noted.registered
    assert len(noted.trace_id) == 32


def test_requests_that_are_refused(centre: Centre, rp: RelyingParty, alice: Person) -> None:
    rp.visit(response_type="id_token")
    rp.visit(code_challenge=None, code_challenge_method="plain")
    rp.sign_in(alice, scope="openid profile address")
    noted = seen(centre, rp)
    assert noted["authorize_unauthorized_client"].sent == "id_token"
    assert "code_challenge" in noted["authorize_invalid_request"].sent
    assert noted["scope_passed_over"].sent == "address"


def test_tokens_that_are_refused(centre: Centre, rp: RelyingParty, alice: Person) -> None:
    code = rp.sign_in(alice).code
    assert rp.redeem(code, code_verifier="x" * 43).error == "invalid_grant"
    code = rp.sign_in(alice).code
    assert rp.redeem(code, redirect_uri="https://elsewhere.example/callback").error == "invalid_grant"
    code = rp.sign_in(alice).code
    rp.redeem(code)
    rp.redeem(code)
    rp.redeem("nonsense")
    rp.post("/token", {"grant_type": "client_credentials"})
    rp.post("/token", {"grant_type": "authorization_code", "code": "x"}, auth=(rp.client_id, "a-wrong-secret"))
    rp.post("/token", {"grant_type": "refresh_token", "refresh_token": "nonsense"})
    noted = seen(centre, rp)
    assert {"code_verifier", "code_redirect_uri", "code_replayed", "code_unknown", "refresh_unknown"} <= noted.keys()
    assert noted["code_redirect_uri"].sent == "https://elsewhere.example/callback"
    assert noted["code_redirect_uri"].registered == rp.site.redirect_uri
    assert noted["token_unauthorized_client"].registered
    [wrong] = [each for each in noted.values() if each.code.startswith("client_")]
    assert (wrong.sent, wrong.registered) == ("basic", "client_secret_basic")
    everything = repr(noted)
    assert "a-wrong-secret" not in everything
    assert code not in everything


def test_what_a_person_decides_is_no_error_of_the_site(
    centre: Centre, asking_site: RelyingParty, alice: Person
) -> None:
    asking_site.visit(prompt="none")
    assert seen(centre, asking_site) == {}


@both_pairs
def test_a_flood_fills_its_own_slots_only(centre: Centre, rp: RelyingParty) -> None:
    with centre.services.database.transaction() as db:
        now = clock.now()
        errors_seen.write(db, Noted(rp.client_id, "code_verifier", "", "S256", "t" * 32, now))
        for number in range(50):
            errors_seen.write(
                db, Noted(rp.client_id, "redirect_uri_not_registered", f"https://x/{number}", "", "t" * 32, now)
            )
        for _ in range(3):
            errors_seen.write(db, Noted(rp.client_id, "code_verifier", "", "S256", "u" * 32, now))
        kept = errors_seen.latest(db, rp.client_id)
    assert len(kept) == SLOTS + 1
    [verifier] = [each for each in kept if each.code == "code_verifier"]
    assert (verifier.times, verifier.trace_id) == (4, "u" * 32)


def test_a_second_note_of_a_kind_within_a_second_costs_nothing(centre: Centre, rp: RelyingParty) -> None:
    errors = ErrorsSeen(centre.services.database)
    for number in range(1000):
        errors.note(rp.client_id, "code_unknown", str(number), "")
    errors.flush()
    with centre.services.database.transaction() as db:
        assert len(errors_seen.latest(db, rp.client_id)) == 1


@pytest.mark.parametrize("text", ["\x00\x1b[31m", "a" * 10_000, "\u202egnp.exe"])
def test_what_is_kept_is_short_and_printable(centre: Centre, rp: RelyingParty, text: str) -> None:
    errors = ErrorsSeen(centre.services.database)
    errors.note(rp.client_id, "scope_passed_over", text, text)
    errors.flush()
    with centre.services.database.transaction() as db:
        [kept] = errors_seen.latest(db, rp.client_id)
    assert kept.sent.isprintable()
    assert len(kept.sent) <= 200
