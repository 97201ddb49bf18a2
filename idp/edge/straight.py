"""The way of a browser that is signed in already: an authorization request in, a redirect to the site out, no page between.

It is the road most often gone, and two thirds of it on Flask were Flask (docs/performance.md). Whatever needs a page, or
has a journey behind it, goes on to the application, which is told what was found out already.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from idp.core import clock
from idp.edge import browser, headers, metrics, tracing
from idp.edge.proxy import StartResponse, WsgiApp, is_own_host
from idp.edge.services import Services
from idp.oidc import parameters
from idp.oidc.authorization import authorize
from idp.oidc.authorization.authorize import Question
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.authorization.response_modes import Answer
from idp.oidc.parameters import MalformedParameters

ENDPOINT = "authorize.authorize"
_FOUND = "idp.authorization_outcome"
# A request object may hold any of the others, a journey belongs to a browser, and a posted form is a page.
_NOT_STRAIGHT = ("journey", "request", "request_uri")


class Straight:
    """WSGI layer in front of the application for GET /authorize."""

    def __init__(self, app: WsgiApp, everything: Services) -> None:
        self._app = app
        self._everything = everything
        settings = everything.settings
        self._cookie = re.compile(rf"(?:^|;\s*){browser.session_cookie_name_of(settings)}=([^;]*)")
        hsts = headers.hsts(https=settings.is_https, subdomains=settings.hsts_subdomains)
        self._always = [*headers.of_data(hsts=hsts).items(), ("Cache-Control", "no-store"), ("Content-Length", "0")]

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/authorize" or environ["REQUEST_METHOD"] != "GET":
            return self._app(environ, start_response)
        asked, secret = self._asked(environ), self._secret(environ)
        if asked is None or secret is None:
            return self._app(environ, start_response)
        began, trace = clock.monotonic(), tracing.begin_of(environ)
        try:
            outcome = authorize.advance(self._everything.provider, asked, session_secret=secret, journey=None)
        except Exception as failure:  # noqa: BLE001 - the application has a page for each, and is raised it again
            environ[_FOUND] = failure
            return self._app(environ, start_response)
        if isinstance(outcome, Question) or outcome.browser_state is None:
            environ[_FOUND] = outcome
            return self._app(environ, start_response)
        state = browser.state_cookie_of(self._everything, outcome.browser_state)
        tracing.log_request(ENDPOINT, "GET", 303, began)
        metrics.observe_request(ENDPOINT, 303, clock.monotonic() - began)
        told = [("Location", outcome.location), ("Set-Cookie", state), ("X-Trace-Id", trace)]
        start_response("303 See Other", told + self._always)
        return []

    def _asked(self, environ: Mapping[str, Any]) -> AuthorizationRequest | None:
        """The request, when it is one that a redirect may answer."""
        if not is_own_host(environ.get("HTTP_HOST", ""), self._everything.settings.host):
            return None
        try:
            sent = parameters.parse(str(environ.get("QUERY_STRING", "")).encode("latin-1"))
        except MalformedParameters:
            return None
        if sent.get("response_mode") == "form_post" or any(name in sent for name in _NOT_STRAIGHT):
            return None
        return AuthorizationRequest.from_wire(sent)

    def _secret(self, environ: Mapping[str, Any]) -> str | None:
        """The secret in the session cookie; None also when there are two of them."""
        held = self._cookie.findall(environ.get("HTTP_COOKIE", ""))
        return browser.secret_in(held[0]) if len(held) == 1 else None


def found_before(environ: Mapping[str, Any]) -> Answer | Question | None:
    """What the straight way found out about this request, if it went there; raises what was raised there."""
    found = environ.get(_FOUND)
    if isinstance(found, Exception):
        raise found
    return found
