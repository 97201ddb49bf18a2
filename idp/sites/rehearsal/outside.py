"""What can be judged of a site whose sign-in needs a script: from outside, without one.

The answer of such a site stands behind the `#`, or a script of its page spends the code: no server ever sees it, and this
service runs no script of others. What it is asked, how its callback page is served, and what it makes of wrong logout tokens
can be seen; that it verifies ID tokens cannot.
"""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from idp.core import ids
from idp.sites.rehearsal import markup
from idp.sites.rehearsal.centre import NoAnswer
from idp.sites.rehearsal.findings import (
    ANSWERED,
    FAILED,
    LEFT,
    NEEDS_SCRIPT,
    NOT_REGISTERED,
    NOT_TRIED,
    OPEN_TO_OTHERS,
    PASSED,
    SEEN,
    SERVER_ERROR,
    UNREACHABLE,
    Finding,
)  # fmt: skip
from idp.sites.rehearsal.play import Check, Lost
from idp.sites.rehearsal.visitor import Place, origin_of

_TELLING: Final = frozenset({"unsafe-url", "no-referrer-when-downgrade"})


def callback_page(check: Check) -> Finding:
    """The page is there, and does not send the browser on to somebody else: a redirect takes what is behind the `#` along."""
    place = _callback(check)
    if place.at_centre or place.trouble == "left_the_site":
        return _of("callback_page", FAILED, LEFT, place)
    if place.is_fault or place.status != 200:
        return _of("callback_page", FAILED, SERVER_ERROR if place.is_fault else ANSWERED, place)
    return _of("callback_page", PASSED, SEEN, place)


def callback_scripts(check: Check) -> Finding:
    """No script of another origin runs beside the answer, unless its content is pinned (Subresource Integrity)."""
    place = _page(check)
    own = {*check.own, origin_of(place.url)}
    scripts = markup.read(place.url, place.body).scripts
    foreign = next((url for url, is_pinned in scripts if origin_of(url) not in own and not is_pinned), None)
    if foreign is not None:
        return _of("callback_scripts", FAILED, OPEN_TO_OTHERS, place, (urlsplit(foreign).hostname or "")[:100])
    return _of("callback_scripts", PASSED, SEEN, place)


def callback_referrer(check: Check) -> Finding:
    """The page tells other hosts no more of its address than its host: a code would stand in it."""
    place = _page(check)
    said = markup.read(place.url, place.body).referrer or place.headers.get("referrer-policy", "")
    policy = [word.strip().casefold() for word in said.split(",") if word.strip()]
    if policy and policy[-1] in _TELLING:
        return _of("callback_referrer", FAILED, OPEN_TO_OTHERS, place, policy[-1])
    return _of("callback_referrer", PASSED, SEEN, place)


def logout_aud(check: Check) -> Finding:
    return _wrong_logout(check, "logout_aud", aud=f"not-{check.client.client_id}"[:64])


def logout_nonce(check: Check) -> Finding:
    return _wrong_logout(check, "logout_nonce", nonce=ids.new_handle())


ONLY: Final[dict[str, Callable[[Check], Finding]]] = {
    "callback_page": callback_page,
    "callback_scripts": callback_scripts,
    "callback_referrer": callback_referrer,
}
"""The points that only such a site has."""
_TOO: Final[dict[str, Callable[[Check], Finding]]] = {"logout_aud": logout_aud, "logout_nonce": logout_nonce}


def judge(check: Check, name: str) -> Finding:
    """One point, where there is a way to judge it from outside."""
    is_told = check.client.metadata.backchannel_logout_uri is not None
    if name.startswith("logout") and not is_told:
        return Finding(name, NOT_TRIED, NOT_REGISTERED)
    point = {**ONLY, **_TOO}.get(name)
    try:
        return point(check) if point is not None else Finding(name, NOT_TRIED, NEEDS_SCRIPT)
    except (Lost, NoAnswer) as lost:
        place = lost.place if isinstance(lost, Lost) else None
        detail = (
            lost.code if isinstance(lost, NoAnswer) else lost.detail or (place.trouble if place is not None else "")
        )
        at = (place.status, place.path[:100]) if place is not None else (0, "")
        return Finding(name, NOT_TRIED, UNREACHABLE, *at, detail)


def _wrong_logout(check: Check, name: str, **changes: str) -> Finding:
    """A wrong token is refused before any session is looked for (Back-Channel Logout §2.6), so nobody has to be signed in."""
    status = check.tell_logout(check.centre.logout_token_of(ids.new_handle(), ids.new_handle(), **changes))
    return Finding(name, PASSED if 400 <= status < 500 else FAILED, ANSWERED, status)


def _callback(check: Check) -> Place:
    """The callback page as a browser opens it with an answer behind the `#`."""
    wanted = [uri for uri in check.client.metadata.redirect_uris if origin_of(uri) in check.reachable]
    if not wanted:
        raise Lost(UNREACHABLE, None, "unproven_host" if check.client.metadata.redirect_uris else "")
    return check.visitor().walk(wanted[0])


def _page(check: Check) -> Place:
    place = _callback(check)
    if place.is_fault or place.status != 200:
        raise Lost(UNREACHABLE, place)
    return place


def _of(name: str, verdict: str, did: str, place: Place, detail: str = "") -> Finding:
    return Finding(name, verdict, did, place.status, place.path[:100], detail or place.trouble)
