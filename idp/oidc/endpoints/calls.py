"""Reading what a site posts to us, and sending back what the engine answers."""

from collections.abc import Callable

import flask
from authlib.oauth2.rfc6749.errors import InvalidRequestError, OAuth2Error

from idp.core.errors import StoreUnavailable, TooManyAttempts
from idp.edge import browser
from idp.edge.services import Services, services
from idp.oidc import client_authentication, parameters
from idp.oidc.clients import RegisteredClient
from idp.oidc.engine import Call, TokenAnswer, error_answer

_FORM = "application/x-www-form-urlencoded"


def read_form() -> dict[str, str]:
    """The posted parameters; InvalidRequestError for anything but one clean form (RFC 6749 §3.2, appendix B)."""
    if flask.request.mimetype != _FORM:
        raise InvalidRequestError(f"the content type must be {_FORM}")
    try:
        return parameters.parse(flask.request.get_data(cache=False))
    except parameters.MalformedParameters as malformed:
        raise InvalidRequestError(malformed.reason) from malformed


def call(path: str) -> Call:
    """The posted request as the engine takes it."""
    form = read_form()
    return Call(services().settings.url(path), form, flask.request.headers.get("Authorization"), browser.address())


def authenticated(form: dict[str, str]) -> RegisteredClient:
    """The calling client, proven."""
    return client_authentication.authenticate(
        services().provider, flask.request.headers.get("Authorization"), form, address=browser.address()
    )


def answered(work: Callable[[Services], TokenAnswer]) -> flask.Response:
    """Run the work of an endpoint and render its answer or its OAuth error."""
    try:
        answer = work(services())
    except OAuth2Error as refusal:
        answer = error_answer(refusal)
    except TooManyAttempts as slow_down:
        answer = TokenAnswer(429, {"error": "slow_down"}, {"Retry-After": str(slow_down.retry_after or 60)})
    except StoreUnavailable:
        answer = TokenAnswer(503, {"error": "temporarily_unavailable"}, {"Retry-After": "5"})
    return flask.Response(answer.body, answer.status, answer.headers)
