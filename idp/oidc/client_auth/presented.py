"""What a request says of its sender, in exactly one of the ways of saying it (RFC 6749 §2.3, RFC 7521 §4.2, RFC 8705 §2)."""

import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NoReturn
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError

from idp.core import certificates
from idp.core.jwt import jose
from idp.core.jwt.jose import JoseRefused

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Way(Enum):
    """How a client's name, and maybe its proof, came along."""

    BASIC = auto()
    POST = auto()
    ASSERTION = auto()
    NAME = auto()  # the id alone: a public client, or one that its TLS certificate proves


@dataclass(slots=True, eq=False)  # not frozen: that would triple what making one costs, at every call of a site
class Presented:
    """What a request says of its sender; nothing of it is believed yet."""

    way: Way
    client_id: str
    proof: str = field(default="", repr=False)
    certificate: certificates.Presented | None = field(default=None, repr=False)
    endpoint: str = ""
    """The URL that was called: one of the audiences that an assertion may name."""


def read(
    authorization: str | None,
    form: Mapping[str, str],
    *,
    certificate: certificates.Presented | None = None,
    endpoint: str = "",
) -> Presented:
    """What is presented; a request with two proofs is refused before either is looked at (RFC 6749 §2.3)."""
    has_assertion = "client_assertion" in form or "client_assertion_type" in form
    has_secret = "client_secret" in form
    if has_assertion + has_secret + (authorization is not None) > 1:
        raise InvalidRequestError("more than one method of client authentication is used")
    if authorization is not None:
        return _of_header(authorization, form)
    if has_assertion:
        return Presented(Way.ASSERTION, *_of_assertion(form), endpoint=endpoint)
    if "client_id" not in form:
        _refuse("client authentication is missing")
    if has_secret:
        return Presented(Way.POST, form["client_id"], form["client_secret"])
    return Presented(Way.NAME, form["client_id"], certificate=certificate)


def _of_header(authorization: str, form: Mapping[str, str]) -> Presented:
    if authorization[:6].lower() != "basic ":
        _refuse("this authentication scheme is not offered")
    client_id, secret = _from_basic(authorization[6:])
    if form.get("client_id", client_id) != client_id:
        raise InvalidRequestError("client_id differs from the authenticated client")
    return Presented(Way.BASIC, client_id, secret)


def _from_basic(encoded: str) -> tuple[str, str]:
    """The two halves, each form-urlencoded before they were joined (RFC 6749 §2.3.1)."""
    try:
        text = binascii.a2b_base64(encoded.strip(), strict_mode=True).decode("utf-8")
        client_id, colon, secret = text.partition(":")
        if not colon:
            raise ValueError
        if "%" not in text and "+" not in text:  # as most ids and secrets are
            return client_id, secret
        return unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except (binascii.Error, ValueError):
        _refuse("the Basic credentials cannot be read")


def _of_assertion(form: Mapping[str, str]) -> tuple[str, str]:
    """Whom the assertion names, and the assertion; `client_id` is not needed, but may not differ (RFC 7521 §4.2)."""
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise InvalidRequestError("client_assertion_type is missing or not offered")
    if "client_assertion" not in form:
        raise InvalidRequestError("client_assertion is missing")
    try:
        named = jose.unverified_claims(form["client_assertion"]).get("sub")
    except JoseRefused:
        _refuse("the client assertion cannot be read")
    if not isinstance(named, str) or form.get("client_id", named) != named:
        _refuse("the client assertion does not name the client")
    return named, form["client_assertion"]


def _refuse(description: str) -> NoReturn:
    raise InvalidClientError(description, status_code=401)
