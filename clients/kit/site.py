"""How a relying site is put together: settings, sessions, the centre, headers, and pages for when things go wrong."""

import logging
import secrets
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode, urlsplit

import requests
from flask import Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from clients.kit import context, masking, notices, sign_on, sign_out, silent
from clients.kit.centre import connect
from clients.kit.forms import form_token
from clients.kit.journey import Ask
from clients.kit.notices import Notice, log_as, show
from clients.kit.sessions import Sessions
from clients.kit.settings import Settings


def create_site(
    name: str,
    import_name: str,
    settings: Settings | None = None,
    *,
    sign_in: Ask | None = None,
    explain: Callable[[str, str], Notice | None] = notices.no_words_of_its_own,
) -> Flask:
    """A Flask application that knows how to sign people in.

    `sign_in` is what the sign-in button asks for; `explain` may put a refusal of the centre into the site's own words.
    """
    settings = settings or Settings.from_environment()
    site = Flask(import_name)
    site.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_SECURE=settings.is_secure,
        COOKIE_PREFIX=f"__Host-{name}" if settings.is_secure else name,
        MAX_CONTENT_LENGTH=64 * 1024,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    site.extensions.update(
        settings=settings,
        sessions=Sessions(settings.data),
        centre=connect(site, settings),
        sign_in_ask=sign_in or Ask(),
        explain=explain,
        pages=set(),
    )
    logging.getLogger("authlib").setLevel(logging.INFO)  # at DEBUG it writes down code verifiers
    site.register_blueprint(sign_on.bp)
    site.register_blueprint(sign_out.bp)
    site.before_request(_number)
    site.before_request(silent.look_up)
    site.after_request(silent.remember_tried)
    site.after_request(_protect)
    site.context_processor(_words)
    site.template_filter("masked_id")(masking.resident_id)
    site.template_filter("masked_phone")(masking.phone)
    site.register_error_handler(requests.RequestException, _centre_is_down)
    site.register_error_handler(HTTPException, _http_error)
    site.add_url_rule("/healthz", "healthz", lambda: ("ok\n", 200, {"Content-Type": "text/plain"}))
    return site


def page(site: Flask, path: str) -> Callable[[Callable[..., ResponseReturnValue]], Callable[..., ResponseReturnValue]]:
    """Register a page for people: opened without a session, it first asks the centre silently."""

    def register(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
        site.add_url_rule(path, view.__name__, view, methods=["GET"])
        site.extensions["pages"].add(view.__name__)
        return view

    return register


def _number() -> None:
    g.trace = secrets.token_hex(4).upper()


def _words() -> dict[str, object]:
    """What every template may say: who is here, where the neighbours are, where sign-in leads back to."""
    settings = context.settings()
    return {
        "visitor": context.visitor(),
        "peers": settings.peers,
        "centre": settings.peers.get("centre", settings.issuer),
        "csrf_token": form_token,
        "sign_in_url": f"/sign-in?{urlencode({'next': _return_to()})}",
    }


def _return_to() -> str:
    is_page = request.endpoint in current_app.extensions["pages"]
    return request.full_path.rstrip("?") if is_page and request.args.get("sso") != "off" else "/"


def _protect(response: Response) -> Response:
    """The same strict headers on everything; what a page shows of a person is kept by no cache."""
    issuer = urlsplit(context.settings().issuer)
    response.headers.update(
        {
            # A sign-out form is answered by a redirect to the centre, which form-action must allow.
            "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
            f" form-action 'self' {issuer.scheme}://{issuer.netloc}; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "strict-origin-when-cross-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
            "Cross-Origin-Opener-Policy": "same-origin",
        }
    )
    if context.settings().is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def _centre_is_down(outage: requests.RequestException) -> ResponseReturnValue:
    log_as(type(outage).__name__)
    again = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return show(replace(notices.UNAVAILABLE, action=("再试一次", again)))


def _http_error(error: HTTPException) -> ResponseReturnValue:
    return show(notices.of_status(error.code or 500))
