"""The protocol's HTTP face: thin blueprints that read, call a rule-holding module, and answer; one file an endpoint."""

from flask import Flask

from idp.oidc.endpoints import authorize, end_session, introspect, revoke, token, userinfo

# Endpoints that sites call, which answer in JSON and take no browser session.
API = (token, userinfo, introspect, revoke)
# Sites and their visitors' browsers post here from elsewhere; each of these guards itself by the protocol's own means.
WITHOUT_CSRF = (
    "token.token", "userinfo.claims", "introspect.introspection", "revoke.revocation",
    "authorize.authorize", "end_session.end_session",
)  # fmt: skip


def register(app: Flask) -> None:
    """Add every endpoint to the application."""
    for module in (*API, authorize, end_session):
        app.register_blueprint(module.bp)
