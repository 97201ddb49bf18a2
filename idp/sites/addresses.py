"""Addresses as they are typed: what is unsafe about one, as codes that pages put into words.

Stricter than what an operator may register: departments send people to names, over TLS, and to one site. Whatever passes
here passes the rules of registration too, which are asked last.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from idp.oidc.registration import client_uris
from idp.oidc.registration.client_uris import is_loopback, is_private_use

REDIRECT, LOGOUT, WEB = "redirect_uris", "post_logout_redirect_uris", "web"
_WILDCARD: Final = re.compile(r"[*<>{}|^`\[\]]")
_ANSWERS: Final = frozenset(
    {"code", "state", "iss", "session_state", "id_token", "access_token", "token_type", "expires_in", "scope", "error",
     "error_description", "error_uri", "response"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with an address, or only worth a second look (`is_warning`)."""

    code: str
    is_warning: bool = False


def look(uri: str, *, purpose: str = REDIRECT, is_native: bool = False, front: str = "") -> tuple[Finding, ...]:
    """Everything to be said about one address, refusals first; nothing where it is fine. `front` is the site's front page."""
    if not uri:
        return (Finding("empty"),)
    if (shape := _shape(uri)) is not None:
        return (Finding(shape),)
    parts = urlsplit(uri)
    if is_private_use(uri):
        return () if is_native and purpose != WEB else (Finding("own_scheme"),)
    refusals = [code for code in (_scheme(parts), _host(parts), _path(uri, parts), _query(parts, purpose)) if code]
    if not refusals and not _is_accepted(uri, purpose):
        refusals = ["odd"]
    return (*map(Finding, refusals), *(Finding(code, is_warning=True) for code in _doubts(parts, front, is_native)))


def refusals(uris: Sequence[str], *, purpose: str, is_native: bool) -> list[tuple[str, str]]:
    """The addresses that cannot be taken, each with the first reason."""
    said = ((uri, [each.code for each in look(uri, purpose=purpose, is_native=is_native) if not each.is_warning])
            for uri in uris)  # fmt: skip
    return [(uri, codes[0]) for uri, codes in said if codes]


def keeps_to_tls(uri: str, *, is_native: bool, is_local: bool = False) -> bool:
    """Whether people may be sent there once the site is live: https, or an app on the person's own device.

    `is_local`: the issuer itself is on loopback, as where somebody tries it out; then its sites may be there too.
    """
    if is_native and is_private_use(uri):
        return True
    return uri.startswith("https://") or ((is_native or is_local) and client_uris.is_loopback_uri(uri))


def _shape(uri: str) -> str | None:
    """What would make two readers understand different things."""
    if len(uri) > client_uris.LONGEST:
        return "long"
    if any(character.isspace() or not character.isprintable() for character in uri):
        return "space"
    if not uri.isascii():
        return "unicode"
    if "#" in uri:
        return "fragment"
    if "\\" in uri:
        return "backslash"
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return "odd"
    if "*" in uri or _WILDCARD.search(uri.replace("[::1]", "", 1)):
        return "wildcard"
    if parts.scheme and (not parts.netloc and not is_private_use(uri)):
        return "own_scheme" if parts.scheme not in {"http", "https"} else "no_host"
    return None if parts.scheme else "no_scheme"


def _scheme(parts: SplitResult) -> str | None:
    if parts.scheme not in {"http", "https"}:
        return "own_scheme"
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        return "http"
    return None


def _host(parts: SplitResult) -> str | None:
    if "@" in parts.netloc or "%" in parts.netloc:
        return "userinfo"
    host = parts.hostname or ""
    if not host or host.startswith(".") or host.endswith(".") or ".." in host:
        return "no_host"
    if is_loopback(host):
        return None
    if ":" in host or _is_number(host.rpartition(".")[2]):
        return "ip"
    return "short_host" if "." not in host else None


def _is_number(label: str) -> bool:
    """A name that ends in a number is read as an IPv4 address by browsers (WHATWG URL §3.5), in hex too."""
    return label.isdecimal() or re.fullmatch(r"0x[0-9a-f]*", label, re.ASCII | re.IGNORECASE) is not None


def _path(uri: str, parts: SplitResult) -> str | None:
    plain = unquote(unquote(parts.path))
    if any(step in {"..", "."} for step in re.split(r"[/\\]", plain)) or "%2f" in uri.lower() or "\\" in plain:
        return "climbing"
    if "//" in parts.path:
        return "climbing"
    return None


def _query(parts: SplitResult, purpose: str) -> str | None:
    ours = _ANSWERS if purpose == REDIRECT else frozenset({"state"}) if purpose == LOGOUT else frozenset()
    return "answer" if ours & {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)} else None


def _is_accepted(uri: str, purpose: str) -> bool:
    try:
        (client_uris.web_uri if purpose == WEB else client_uris.redirect_uri)(uri)
    except ValueError:
        return False
    return True


def _doubts(parts: SplitResult, front: str, is_native: bool) -> list[str]:
    host = parts.hostname or ""
    said = []
    if any(label.startswith("xn--") for label in host.split(".")):
        said.append("punycode")
    if is_loopback(host) and not is_native:
        said.append("loopback")
    home = urlsplit(front).hostname or "" if front.startswith(("https://", "http://")) else ""
    if home and not is_loopback(host) and host != home and not host.endswith(f".{_registered(home)}"):
        said.append("other_host")
    return said


def _registered(host: str) -> str:
    """The part of a name below which one department's names lie, as far as that can be told: its last three labels."""
    labels = host.split(".")
    return ".".join(labels[-3:] if host.endswith(".gov.cn") else labels[-2:])
