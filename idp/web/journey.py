"""The journey a page belongs to: reopened from its handle for this browser alone, or the way on when it is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast
from urllib.parse import urlencode

import flask
import flask_babel
from flask.typing import ResponseReturnValue

from idp.core.identifiers import IdentifierError, MobileNumber
from idp.edge import browser, headers, pages
from idp.edge.services import services
from idp.oidc.authorization import journeys, rules
from idp.oidc.authorization.journeys import Journey
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.registration.clients import RegisteredClient
from idp.oidc.verified import missing
from idp.oidc.verified.missing import Missing
from idp.web import i18n

_LAST_SITE = "last_site"
_SURROUNDINGS = ("popup", "touch")
"""Values of `display` that a page looks different for; every other gets the page as it always is."""


@dataclass(frozen=True, slots=True)
class JourneyView:
    """A journey with the site that waits at its end."""

    parked: Journey
    client: RegisteredClient

    @property
    def handle(self) -> str:
        return self.parked.handle

    @property
    def asked(self) -> AuthorizationRequest:
        return self.parked.asked

    @property
    def site_name(self) -> str:
        return self.client.name(self.locale)

    @property
    def locale(self) -> str:
        return pages.locale()

    @property
    def is_for_device(self) -> bool:
        """Whether a device waits for the answer, and not this browser's way back."""
        return self.parked.device_request is not None

    @property
    def is_asked_every_time(self) -> bool:
        """Whether a yes given before does not stand for one now."""
        return rules.may_reach_another_app(self.client, self.asked.redirect_uri or "")

    @property
    def display(self) -> str:
        """The surroundings that the site opened the page in, where the page looks different for it (OpenID Core §3.1.2.1)."""
        return self.asked.display if self.asked.display in _SURROUNDINGS else ""

    @property
    def wanted_ial(self) -> int:
        """How surely the site wants to know who this is; the least that it accepts and that can be reached."""
        reach = services().provider.reach
        return min(
            (level.ial for level in rules.levels_of(self.asked, self.client, reach) if reach.meets(level)), default=0
        )

    @property
    def scope(self) -> tuple[str, ...]:
        """What the site asked for and may have."""
        provider = services().provider
        return rules.released(provider.resource_servers, provider.issuer, self.asked, self.client)

    @property
    def words(self) -> tuple[str, ...]:
        """The same with the claims asked for singly, as a consent holds them."""
        return rules.words_of(self.asked, self.client, self.scope)


def open_journey() -> ResponseReturnValue | None:
    """Before each page: reopen the journey named by `journey`; a lost one gets a page with a way on.

    A finished one goes back to `/authorize`, which lets the site start anew.
    """
    return resume(flask.request.form.get("journey") or flask.request.args.get("journey"))


def resume(handle: str | None) -> ResponseReturnValue | None:
    """The same for a handle that came another way than in the page's address."""
    flask.g.journey = None
    if not handle:
        return None
    parked = journeys.reopen(services().store, handle, device=browser.device())
    client = services().provider.clients.find(parked.asked.client_id or "") if parked is not None else None
    if parked is None or client is None:
        return pages.refusal("expired_journey", 400, client=_last_site(), reason="journey_lost")
    if parked.is_finished:
        return flask.redirect(_road(parked.handle), 303)
    flask.g.journey = JourneyView(parked, client)
    flask.session[_LAST_SITE] = client.client_id
    i18n.wish_of_site(parked.asked.ui_locales, journey=parked.handle)
    flask_babel.refresh()
    if parked.asked.display == "popup":
        headers.keep_opener()
    # Every form of a journey may end at its site, by redirects that the content policy counts too.
    headers.allow_form_to(client.start_uri, parked.asked.redirect_uri or "")
    return None


def current() -> JourneyView | None:
    """The journey of the page in hand."""
    return cast("JourneyView | None", flask.g.get("journey"))


def lost(kind: str = "expired_journey", *, reason: str = "no_journey") -> ResponseReturnValue:
    """The page for a step whose journey, or other memory, is gone, with a way on to where this browser was headed."""
    return pages.refusal(kind, 400, client=_last_site(), reason=reason)


def onward(otherwise: str = "/account") -> ResponseReturnValue:
    """Back to `/authorize`, where every step returns; outside a journey to a page of the centre."""
    return flask.redirect(way(otherwise), 303)


def way(otherwise: str) -> str:
    """Where `onward` leads."""
    journey = current()
    return _road(journey.handle) if journey is not None else otherwise


def login_hint() -> str:
    """Who the site thinks is coming (OpenID Connect Core §3.1.2.1), to be shown in the form and nowhere else."""
    under_way = current()
    return ((under_way.asked.login_hint or "") if under_way is not None else "")[:64]


def hinted_phone() -> str:
    """The hint, when it is a mobile number."""
    try:
        return MobileNumber.parse(login_hint()).national
    except IdentifierError:
        return ""


def decline(error: str, otherwise: str = "/account") -> ResponseReturnValue:
    """The person said no, or not now: the site is told by `error`."""
    if (journey := current()) is not None:
        journeys.decline(services().store, journey.parked, error)
    return onward(otherwise)


def lacks(account_id: str) -> Missing | None:
    """The new proof that the site calls essential for what it wants vouched for, until this was settled once."""
    under_way, everything = current(), services()
    if under_way is None or under_way.parked.proof_was_asked:
        return None
    parked = under_way.parked
    with everything.database.glance() as db:
        return missing.of_account(
            everything.provider, db, parked.asked, under_way.client, account_id, parked.asked_at
        )  # fmt: skip


def ask_no_more_proof() -> None:
    """A new proof was made, or put off: the site gets what can be vouched for as it is."""
    if (journey := current()) is not None:
        journeys.ask_no_more_proof(services().store, journey.parked)


def choose_account() -> None:
    if (journey := current()) is not None:
        journeys.choose_account(services().store, journey.parked)


def _road(handle: str) -> str:
    return "/authorize?" + urlencode({"journey": handle})


def _last_site() -> RegisteredClient | None:
    """Where this browser was last headed, so that a lost journey still has a way on."""
    known = flask.session.get(_LAST_SITE)
    return services().provider.clients.find(known) if isinstance(known, str) else None
