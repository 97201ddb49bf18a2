"""Two tabs, the back button, an expired page, somebody else's link: always a way on, never another person's journey."""

from datetime import timedelta

from idp.core import clock
from tests.flows.browser import Browser, Landing, Page
from tests.flows.people import Person
from tests.flows.rp import RelyingParty
from tests.flows.test_requests import landed, page


def test_two_tabs_are_two_journeys(rp: RelyingParty, other: RelyingParty, alice: Person) -> None:
    first, second = page(rp.visit()), page(other.visit(rp.browser))
    assert first.query["journey"] != second.query["journey"]
    typed = {"identifier": alice.username, "password": alice.password}
    assert landed(rp.browser.submit("continue", second, **typed)).address == other.site.redirect_uri
    # The first tab still shows the form; signing in there again, or reloading it, goes on to its own site.
    assert landed(rp.browser.get(first.url)).address == rp.site.redirect_uri


def test_the_first_tab_may_post_its_old_form(rp: RelyingParty, other: RelyingParty, alice: Person) -> None:
    """Its CSRF token is of before the sign-in: the person gets a page that leads on, and no error of theirs."""
    first, second = page(rp.visit()), page(other.visit(rp.browser))
    typed = {"identifier": alice.username, "password": alice.password}
    landed(rp.browser.submit("continue", second, **typed))
    seen = rp.browser.submit("continue", first, **typed)
    if isinstance(seen, Page):
        assert seen.status == 400
        seen = rp.browser.get(first.url)
    assert landed(seen).address == rp.site.redirect_uri


def test_back_and_reload_lead_to_the_site_again(rp: RelyingParty, alice: Person) -> None:
    form = page(rp.visit())
    rp.browser.submit("continue", identifier=alice.username, password=alice.password)
    assert landed(rp.browser.get(form.url)).address == f"{rp.site.url}/sign-in"
    assert landed(rp.browser.get(f"/authorize?journey={form.query['journey']}")).address == f"{rp.site.url}/sign-in"


def test_an_expired_page_says_how_to_go_on(rp: RelyingParty) -> None:
    form = page(rp.visit())
    clock.travel(timedelta(minutes=61))
    rp_journey = form.query["journey"]
    # The store's own clock cannot be moved: the record is gone there after an hour, here by hand.
    centre_says = page(rp.browser.get("/authorize?journey=" + rp_journey[::-1]))
    assert centre_says.status == 400
    assert centre_says.links


def test_a_journey_belongs_to_its_browser(rp: RelyingParty, alice: Person, browser: Browser) -> None:
    """A link to a half-done sign-in lures nobody into somebody else's journey."""
    form = page(rp.visit())
    for address in (
        form.url,
        f"/authorize?journey={form.query['journey']}",
        f"/consent?journey={form.query['journey']}",
    ):
        seen = page(browser.get(address))
        assert seen.status == 400
        assert not seen.has_button("continue")
    assert rp.go_on(alice, rp.browser, form).code


def test_a_bookmarked_middle_of_a_journey_has_a_way_on(rp: RelyingParty, alice: Person) -> None:
    for path in ("/consent", "/choose-account"):
        assert page(rp.browser.get(path)).status == 400
    for path in ("/verify-identity", "/agreements"):
        assert page(rp.browser.get(path)).path == "/sign-in"
    rp.sign_in(alice)
    for path in ("/sign-in", "/agreements"):
        assert page(rp.browser.get(path)).status == 200


def test_a_new_version_of_the_texts_is_agreed_to_first(rp: RelyingParty, alice: Person, centre) -> None:  # type: ignore[no-untyped-def]
    from sqlalchemy import delete

    from idp.accounts.models import Agreement

    with centre.services.database.transaction() as db:
        db.execute(delete(Agreement).where(Agreement.account_id == alice.account_id))
    rp.visit()
    assert page(rp.browser.submit("continue", identifier=alice.username, password=alice.password)).path == "/agreements"
    silent = rp.visit(prompt="none")
    assert isinstance(silent, Landing)
    assert silent.error == "interaction_required"
    rp.visit()
    assert landed(rp.browser.submit("accept")).code
