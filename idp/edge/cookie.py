"""The browser's signed cookie as Flask keeps it, left alone on the endpoints that sites call: no browser is there."""

import flask
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from idp.edge.pages import API_PATHS


class BrowserCookie(SecureCookieSessionInterface):
    """Flask's own, except that a site's call neither pays for reading a cookie nor can be given one."""

    def open_session(self, app: flask.Flask, request: flask.Request) -> SecureCookieSession | None:
        if request.path in API_PATHS:
            return self.make_null_session(app)
        return super().open_session(app, request)
