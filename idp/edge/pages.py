"""Error pages: what happened, what to do now, and a number to quote; never a dead end, never JSON for a browser."""

import flask
import werkzeug.exceptions
from flask import Flask
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext
from flask_wtf.csrf import CSRFError
from werkzeug.datastructures import ImmutableMultiDict

from idp.core import logging
from idp.core.errors import DomainError
from idp.edge import described
from idp.edge.services import services
from idp.oidc.registration.client_metadata import DYNAMIC
from idp.oidc.registration.clients import RegisteredClient
from idp.oidc.registration.registrar import OPEN

_log = logging.get("edge.pages")

_KINDS = {
    400: "bad_request",
    401: "forbidden",
    403: "forbidden",
    404: "not_found",
    405: "method",
    413: "too_large",
    414: "too_large",
    421: "not_found",
    429: "too_many",
    503: "unavailable",
}


def refusal(
    kind: str,
    status: int,
    *,
    client: RegisteredClient | None = None,
    reason: str = "",
    message: str = "",
    retry_after: int | None = None,
) -> ResponseReturnValue:
    """An error page; `client` gives it a way back to that site's own start."""
    _log.info("refused", kind=kind, reason=reason, client_id=client.client_id if client is not None else None)
    way_on = None
    if client is not None and client.start_uri and not is_stranger(client):
        way_on = {"url": client.start_link(services().settings.issuer), "name": client.name(locale())}
    minutes = -(-retry_after // 60) if retry_after is not None else None
    page = flask.render_template("error.html", kind=kind, way_on=way_on, message=message, retry_after=minutes)
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
    return page, status, headers


def is_stranger(client: RegisteredClient) -> bool:
    """Whether nobody at all stands behind this site: it registered itself where anybody may (RFC 7591 §5)."""
    return client.origin == DYNAMIC and services().settings.client_registration == OPEN


def wish_language(ui_locales: str) -> None:
    """Note the languages that the site wants this page in (`ui_locales`), before anything of it is rendered."""
    if ui_locales:
        flask.g.ui_locales = tuple(ui_locales.split())


def locale() -> str:
    """The language of the page in hand: `en` or `zh`."""
    return "en" if str(get_locale()).startswith("en") else "zh"


def init_app(app: Flask) -> None:
    """Answer every failure of a request in the form that its caller understands."""

    @app.errorhandler(CSRFError)
    def on_csrf(error: CSRFError) -> ResponseReturnValue:
        return refusal("csrf", 400, reason="csrf")

    @app.errorhandler(DomainError)
    def on_domain_error(error: DomainError) -> ResponseReturnValue:
        return refusal(_KINDS.get(error.status, "bad_request"), error.status, reason=error.code,
                       message=gettext(error.sentence), retry_after=error.retry_after)  # fmt: skip

    @app.errorhandler(werkzeug.exceptions.HTTPException)
    def on_http_error(error: werkzeug.exceptions.HTTPException) -> ResponseReturnValue:
        status = error.code or 500
        if status == 413:
            flask.request.form = ImmutableMultiDict()  # the page may ask for it, and must not stumble over it again
        if error.response is not None and status < 400:
            return error.get_response()
        if (answer := described.failed(error)) is not None:
            return answer
        kind = _KINDS.get(status, "server" if status >= 500 else "bad_request")
        answer = app.make_response(refusal(kind, status))
        for name, value in error.get_headers():
            if name in {"Allow", "Retry-After"}:
                answer.headers[name] = value
        return answer

    @app.errorhandler(Exception)
    def on_failure(error: Exception) -> ResponseReturnValue:
        _log.error("failed", endpoint=flask.request.endpoint, exc_info=error)
        return described.failed(werkzeug.exceptions.InternalServerError()) or refusal("server", 500)
