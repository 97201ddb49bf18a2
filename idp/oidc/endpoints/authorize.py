"""GET and POST /authorize: the front door of every sign-in, and the place to which every step returns."""

import flask
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from flask.typing import ResponseReturnValue

from idp.edge import browser, headers, pages, straight
from idp.edge.services import services
from idp.oidc import parameters, site_errors
from idp.oidc.authorization import authorize as authorization
from idp.oidc.authorization import journeys, rules
from idp.oidc.authorization.authorize import Question
from idp.oidc.authorization.decision import Step
from idp.oidc.authorization.journeys import Journey
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.authorization.response_modes import Answer
from idp.oidc.devices import device
from idp.oidc.endpoints import answers
from idp.oidc.uris import with_parameters

bp = flask.Blueprint("authorize", __name__)

PAGES = {
    Step.REGISTER: "/register",
    Step.SIGN_IN: "/sign-in",
    Step.OTHER_PERSON: "/other-person",
    Step.CHOOSE_ACCOUNT: "/choose-account",
    Step.PASSWORD: "/account/password",
    Step.AGREEMENTS: "/agreements",
    Step.VERIFY_IDENTITY: "/verify-identity",
    Step.PRINCIPAL: "/choose-principal",
    Step.CONSENT: "/consent",
}
_UNPROVEN = {"redirect_uri": "bad_redirect", "request_object": "bad_request"}


@bp.route("/authorize", methods=["GET", "POST"])
def authorize() -> ResponseReturnValue:
    request = flask.request
    if request.method == "POST" and request.mimetype != "application/x-www-form-urlencoded":
        return pages.refusal("bad_request", 400)
    try:
        sent = parameters.parse(request.get_data(cache=False) if request.method == "POST" else request.query_string)
    except parameters.RepeatedParameter as repeated:
        return _refused(AuthorizationRequest.from_wire(repeated.readable), repeated.reason)
    except parameters.MalformedParameters:
        return pages.refusal("bad_request", 400)
    if set(sent) == {"journey"}:
        journey = journeys.reopen(services().store, sent["journey"], device=browser.device())
        if journey is None:
            return pages.refusal("expired_journey", 400)
        if journey.device_request is not None:
            return _advance_device(journey)
        if journey.is_finished:
            return _start_anew(journey)
        return _advance(journey.asked, journey)
    return _advance(AuthorizationRequest.from_wire(sent), None)


def _advance(asked: AuthorizationRequest, journey: Journey | None) -> ResponseReturnValue:
    provider = services().provider
    pages.wish_language(" ".join(asked.ui_locales))
    if asked.display == "popup":
        headers.keep_opener()
    try:
        outcome = straight.found_before(flask.request.environ) or authorization.advance(
            provider, asked, session_secret=browser.session_secret(), journey=journey
        )
    except rules.UnprovenSite as unproven:
        return _unproven(unproven, asked)
    if flask.request.method == "POST" and browser.sent_no_cookie() and _needs_a_session(outcome):
        return flask.redirect(with_parameters("/authorize", dict(asked.wire)), 303)
    if isinstance(outcome, Question):
        journey = journey or journeys.park(services().store, outcome.asked, device=browser.device())
        return flask.redirect(with_parameters(PAGES[outcome.step], {"journey": journey.handle}), 303)
    if journey is not None:
        journeys.finish(services().store, journey)
    return answers.render(outcome)


def _advance_device(journey: Journey) -> ResponseReturnValue:
    """The same steps for a device that waits elsewhere; its person ends on a page of the centre."""
    if not journey.is_finished:
        outcome = device.advance(services().provider, journey, session_secret=browser.session_secret())
        if isinstance(outcome, Question):
            return flask.redirect(with_parameters(PAGES[outcome.step], {"journey": journey.handle}), 303)
        journeys.finish(services().store, journey, outcome=outcome)
    return flask.redirect(with_parameters("/device/done", {"journey": journey.handle}), 303)


def _needs_a_session(outcome: Answer | Question) -> bool:
    """Whether the answer might be another if the browser's cookies, held back on a cross-site POST, came along."""
    return isinstance(outcome, Question) or outcome.parameters.get("error") == "login_required"


def _refused(asked: AuthorizationRequest, reason: str) -> ResponseReturnValue:
    """A request that repeats a parameter: the site is told if it is proven by parameters that came once."""
    provider = services().provider
    try:
        client = rules.known_client(asked, provider.clients)
        redirect_uri = rules.proven_redirect(asked, client)
    except rules.UnprovenSite as unproven:
        return _unproven(unproven, asked)
    return answers.render(authorization.refused(provider, asked, client, redirect_uri, InvalidRequestError(reason)))


def _unproven(unproven: rules.UnprovenSite, asked: AuthorizationRequest) -> ResponseReturnValue:
    if unproven.client is not None:
        site_errors.of_address(services().provider, unproven.client, unproven.code, asked)
    kind = next((kind for start, kind in _UNPROVEN.items() if unproven.code.startswith(start)), "unknown_client")
    return pages.refusal(kind, 400, client=unproven.client, reason=unproven.code)


def _start_anew(journey: Journey) -> ResponseReturnValue:
    """The journey already ended well: its site signs the person in again in one redirect, without a question."""
    client = services().provider.clients.find(journey.asked.client_id or "")
    if client is None or not client.start_uri:  # an app is started on its device
        return pages.refusal("expired_journey", 400)
    headers.allow_form_to(client.start_uri)
    return flask.redirect(client.start_link(services().settings.issuer), 303)
