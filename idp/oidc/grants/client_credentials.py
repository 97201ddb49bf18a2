"""`grant_type=client_credentials`: a site acts for itself; no person is involved (RFC 6749 §4.4)."""

from authlib.oauth2.rfc6749.errors import InvalidScopeError

from idp.oidc import standard_claims
from idp.oidc.grants.base import Grant, Response

_ABOUT_A_PERSON = {"openid", *standard_claims.SCOPE_CLAIMS, "offline_access"}


class ClientCredentialsGrant(Grant):
    GRANT_TYPE = "client_credentials"

    def validate_token_request(self) -> None:
        client = self.admitted_client()
        wanted = self.request.form.get("scope", "").split()
        if any(word in _ABOUT_A_PERSON or word not in client.metadata.scopes for word in wanted):
            raise InvalidScopeError("this scope is not granted to a client acting for itself")
        self.scope = " ".join(wanted)

    def create_token_response(self) -> Response:
        tokens = self.provider.access_tokens
        token, record = tokens.new(self.client.client_id, self.scope)
        tokens.keep(token, record)
        return self.tokens(token, self.scope)
