"""The one renderer of authorization responses, success and error alike, in every response mode."""

import flask
from flask.typing import ResponseReturnValue

from idp.edge import browser, headers, pages
from idp.oidc.response_modes import Answer


def render(answer: Answer) -> ResponseReturnValue:
    """A redirect, or the page that posts the answer to the site (OAuth 2.0 Form Post Response Mode §2).

    303, so that a posted request is not posted on (RFC 9700 §4.12). The page's policy names the site's origin and no other.
    """
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


def _with_browser_state(response: flask.Response, answer: Answer) -> flask.Response:
    """Let the check-session frame see what the site was told: this session, or none any more."""
    if answer.browser_state is not None:
        return browser.carry_state(response, answer.browser_state)
    if answer.parameters.get("error") == "login_required" and browser.has_dead_session():
        return browser.carry_state(response, None)
    return response
