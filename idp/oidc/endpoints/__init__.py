"""The protocol's HTTP face: thin modules that read, call a rule-holding module, and answer; one file an endpoint."""

from flask import Flask

from idp.oidc.endpoints import (
    authorize,
    check_session,
    device_authorization,
    end_session,
    introspect,
    mandate_check,
    revoke,
    token,
    userinfo,
)
from idp.oidc.endpoints import register as registration

# What sites call: JSON, no browser, answered without Flask (`idp.edge.site_calls`).
FOR_SITES = {
    "/token": token.ENDPOINT,
    "/userinfo": userinfo.ENDPOINT,
    "/introspect": introspect.ENDPOINT,
    "/revoke": revoke.ENDPOINT,
    "/clients": registration.ENDPOINT,
    mandate_check.PATH: mandate_check.ENDPOINT,
    device_authorization.PATH: device_authorization.ENDPOINT,
}
# Visitors' browsers post here from other sites; each of these guards itself by the protocol's own means.
WITHOUT_CSRF = ("authorize.authorize", "end_session.end_session")


def register(app: Flask) -> None:
    """Add the endpoints that browsers come to."""
    for module in (authorize, check_session, end_session):
        app.register_blueprint(module.bp)
