"""Response headers of every page: a strict content policy, no framing, no sniffing, no referrer across origins."""

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

import flask

# Nothing inline, nothing from elsewhere. `form-action` also governs where a form's redirect may lead, so a page whose
# form ends at a relying site names that site's origin (see `allow_form_to`).
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action {form_action}; frame-ancestors 'none'; base-uri 'none'"
)

_FRAMED_POLICY = "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"


def hsts(*, https: bool, subdomains: bool) -> str:
    """Strict-Transport-Security (RFC 6797 §6.1), empty without https; a domain's other names are its owner's affair."""
    return ("max-age=31536000" + ("; includeSubDomains" if subdomains else "")) if https else ""


def allow_form_to(*uris: str) -> None:
    """Let the forms of the page in hand end at the origins of these registered URIs."""
    allowed: set[str] = flask.g.setdefault("form_origins", set())
    allowed.update(_origins(uris))


def allow_frames(*uris: str) -> None:
    """Let the page in hand show frames from the origins of these registered URIs, and from no other."""
    allowed: set[str] = flask.g.setdefault("frame_origins", set())
    allowed.update(_origins(uris))


def let_anyone_frame() -> None:
    """The page in hand is made to be framed by any site; it must have nothing to press."""
    flask.g.may_be_framed = True


def keep_opener() -> None:
    """Leave the page in hand tied to the window that opened it: a site that asked for a popup waits for word from there."""
    flask.g.keeps_opener = True


def _origins(uris: Iterable[str]) -> Iterator[str]:
    """The origins as a policy names them; of an application's own scheme, the scheme (Content Security Policy §2.3.1)."""
    for uri in uris:
        parts = urlsplit(uri)
        if parts.scheme in {"http", "https"} and parts.netloc:
            yield f"{parts.scheme}://{parts.netloc}"
        elif "." in parts.scheme:  # a private-use scheme is a domain name turned round (RFC 8252 §7.1)
            yield f"{parts.scheme}:"


def of_data(*, hsts: str) -> dict[str, str]:
    """The headers of an answer that is no page."""
    always = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    }
    return always | ({"Strict-Transport-Security": hsts} if hsts else {})


def finish(response: flask.Response, *, hsts: str) -> flask.Response:
    """Add the headers that every answer carries; an answer that set its own Cache-Control keeps it."""
    headers = response.headers
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Cache-Control", "no-store")
    if hsts:
        headers.setdefault("Strict-Transport-Security", hsts)
    if flask.g.get("may_be_framed"):
        headers.setdefault("Content-Security-Policy", _FRAMED_POLICY)
    elif response.mimetype == "text/html":
        origins = " ".join(["'self'", *sorted(flask.g.get("form_origins", ()))])
        policy = _POLICY.format(form_action=origins)
        if framed := sorted(flask.g.get("frame_origins", ())):
            policy += f"; frame-src {' '.join(framed)}"
        headers.setdefault("Content-Security-Policy", policy)
        headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), interest-cohort=()")
        if (
            "Location" not in headers
        ):  # whether the page that a redirect leads to keeps its opener is for that page to say
            keeps_opener = flask.g.get("keeps_opener")
            headers.setdefault("Cross-Origin-Opener-Policy", "unsafe-none" if keeps_opener else "same-origin")
    else:
        headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    return response
