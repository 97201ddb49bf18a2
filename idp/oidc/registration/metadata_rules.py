"""How the members of a registration must fit together, as one list of rules that can be read aloud.

Each raises ValueError with the member's name in front, in plain ASCII.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from idp.core import distinguished_names
from idp.core.distinguished_names import MalformedName
from idp.oidc.registration import client_uris
from idp.oidc.registration.client_uris import host_of, origin_of

if TYPE_CHECKING:
    from idp.oidc.registration.client_metadata import ClientMetadata

WITH_SECRET = frozenset({"client_secret_basic", "client_secret_post", "client_secret_jwt"})
SCOPES = ("openid", "profile", "email", "address", "phone", "realname", "verified", "legal", "offline_access")
CLAIM, VOUCHED = "claim:", "verified:"
"""What marks a single claim, and one that is vouched for with its evidence, among the scope words of a consent."""
_SCOPE_WORD = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]{1,64}", re.ASCII)  # RFC 6749 §3.3
_REDIRECTED = {"authorization_code", "implicit"}
_SUBJECTS = ("subject_dn", "san_dns", "san_uri", "san_ip", "san_email")
_ENCRYPTED = ("id_token", "userinfo", "introspection")
# What we add to each address when we send a browser there.
_ADDED = {
    "redirect_uris": frozenset(
        {"code", "state", "iss", "session_state", "id_token", "access_token", "token_type", "expires_in", "scope",
         "error", "error_description", "error_uri", "response"}
    ),
    "post_logout_redirect_uris": frozenset({"state"}),
    "initiate_login_uri": frozenset({"iss", "login_hint", "target_link_uri"}),
    "frontchannel_logout_uri": frozenset({"iss", "sid"}),
}  # fmt: skip


def is_scope_word(word: str) -> bool:
    return _SCOPE_WORD.fullmatch(word) is not None


def grants_for(response_types: Sequence[Any]) -> list[str]:
    """The grant types that these response types need (RFC 7591 §2.1)."""
    words = {word for each in response_types if isinstance(each, str) for word in each.split()}
    by_code = ["authorization_code"] if "code" in words else []
    return by_code + (["implicit"] if words & {"token", "id_token"} else [])


def response_types_for(grant_types: Sequence[Any]) -> list[str]:
    """The response types of a client that names its grant types only (RFC 7591 §2.1, OpenID Registration §2)."""
    if "authorization_code" in grant_types:
        return ["code"]
    return ["id_token", "id_token token"] if "implicit" in grant_types else []


def browsers_come_back(m: ClientMetadata) -> None:
    """RFC 7591 §2: whoever works with redirects registers where to."""
    if (m.response_types or _REDIRECTED & set(m.grant_types)) and not m.redirect_uris:
        raise ValueError("redirect_uris: a client that sends browsers here needs at least one")


def addresses_leave_room_for_answers(m: ClientMetadata) -> None:
    """RFC 6749 §3.1: no parameter of an answer comes twice, so none may stand in the address already."""
    for member, ours in _ADDED.items():
        given = getattr(m, member) or ()
        for uri in (given,) if isinstance(given, str) else given:
            if taken := ours & {name for name, _ in parse_qsl(urlsplit(uri).query, keep_blank_values=True)}:
                raise ValueError(
                    f"{member}: its query must not hold {' '.join(sorted(taken))}, which the answer brings"
                )


def apps_alone_have_schemes(m: ClientMetadata) -> None:
    """RFC 8252 §7.1: a scheme of one's own belongs to an app on a device."""
    for name in ("redirect_uris", "post_logout_redirect_uris"):
        if m.application_type != "native" and any(client_uris.is_private_use(uri) for uri in getattr(m, name)):
            raise ValueError(f"{name}: must be https URIs; a scheme of its own is for application_type native")


def response_types_have_their_grants(m: ClientMetadata) -> None:
    """RFC 7591 §2.1: no client registers itself into a state that contradicts itself."""
    for response_type in m.response_types:
        if missing := set(grants_for([response_type])) - set(m.grant_types):
            raise ValueError(f"response_types: {response_type} needs grant_types {' '.join(sorted(missing))}")


def public_clients_act_for_people(m: ClientMetadata) -> None:
    """RFC 6749 §4.4: who cannot prove itself cannot act for itself."""
    if m.token_endpoint_auth_method == "none" and "client_credentials" in m.grant_types:
        raise ValueError("grant_types: client_credentials needs a client that authenticates")


def keys_come_one_way(m: ClientMetadata) -> None:
    """RFC 7591 §2: by value or by reference, never both."""
    if m.jwks is not None and m.jwks_uri is not None:
        raise ValueError("jwks: must not be given together with jwks_uri")


