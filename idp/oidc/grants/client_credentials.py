"""`grant_type=client_credentials`: a site acts for itself; no person is involved (RFC 6749 §4.4, RFC 8707 §2.2)."""

from authlib.oauth2.rfc6749.errors import InvalidScopeError

from idp.oidc import resources
from idp.oidc.grants.base import Grant, Response
from idp.oidc.registration.client_metadata import SCOPES
from idp.oidc.resources import Target
from idp.oidc.tokens import issuing


class ClientCredentialsGrant(Grant):
    GRANT_TYPE = "client_credentials"

    def validate_token_request(self) -> None:
        client = self.admitted_client()
        wanted = list(dict.fromkeys(self.request.form.get("scope", "").split()))
        if any(word in SCOPES or word not in client.scopes for word in wanted):
            raise InvalidScopeError("this scope is not granted to a client acting for itself")
        asked = self.asked_resources
        self.target_of_token = self._target(asked, wanted) if asked or wanted else Target("")

    def create_token_response(self) -> Response:
        return self.tokens(issuing.for_client(self.provider, self.client, self.target_of_token))

    def _target(self, asked: tuple[str, ...], wanted: list[str]) -> Target:
        """The named servers with the named scope, either of which stands for the other where it is left out."""
        known, issuer = self.provider.resource_servers.known(), self.provider.issuer
        chosen = resources.required(known, issuer, self.client, asked) or resources.owners(known, issuer, wanted)
        words = wanted or resources.words_of(known, issuer, chosen, self._own_words())
        if len(resources.words_of(known, issuer, chosen, words)) < len(words):
            raise InvalidScopeError("this scope belongs to no resource that is asked for")
        return resources.aimed(known, issuer, chosen, words)

    def _own_words(self) -> list[str]:
        return [word for word in self.client.metadata.scopes if word not in SCOPES]
