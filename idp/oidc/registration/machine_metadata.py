"""What a machine may say of its site, read from JSON into checked metadata; every refusal names the member (RFC 7591 §3.2.2)."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from idp.core import ids, strict_json
from idp.oidc.authorization.rules import OidcError
from idp.oidc.registration import client_metadata, language_tags, metadata_rules
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.oidc.registration.client_uris import is_loopback_uri

SCOPE = "openid profile email address phone offline_access"
"""What a site may ask for that no operator has looked at; real names and the scopes of other servers are not in it."""
KNOWN = frozenset(ClientMetadata.model_fields) - frozenset(client_metadata.OURS)
_WORKED_OUT = ("localised", "require_pkce")
JSON = "application/json"
_DEPTH, _NODES = 8, 2000
_ANSWERED = ("registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at")
# Registered members that ask for a protection which is not given here: to ignore one would leave the site believing in it.
# `false` asks for nothing.
_NOT_OFFERED = (
    "tls_client_certificate_bound_access_tokens",  # RFC 8705 §3.4
    "dpop_bound_access_tokens",  # RFC 9449 §5.2
    "require_pushed_authorization_requests",  # RFC 9126 §6
    "authorization_signed_response_alg",  # JARM §3
    "authorization_encrypted_response_alg",
    "authorization_encrypted_response_enc",
    "backchannel_token_delivery_mode",  # CIBA §4
    "backchannel_client_notification_endpoint",
    "backchannel_authentication_request_signing_alg",
    "backchannel_user_code_parameter",
)


class RegistrationRefused(OidcError):
    """RFC 7591 §3.2.2, with a description in plain ASCII."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error, _ascii(description))


def read(body: bytes, content_type: str) -> dict[str, Any]:
    """The object that was sent (RFC 7591 §3.1); a null means that the member is left out (RFC 7592 §2.2)."""
    if content_type.partition(";")[0].strip().lower() != JSON:
        raise RegistrationRefused("invalid_client_metadata", f"the content type must be {JSON}")
    try:
        said = strict_json.load_object(body, depth=_DEPTH, nodes=_NODES)
    except ValueError as odd:
        raise RegistrationRefused("invalid_client_metadata", f"the body cannot be read as JSON: {odd}") from odd
    return {name: value for name, value in said.items() if value is not None}


def checked(said: Mapping[str, Any], *, is_development: bool, kept: ClientMetadata | None = None) -> ClientMetadata:
    """The metadata to register, completed by the defaults for sites that register themselves.

    `kept` is what a site that changes itself had before: what an operator added to it stays.
    """
    for name in _NOT_OFFERED:
        if said.get(name, False) is not False:
            raise RegistrationRefused("invalid_client_metadata", f"{name}: not offered here")
    wanted = {name: value for name, value in said.items() if name in KNOWN or language_tags.is_tagged(name)}
    try:
        metadata = ClientMetadata.of_machine(_completed(wanted, kept))
    except ValidationError as wrong:
        raise _refusal(wrong) from wrong
    if beyond := set(metadata.scopes) - set(SCOPE.split()) - set(kept.scopes if kept is not None else ()):
        raise RegistrationRefused(
            "invalid_client_metadata", f"scope: only an operator can give {' '.join(sorted(beyond))}"
        )
    if not is_development:
        _keep_tokens_from_loopback(metadata)
    return metadata


def require_own_identity(said: Mapping[str, Any], client_id: str, secrets: set[str]) -> None:
    """RFC 7592 §2.2: an update names its client, may repeat the secret (known by digest), and sets nothing that we give."""
    if said.get("client_id") != client_id:
        raise RegistrationRefused("invalid_client_metadata", "client_id: must be the id of this client")
    for name in _ANSWERED:
        if name in said:
            raise RegistrationRefused("invalid_client_metadata", f"{name}: must not be included")
    secret = said.get("client_secret")
    if secret is not None and (not isinstance(secret, str) or ids.digest(secret) not in secrets):
        raise RegistrationRefused("invalid_client_metadata", "client_secret: is not the secret of this client")


def _completed(wanted: dict[str, Any], kept: ClientMetadata | None) -> dict[str, Any]:
    """Defaults that are not the same as an operator's, and what an operator said."""
    wanted.setdefault("scope", SCOPE)
    wanted["require_pkce"] = wanted.get("token_endpoint_auth_method") == "none"
    if kept is not None:
        was_asked_to = kept.require_pkce and kept.token_endpoint_auth_method != "none"
        wanted |= {name: getattr(kept, name) for name in client_metadata.OURS if name not in _WORKED_OUT}
        wanted["require_pkce"] |= was_asked_to
    if "subject_type" not in wanted:
        wanted["subject_type"] = "pairwise" if _has_one_sector(wanted) else "public"
    return wanted


def _has_one_sector(wanted: Mapping[str, Any]) -> bool:
    uris = wanted.get("redirect_uris")
    if "sector_identifier_uri" in wanted or not isinstance(uris, list):
        return True
    try:
        return len(metadata_rules.sectors_of([uri for uri in uris if isinstance(uri, str)])) <= 1
    except ValueError:
        return True  # what is wrong with them is said by their own check


def _keep_tokens_from_loopback(metadata: ClientMetadata) -> None:
    """OpenID Registration §2: a web client of the implicit grant registers https only, and not localhost."""
    is_implicit = metadata.application_type == "web" and "implicit" in metadata.grant_types
    if is_implicit and any(is_loopback_uri(uri) for uri in metadata.redirect_uris):
        raise RegistrationRefused(
            "invalid_redirect_uri",
            "redirect_uris: a web client of the implicit grant needs https and a public host",
        )


def _refusal(wrong: ValidationError) -> RegistrationRefused:
    first = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
    text = first["msg"].removeprefix("Value error, ")
    member = str(first["loc"][0]) if first["loc"] else text.partition(":")[0]
    sentence = f"{member}: {text}" if first["loc"] else text
    return RegistrationRefused(
        "invalid_redirect_uri" if member == "redirect_uris" else "invalid_client_metadata", sentence
    )


def _ascii(text: str) -> str:
    """What error_description may hold (RFC 6749 §5.2)."""
    plain = "".join(c if " " <= c <= "~" and c not in '"\\' else "'" if c == '"' else "?" for c in text)
    return plain[:300]
