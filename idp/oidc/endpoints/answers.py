"""The one renderer of authorization responses, success and error alike, in every response mode."""

from urllib.parse import urlsplit

import flask
from flask.typing import ResponseReturnValue

from idp.edge import browser, headers, pages
from idp.oidc.authorization.response_modes import Answer


def render(answer: Answer) -> ResponseReturnValue:
    """A redirect, or the page that posts the answer to the site (OAuth 2.0 Form Post Response Mode §2).

    303, so that a posted request is not posted on (RFC 9700 §4.12). The page's policy names the site's origin and no other.
    """
    if _leads_to_a_stranger(answer):
        return _with_browser_state(flask.make_response(_asking_first(answer)), answer)
    if answer.mode != "form_post":
        return _with_browser_state(flask.make_response(flask.redirect(answer.location, 303)), answer)
    headers.allow_form_to(answer.redirect_uri)
    page = flask.render_template(
        "form_post.html",
        target=answer.redirect_uri,
        parameters=answer.parameters,
        site_name=answer.client.name(pages.locale()),
    )
    return _with_browser_state(flask.make_response(page), answer)


def _leads_to_a_stranger(answer: Answer) -> bool:
    """Whether a link to us would only be a disguise for one to a site that anybody could register (RFC 9700 §4.11.2).

    An answer about a person rests on their yes to that site; a silent question expects no page.
    """
    return "error" in answer.parameters and not answer.is_silent and pages.is_stranger(answer.client)


def _asking_first(answer: Answer) -> str:
    """The page on which the person decides whether to go on there."""
    headers.allow_form_to(answer.redirect_uri)
    return flask.render_template(
        "stranger.html",
        target=answer.redirect_uri if answer.mode == "form_post" else None,
        location=answer.location,
        parameters=answer.parameters,
        site_name=answer.client.name(pages.locale()),
        host=urlsplit(answer.redirect_uri).netloc or urlsplit(answer.redirect_uri).scheme,
    )


def _with_browser_state(response: flask.Response, answer: Answer) -> flask.Response:
    """Let the check-session frame see what the site was told: this session, or none any more."""
    if answer.browser_state is not None:
        return browser.carry_state(response, answer.browser_state)
    if answer.parameters.get("error") == "login_required" and browser.has_dead_session():
        return browser.carry_state(response, None)
    return response
