"""Request objects: an authorization request signed by its site (OpenID Connect Core §6, RFC 9101).

Opened once, before anything else is decided; from then on the request is one of plain parameters. What is inside counts
before what stands beside it. Where a client registered that it always signs, or an object calls itself one of RFC 9101,
only what is inside counts (RFC 9101 §6.3): a parameter that somebody added to the address has no say.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from authlib.oauth2.rfc6749.errors import InvalidRequestError

from idp.core import clock, logging
from idp.core.jwt import jose
from idp.core.jwt.jose import JoseRefused, Signed
from idp.oidc import parameters
from idp.oidc.authorization.request import PARAMETERS, AuthorizationRequest
from idp.oidc.authorization.request_uris import MAX_BYTES
from idp.oidc.authorization.rules import OidcError
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient

_TYPE = "oauth-authz-req+jwt"
_TYPES = {None, "jwt", _TYPE}
_CARRIERS = ("request", "request_uri")
_SKEW = 30
_log = logging.get("oidc.request_objects")


def opened(provider: Provider, client: RegisteredClient, asked: AuthorizationRequest) -> AuthorizationRequest:
    """The request with its object's parameters in place; an OAuth2Error when there is one that cannot be trusted."""
    by_value, by_reference = (asked.wire.get(name) for name in _CARRIERS)
    if by_value is None and by_reference is None:
        if client.metadata.require_signed_request_object:
            raise InvalidRequestError("this client must send a signed request object")
        return asked
    if by_value is not None and by_reference is not None:
        raise InvalidRequestError("request and request_uri exclude each other")
    text = by_value if by_value is not None else provider.request_uris.fetch(client, by_reference or "")
    try:
        signed = _verified(provider, client, text)
        is_all = client.metadata.require_signed_request_object or _type_of(signed.header) == _TYPE
        _check(signed, client, provider.issuer, is_all=is_all)
        inside = _parameters(signed.claims)
        return AuthorizationRequest.from_wire(_merged(asked, inside, client, is_all=is_all))
    except JoseRefused as refused:
        _log.info("refused", reason=refused.reason, client_id=client.client_id)
        raise OidcError("invalid_request_object", _SENTENCES.get(refused.reason, _SENTENCES["signature"])) from refused


_SENTENCES = {
    "signature": "the request object cannot be verified",
    "type": "the request object is a JWT of another kind",
    "expired": "the request object is expired or not valid yet",
    "issuer": "iss of the request object is not the client",
    "audience": "aud of the request object is not this issuer",
    "client": "client_id of the request object is not the client",
    "assertion": "the request object could be taken for a client assertion",
    "nested": "a request object holds no further request object",
    "parameter": "a parameter in the request object has a value of the wrong kind",
    "response_type": "response_type inside and outside the request object differ",
    "too_long": "the request object holds too much",
}


def _verified(provider: Provider, client: RegisteredClient, text: str) -> Signed:
    """The object whose signature is this client's; an encrypted one is signed inside (Core §6.1)."""
    if jose.is_encrypted(text):
        text = jose.read_encrypted(text, provider.keys.opener(), max_bytes=MAX_BYTES)
    registered = client.metadata.request_object_signing_alg
    algorithms = jose.SIGNATURES if registered is None else (registered,)
    return jose.read_signed(text, provider.client_keys.verifying(client), algorithms=algorithms, max_bytes=MAX_BYTES)


def _type_of(header: Mapping[str, Any]) -> str | None:
    """The media type that the object gives itself, in the short form (RFC 7515 §4.1.9)."""
    typ = header.get("typ")
    return str(typ).lower().removeprefix("application/") if typ is not None else None


def _check(signed: Signed, client: RegisteredClient, issuer: str, *, is_all: bool) -> None:
    """Whose object it is, for whom, for when, and that it is nothing else (Core §6.1, RFC 9101 §4, §6.3, §10.8)."""
    claims = signed.claims
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if _type_of(signed.header) not in _TYPES:
        raise JoseRefused("type")
    if (is_all or "iss" in claims) and claims.get("iss") != client.client_id:
        raise JoseRefused("issuer")
    if (is_all or "aud" in claims) and issuer not in audiences:
        raise JoseRefused("audience")
    if (is_all or "client_id" in claims) and claims.get("client_id") != client.client_id:
        raise JoseRefused("client")
    if claims.get("sub") == client.client_id:  # what our token endpoint would take for the client's proof of itself
        raise JoseRefused("assertion")
    if any(name in claims for name in _CARRIERS):
        raise JoseRefused("nested")
    now = clock.epoch()
    if not (_instant(claims, "exp", now) > now - _SKEW and _instant(claims, "nbf", now) <= now + _SKEW
            and _instant(claims, "iat", now) <= now + _SKEW):  # fmt: skip
        raise JoseRefused("expired")


def _instant(claims: Mapping[str, Any], name: str, otherwise: int) -> float:
    """A NumericDate (RFC 7519 §2)."""
    value = claims.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise JoseRefused("parameter")
    return value


def _parameters(claims: Mapping[str, Any]) -> dict[str, str]:
    """The authorization parameters inside, as they would stand in an address; an empty one counts as not sent."""
    inside = {name: _text(name, claims[name]) for name in PARAMETERS if claims.get(name) is not None}
    if sum(map(len, inside.values())) > parameters.MAX_BYTES:
        raise JoseRefused("too_long")
    return {name: value for name, value in inside.items() if value}


def _text(name: str, value: Any) -> str:
    match name, value:
        case _, str():
            return value
        case "max_age", int() if not isinstance(value, bool):
            return str(value)
        case (("claims" | "registration"), dict()):
            return orjson.dumps(value).decode("utf-8")
        case "resource", list() if all(isinstance(each, str) and " " not in each for each in value):
            return " ".join(value)
        case _:
            raise JoseRefused("parameter")


def _merged(
    asked: AuthorizationRequest, inside: Mapping[str, str], client: RegisteredClient, *, is_all: bool
) -> dict[str, str]:
    """What is inside before what is outside; `response_type`, given twice, must be the same (Core §6.1)."""
    beside = {name: value for name, value in asked.wire.items() if name not in _CARRIERS}
    types = [set(each["response_type"].split()) for each in (inside, beside) if "response_type" in each]
    if len(types) == 2 and types[0] != types[1]:
        raise JoseRefused("response_type")
    return {**({} if is_all else beside), **inside, "client_id": client.client_id}
