"""Authlib's authorization server as the token endpoint's engine: it picks the grant and renders errors.

Requests are read by our strict parser, clients come from our registry, and every grant is a small class in `grants/`.
Where the line to Authlib runs, and why, is told in docs/decisions.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidRequestError, OAuth2Error, UnsupportedGrantTypeError
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from idp.core import certificates
from idp.oidc import client_authentication, site_errors
from idp.oidc.parameters import MalformedParameters
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient

ProtocolError = OAuth2Error
"""An OAuth error, by the name under which the rooms above may catch it."""

JSON_HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store", "Pragma": "no-cache"}


class Call(OAuth2Request):
    """One POST of a site to us, already parsed."""

    def __init__(
        self, uri: str, form: Mapping[str, str], authorization: str | None, address: str,
        certificate: certificates.Presented | None = None,
    ) -> None:  # fmt: skip
        super().__init__("POST", uri, headers={})
        self.payload = BasicOAuth2Payload(form)
        self.authorization = authorization
        self.address = address
        self.certificate = certificate

    @property
    def form(self) -> Mapping[str, str]:
        values: Mapping[str, str] = self.payload.data
        return values


class TokenAnswer:
    """An answer ready to leave: status, JSON bytes and headers."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, body: Any, headers: Mapping[str, str]) -> None:
        self.status = status
        self.body = orjson.dumps(body)
        self.headers = {**JSON_HEADERS, **headers}


class JwtAnswer(TokenAnswer):
    """A JWT ready to leave under its own media type."""

    __slots__ = ()

    def __init__(self, token: str, media_type: str, headers: Mapping[str, str]) -> None:
        self.status = 200
        self.body = token.encode("ascii")
        self.headers = {**JSON_HEADERS, **headers, "Content-Type": media_type}


class Engine(AuthorizationServer):
    """The engine of the endpoints that sites call."""

    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self.provider = provider

    def answer(self, call: Call) -> TokenAnswer:
        """The token response, or the error (RFC 6749 §5)."""
        if not call.payload.grant_type:
            return self.handle_error_response(
                call, OAuth2Error(error="invalid_request", description="grant_type is missing")
            )
        answered: TokenAnswer = self.create_token_response(call)
        return answered

    def authenticate_client(self, request: Call, methods: Any, endpoint: str = "token") -> RegisteredClient:
        client = client_authentication.authenticate(
            self.provider, request.authorization, request.form,
            address=request.address, certificate=request.certificate, audience=request.uri,
        )  # fmt: skip
        request.client = client
        return client

    def create_oauth2_request(self, request: Call) -> Call:
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> TokenAnswer:
        return TokenAnswer(status, body, dict(headers))

    def handle_error_response(self, request: Call, error: OAuth2Error) -> TokenAnswer:
        if isinstance(client := request.client, RegisteredClient):
            site_errors.of_token(self.provider, client, error)
        return error_answer(error)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens: what matters is written to the audit trail where it happens."""


def malformed_answer(malformed: MalformedParameters) -> TokenAnswer:
    """The answer to a request that cannot be read (RFC 6749 §5.2)."""
    return error_answer(InvalidRequestError(malformed.reason))


def error_answer(error: OAuth2Error) -> TokenAnswer:
    """The JSON error of RFC 6749 §5.2; 401 names the scheme and nothing else."""
    described = None if isinstance(error, UnsupportedGrantTypeError) else error.get_error_description()
    body = {"error": error.error} | ({"error_description": described} if described else {})
    headers = {"WWW-Authenticate": 'Basic realm="token", charset="UTF-8"'} if error.status_code == 401 else {}
    return TokenAnswer(error.status_code or 400, body, headers)