def methods_have_their_material(m: ClientMetadata) -> None:
    """OpenID Connect Core §9, RFC 8705 §2.1.2, §2.2.2."""
    method, alg = m.token_endpoint_auth_method, m.token_endpoint_auth_signing_alg
    if method in {"private_key_jwt", "self_signed_tls_client_auth"} and m.jwks is None and m.jwks_uri is None:
        raise ValueError(f"token_endpoint_auth_method: {method} needs jwks or jwks_uri")
    subjects = [name for name in _SUBJECTS if getattr(m, f"tls_client_auth_{name}") is not None]
    if method == "tls_client_auth" and len(subjects) != 1:
        raise ValueError(
            "token_endpoint_auth_method: tls_client_auth needs exactly one tls_client_auth_ subject member"
        )
    kind = {"private_key_jwt": False, "client_secret_jwt": True}.get(method)
    if alg is not None and kind is not None and kind != alg.startswith("HS"):
        raise ValueError(f"token_endpoint_auth_signing_alg: {alg} is no algorithm of {method}")


def names_of_certificates_can_be_read(m: ClientMetadata) -> None:
    """RFC 8705 §2.1.2: a name that no certificate could hold would only shut its site out."""
    try:
        if m.tls_client_auth_subject_dn is not None:
            distinguished_names.parse(m.tls_client_auth_subject_dn)
        if m.tls_client_auth_san_ip is not None:
            ipaddress.ip_address(m.tls_client_auth_san_ip)
    except MalformedName as odd:
        raise ValueError(f"tls_client_auth_subject_dn: {odd}") from odd
    except ValueError as odd:
        raise ValueError("tls_client_auth_san_ip: is no IP address") from odd


def encryptions_have_keys(m: ClientMetadata) -> None:
    """OpenID Registration §2: enc needs alg; and we can encrypt only to a key of the client."""
    for family in (*(f"{name}_encrypted_response" for name in _ENCRYPTED), "request_object_encryption"):
        if getattr(m, f"{family}_enc") is not None and getattr(m, f"{family}_alg") is None:
            raise ValueError(f"{family}_enc: needs {family}_alg")
    for name in _ENCRYPTED:
        member = f"{name}_encrypted_response_alg"
        if getattr(m, member) is not None and m.jwks is None and m.jwks_uri is None:
            raise ValueError(f"{member}: needs jwks or jwks_uri, which hold the key to encrypt to")


def pairwise_needs_one_sector(m: ClientMetadata) -> None:
    """OpenID Connect Core §8.1."""
    if m.subject_type == "pairwise" and m.sector_identifier_uri is None and len(sectors_of(m.redirect_uris)) > 1:
        raise ValueError("sector_identifier_uri: needed for a pairwise subject with redirect_uris on several hosts")


def frames_are_the_sites_own(m: ClientMetadata) -> None:
    """Front-Channel Logout §2: scheme, host and port are those of a redirect URI."""
    uri = m.frontchannel_logout_uri
    if uri is not None and origin_of(uri) not in {origin_of(each) for each in m.redirect_uris}:
        raise ValueError("frontchannel_logout_uri: must have the scheme, host and port of one of redirect_uris")


def scope_is_made_of_words(m: ClientMetadata) -> None:
    """Whether somebody knows the word is asked where clients are registered: resource servers add their own."""
    if any(not is_scope_word(word) for word in m.scopes):
        raise ValueError("scope: holds what is not a scope word")


def organisations_are_told_to_those_who_serve_them(m: ClientMetadata) -> None:
    if "legal" in m.scopes and not m.serves_organisations:
        raise ValueError("scope: legal is for a site that serves organisations")


def a_sign_in_starts_over_tls(m: ClientMetadata) -> None:
    """OpenID Registration §2: https, here on loopback as well; an operator may write down a site under development."""
    if m.initiate_login_uri is not None and not m.initiate_login_uri.startswith("https://"):
        raise ValueError("initiate_login_uri: must be an https URI")


def an_operator_names_the_site(m: ClientMetadata) -> None:
    """What citizens read and where the lost among them start again."""
    if m.client_name is None:
        raise ValueError("client_name: needed; it is what citizens read")
    if m.client_uri is None:
        raise ValueError("client_uri: needed; it is the site's front page")
    if m.application_type == "web" and m.initiate_login_uri is None and m.redirect_uris:
        raise ValueError("initiate_login_uri: needed, so that a lost visitor can start again")


RULES: tuple[Callable[[ClientMetadata], None], ...] = (
    browsers_come_back,
    addresses_leave_room_for_answers,
    apps_alone_have_schemes,
    response_types_have_their_grants,
    public_clients_act_for_people,
    keys_come_one_way,
    methods_have_their_material,
    names_of_certificates_can_be_read,
    encryptions_have_keys,
    pairwise_needs_one_sector,
    frames_are_the_sites_own,
    scope_is_made_of_words,
    organisations_are_told_to_those_who_serve_them,
)


def check(metadata: ClientMetadata, *, by_machine: bool) -> None:
    """Apply every rule in order; the first that fails raises."""
    for rule in RULES:
        rule(metadata)
    if by_machine:
        a_sign_in_starts_over_tls(metadata)
    else:
        an_operator_names_the_site(metadata)


def sectors_of(redirect_uris: Sequence[str]) -> set[str]:
    """The hosts that a pairwise subject would be about (ports do not count: Core §8.1 speaks of the host)."""
    return {host_of(uri) if client_uris.is_private_use(uri) else _host(uri) for uri in redirect_uris}


def _host(uri: str) -> str:
    return (urlsplit(uri).hostname or "").lower()
