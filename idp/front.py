"""What surrounds the application: its cookies, what every request passes, and the WSGI layers in front of Flask."""

from datetime import timedelta

import flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.datastructures import ImmutableMultiDict

from idp.admin import imports, policies
from idp.admin.api import door
from idp.admin.api import room as api
from idp.config import Settings
from idp.core.crypto import Keyring, Purpose
from idp.edge import headers, proxy, tracing
from idp.edge.deadlines import Bounded
from idp.edge.services import Services
from idp.edge.site_calls import MAX_BODY, SiteCalls
from idp.edge.straight import Straight
from idp.edge.wellknown import WellKnown
from idp.oidc import discovery, endpoints
from idp.oidc.client_auth.offer import Offer
from idp.web import face
from idp.workbench.api import door as departments


def configure(app: flask.Flask, settings: Settings, keyring: Keyring) -> None:
    browser_keys = [key.material.hex() for key in keyring.all_of(Purpose.BROWSER)]
    app.config.update(
        SECRET_KEY=browser_keys[0],
        SECRET_KEY_FALLBACKS=browser_keys[1:],
        SESSION_COOKIE_NAME="__Host-idp_browser" if settings.is_https else "idp_browser",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=400),
        MAX_CONTENT_LENGTH=MAX_BODY,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),  # the address of a static file changes with its content
        MAX_FORM_PARTS=100,
        WTF_CSRF_TIME_LIMIT=None,  # the token lives as long as the browser's own cookie: no page expires while it is read
        WTF_CSRF_SSL_STRICT=False,  # our pages send no referrer
    )


def guard(app: flask.Flask, settings: Settings) -> None:
    """What every request passes on its way in and every answer on its way out."""
    csrf = CSRFProtect()
    hsts = headers.hsts(https=settings.is_https, subdomains=settings.hsts_subdomains)

    @app.before_request
    def come_in() -> None:
        tracing.begin()
        request = flask.request
        proxy.require_own_host(request.host, settings.host, request.path)
        sent = (request.method, request.path, request.mimetype)
        longest = face.longest_body(*sent) or imports.longest_body(*sent) or policies.longest_body(*sent)
        longest = longest or api.longest_body(request.method, request.path) or MAX_BODY
        request.max_content_length = longest  # a body without a length is cut there too
        if (request.content_length or 0) > longest:
            request.form = ImmutableMultiDict()  # the error page may ask for it, and must not try to read it
            flask.abort(413)

    csrf.init_app(app)
    for name in (*endpoints.WITHOUT_CSRF, *face.WITHOUT_CSRF):
        csrf.exempt(app.view_functions[name])

    csrf.exempt(door.bp)  # no cookie opens either
    csrf.exempt(departments.bp)

    @app.after_request
    def go_out(response: flask.Response) -> flask.Response:
        return tracing.finish(headers.finish(response, hsts=hsts))


def put_in_front(app: flask.Flask, everything: Services) -> None:
    """The WSGI layers in front of Flask, outermost last."""
    settings = everything.settings
    offer = Offer.of(settings)
    document = discovery.validated_bytes(
        settings.issuer,
        offer,
        registers=settings.client_registration != "closed",
        reach=everything.provider.reach,
        verified=everything.provider.verified,
    )

    def jwks() -> tuple[bytes, str]:
        current = everything.provider.keys.current()
        return current.jwks, current.etag

    for_sites = SiteCalls(app.wsgi_app, everything, endpoints.FOR_SITES)
    inner = WellKnown(
        Straight(for_sites, everything),
        {
            "/.well-known/openid-configuration": lambda: document,
            "/.well-known/oauth-authorization-server": lambda: document,
            "/jwks": jwks,
        },
    )
    scheme = "https" if settings.is_https else "http"
    trusted, header = settings.trusted_proxies, settings.client_certificate_header
    outermost = proxy.ProxyTrust(Bounded(inner), trusted=trusted, scheme=scheme, certificate_header=header)
    app.wsgi_app = outermost  # type: ignore[method-assign]
