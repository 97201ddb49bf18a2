"""What a department must say of its site beyond what registration asks: why, on which ground, and addresses that are safe.

Each rule answers codes of what is missing, by member; pages put them into words.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from idp.oidc.registration.client_metadata import ClientMetadata
from idp.sites import addresses

SENSITIVE: Final = ("realname", "verified", "legal", "phone", "address", "profile")
"""Scopes by which a name, a number, a phone or an address goes out: each with its purpose and its ground in law."""
SECOND_PERSON: Final = frozenset(SENSITIVE)
"""Those that two operators allow."""
WITH_PURPOSE: Final = (*SENSITIVE, "email", "offline_access")
LISTED_DOORS: Final = ("redirect_uris", "post_logout_redirect_uris", "request_uris")
"""Addresses of which one more is one more place that answers, people or requests come to or from."""
DOORS: Final = (
    *LISTED_DOORS, "initiate_login_uri", "backchannel_logout_uri", "frontchannel_logout_uri", "jwks_uri", "jwks",
    "sector_identifier_uri", "token_endpoint_auth_method", "tls_client_auth_subject_dn", "tls_client_auth_san_dns",
    "tls_client_auth_san_uri", "tls_client_auth_san_ip", "tls_client_auth_san_email",
)  # fmt: skip
"""Members by which somebody else could come to receive what a site gets: where answers go, and how the site proves itself."""


@dataclass(frozen=True, slots=True)
class Problem:
    """`member` is the one it is about, `value` the address or scope in question."""

    member: str
    code: str
    value: str = ""


def safe_addresses(m: ClientMetadata) -> Iterator[Problem]:
    is_native = m.application_type == "native"
    for member, purpose in (("redirect_uris", addresses.REDIRECT), ("post_logout_redirect_uris", addresses.LOGOUT)):
        for uri, code in addresses.refusals(getattr(m, member), purpose=purpose, is_native=is_native):
            yield Problem(member, code, uri)
    for member in ("client_uri", "initiate_login_uri", "backchannel_logout_uri", "frontchannel_logout_uri", "jwks_uri"):
        uri = getattr(m, member)
        if uri is not None:
            for _, code in addresses.refusals([uri], purpose=addresses.WEB, is_native=is_native):
                yield Problem(member, code, uri)


def purposes_are_said(m: ClientMetadata) -> Iterator[Problem]:
    for word in (each for each in m.scopes if each in WITH_PURPOSE):
        if not m.purposes.get(word):
            yield Problem("purposes", "no_purpose", word)


def grounds_are_said(m: ClientMetadata) -> Iterator[Problem]:
    for word in (each for each in m.scopes if each in SENSITIVE):
        if not m.legal_bases.get(word):
            yield Problem("legal_bases", "no_legal_basis", word)


def public_subjects_have_a_reason(m: ClientMetadata) -> Iterator[Problem]:
    if m.subject_type == "public" and not m.public_subject_reason:
        yield Problem("public_subject_reason", "no_reason")


def it_is_said_what_it_is_for(m: ClientMetadata) -> Iterator[Problem]:
    if not m.about:
        yield Problem("about", "no_about")


RULES: tuple[Callable[[ClientMetadata], Iterator[Problem]], ...] = (
    safe_addresses,
    purposes_are_said,
    grounds_are_said,
    public_subjects_have_a_reason,
)


def opened(was: ClientMetadata, now: ClientMetadata) -> tuple[str, ...]:
    """The doors that differ; of a list only what is added, since an address that is gone receives nothing."""
    return tuple(name for name in DOORS if _is_opened(name, getattr(was, name), getattr(now, name)))


def _is_opened(name: str, was: Any, now: Any) -> bool:
    return not set(now or ()) <= set(was or ()) if name in LISTED_DOORS else bool(was != now)


def problems(m: ClientMetadata) -> list[Problem]:
    """Everything that a department has still to say or mend, be it for a test."""
    return [problem for rule in RULES for problem in rule(m)]


def before_live(m: ClientMetadata, *, is_local: bool, is_owned: bool = True) -> list[Problem]:
    """What may be so while the site is tested, and not when it serves everybody; `is_local` as in `addresses.keeps_to_tls`.

    `is_owned`: it is a department's, which has to say more than operators of their own sites.
    """
    is_native = m.application_type == "native"
    open_ones = [
        Problem(member, "not_https", uri)
        for member in ("redirect_uris", "post_logout_redirect_uris")
        for uri in getattr(m, member)
        if not addresses.keeps_to_tls(uri, is_native=is_native, is_local=is_local)
    ]
    calls = [
        Problem(member, "not_https", uri)
        for member in (
            "client_uri",
            "initiate_login_uri",
            "backchannel_logout_uri",
            "frontchannel_logout_uri",
            "jwks_uri",
        )
        if (uri := getattr(m, member)) is not None
        and not addresses.keeps_to_tls(uri, is_native=False, is_local=is_local)
    ]
    owed = [*it_is_said_what_it_is_for(m), *problems(m)] if is_owned else []
    return [*owed, *open_ones, *calls]
