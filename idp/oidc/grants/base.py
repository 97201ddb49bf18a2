"""What all grants share: the client is authenticated, may use the grant, and the tokens leave in one shape."""

from typing import Any, ClassVar

from authlib.oauth2.rfc6749.errors import InvalidRequestError, UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import BaseGrant, TokenEndpointMixin

from idp.oidc.engine import Call, Engine
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient
from idp.oidc.tokens.issuing import Issued

Response = tuple[int, dict[str, Any], dict[str, str]]


class Grant(BaseGrant, TokenEndpointMixin):
    """One `grant_type`; subclasses check in `validate_token_request` and issue in `create_token_response`."""

    GRANT_TYPE: ClassVar[str]
    request: Call
    server: Engine

    @property
    def provider(self) -> Provider:
        return self.server.provider

    def admitted_client(self) -> RegisteredClient:
        """The authenticated client, if it is registered for this grant."""
        client: RegisteredClient = self.authenticate_token_endpoint_client()
        if self.GRANT_TYPE not in client.metadata.grant_types:
            raise UnauthorizedClientError("this client is not registered for this grant type")
        return client

    def required(self, name: str) -> str:
        value = self.request.form.get(name)
        if value is None:
            raise InvalidRequestError(f"{name} is missing")
        return value

    @property
    def asked_resources(self) -> tuple[str, ...]:
        """The resources that this request names (RFC 8707 §2.2)."""
        return tuple(self.request.form.get("resource", "").split())

    def tokens(self, issued: Issued, **more: str) -> Response:
        """The token response (RFC 6749 §5.1)."""
        record = issued.record
        body = {
            "access_token": issued.token,
            "token_type": "Bearer",
            "expires_in": record.exp - record.iat,
            **({"scope": record.scope} if record.scope else {}),  # RFC 6749 §3.3: a scope is never empty
            **more,
        }
        return 200, body, {}
