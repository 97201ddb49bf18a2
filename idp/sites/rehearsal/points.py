"""The points of a check, one after the other: what is sent to the site, and what a careful site makes of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from idp.core import ids
from idp.oidc.tokens import spoiled
from idp.sites.rehearsal import leaving, outside
from idp.sites.rehearsal.centre import BEHIND_THE_HASH, NoAnswer
from idp.sites.rehearsal.findings import (
    ALWAYS_IN,
    ANSWERED,
    ENDED,
    FAILED,
    FIRST_FAILED,
    NEEDS_SCRIPT,
    NOT_REDEEMED,
    NOT_REGISTERED,
    NOT_TRIED,
    PASSED,
    REFUSED,
    SERVER_ERROR,
    SIGNED_IN,
    STILL_IN,
    UNREACHABLE,
    Finding,
)
from idp.sites.rehearsal.play import Check, Lost, Walked
from idp.sites.rehearsal.visitor import Place


def sign_in(check: Check) -> Finding:
    """Everything as it should be; before it, the page must be closed to a stranger."""
    if check.is_in(check.visitor()):
        return _needs_script() if check.may_need_script else Finding("sign_in", FAILED, ALWAYS_IN)
    try:
        walked = check.play()
    except Lost as lost:
        if lost.detail == BEHIND_THE_HASH or (lost.did == ANSWERED and check.may_need_script):
            return _needs_script()
        raise
    code = walked.given.code
    is_open = code is not None and not check.centre.redeemed(code)
    if is_open and check.may_need_script and not walked.is_in and walked.end.status < 500:
        return _needs_script()
    if walked.end.is_fault:
        return _of("sign_in", FAILED, SERVER_ERROR, walked.end)
    return _of("sign_in", PASSED if walked.is_in else FAILED, SIGNED_IN if walked.is_in else REFUSED, walked.end)


def _needs_script() -> Finding:
    return Finding("sign_in", NOT_TRIED, NEEDS_SCRIPT)


def practice(check: Check) -> Finding:
    """What the request had: `state` binds the answer to the browser, PKCE and `nonce` the code to the request."""
    asked = check.centre.asked(check.depart(check.visitor()))
    lacks = [
        name
        for name, there in (("state", asked.state), ("nonce", asked.nonce), ("code_challenge", asked.code_challenge))
        if there is None
    ]
    is_bound = asked.state is not None and (asked.nonce is not None or asked.code_challenge is not None)
    return Finding("practice", PASSED if is_bound else FAILED, ANSWERED, detail=" ".join(lacks))


def denied(check: Check) -> Finding:
    return _refused(check, "denied", check.play(declined="access_denied"))


def state(check: Check) -> Finding:
    return _refused(check, "state", check.play(state=ids.new_handle()))


def iss(check: Check) -> Finding:
    return _refused(check, "iss", check.play(iss="https://not-the-issuer.example"))


def code_replayed(check: Check) -> Finding:
    """A code that was spent comes a second time, in another browser."""
    first = check.play()
    code = first.given.code
    if code is None:
        return Finding("code_replayed", NOT_TRIED, NOT_REGISTERED)
    return _refused(check, "code_replayed", check.play(code=code))


def token(kind: str) -> Callable[[Check], Finding]:
    """An ID token that is wrong in one way."""

    def point(check: Check) -> Finding:
        walked = check.play(spoil=kind)
        name = f"token_{kind}"
        if walked.given.code is None:
            return Finding(name, NOT_TRIED, NOT_REGISTERED)
        if not check.centre.redeemed(walked.given.code):
            return _of(name, NOT_TRIED, NOT_REDEEMED, walked.end)
        if kind == spoiled.NONCE and walked.given.asked.nonce is None and walked.is_in:
            return _of(name, FAILED, SIGNED_IN, walked.end, "no_nonce")
        return _refused(check, name, walked)

    return point


def key_rotation(check: Check) -> Finding:
    """A token by a key that was published a moment ago."""
    kid = check.centre.publish_key()
    try:
        check.centre.wait_for_processes()
        walked = check.play(spoil=f"{spoiled.FRESH_KEY}{kid}")
    finally:
        check.centre.withdraw_key(kid)
    if walked.given.code is None:
        return Finding("key_rotation", NOT_TRIED, NOT_REGISTERED)
    if walked.end.is_fault:
        return _of("key_rotation", FAILED, SERVER_ERROR, walked.end)
    did = SIGNED_IN if walked.is_in else REFUSED
    return _of("key_rotation", PASSED if walked.is_in else FAILED, did, walked.end)


def logout(check: Check) -> Finding:
    """A good logout token ends the session at the site."""
    walked, code = _in_with_code(check)
    status = check.tell_logout(check.centre.logout_token(code))
    if check.is_in(walked.visitor):
        return Finding("logout", FAILED, STILL_IN, status)
    return Finding("logout", PASSED if status in {200, 204} else FAILED, ENDED, status)


def logout_aud(check: Check) -> Finding:
    return _wrong_logout(check, "logout_aud", aud=f"not-{check.client.client_id}"[:64])


def logout_nonce(check: Check) -> Finding:
    return _wrong_logout(check, "logout_nonce", nonce=ids.new_handle())


def logout_replayed(check: Check) -> Finding:
    """A token that ended one session comes again when the person has signed in anew."""
    _first, code = _in_with_code(check)
    token_again = check.centre.logout_token(code)
    check.tell_logout(token_again)
    second, _ = _in_with_code(check)
    status = check.tell_logout(token_again)
    is_in = check.is_in(second.visitor)
    return Finding("logout_replayed", PASSED if is_in else FAILED, STILL_IN if is_in else ENDED, status)


def _in_with_code(check: Check) -> tuple[Walked, str]:
    """Somebody who is signed in by a code."""
    walked = check.play()
    if walked.given.code is None or not walked.is_in:
        raise Lost(REFUSED, walked.end)
    return walked, walked.given.code


def _wrong_logout(check: Check, name: str, **changes: str) -> Finding:
    walked, code = _in_with_code(check)
    status = check.tell_logout(check.centre.logout_token(code, **changes))
    is_in = check.is_in(walked.visitor)
    return Finding(name, PASSED if is_in and status not in {200, 204} and status < 500 else FAILED,
                   STILL_IN if is_in else ENDED, status)  # fmt: skip


def _refused(check: Check, name: str, walked: Walked) -> Finding:
    """Whoever comes with a wrong answer gets a page, and is not signed in."""
    if walked.is_in:
        return _of(name, FAILED, SIGNED_IN, walked.end)
    if walked.end.is_fault:
        return _of(name, FAILED, SERVER_ERROR if walked.end.status >= 500 else UNREACHABLE, walked.end)
    return _of(name, PASSED, REFUSED, walked.end)


def _of(name: str, verdict: str, did: str, place: Place, detail: str = "") -> Finding:
    return Finding(name, verdict, did, place.status, place.path[:100], detail or place.trouble)


NEEDS_BACK_CHANNEL: Final = frozenset({"logout", "logout_aud", "logout_nonce", "logout_replayed"})
POINTS: Final[dict[str, Callable[[Check], Finding]]] = {
    "sign_in": sign_in,
    "practice": practice,
    "denied": denied,
    "state": state,
    "iss": iss,
    # Before the unknown `kid`: a site may fetch our keys only so often.
    "key_rotation": key_rotation,
    **{f"token_{kind}": token(kind) for kind in spoiled.KINDS},
    "code_replayed": code_replayed,
    "logout": logout,
    "logout_aud": logout_aud,
    "logout_nonce": logout_nonce,
    "logout_replayed": logout_replayed,
    "sign_out": leaving.sign_out,
}


def names(findings: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """The points of a check, as far as its first finding says which there are."""
    return (*POINTS, *outside.ONLY) if _is_from_outside(findings) else tuple(POINTS)


def next_of(check: Check, name: str, findings: Sequence[Mapping[str, str]]) -> Finding:
    """One more point, after these."""
    if not findings or findings[0]["verdict"] == PASSED:
        return judge(check, name)
    if not _is_from_outside(findings):
        return Finding(name, NOT_TRIED, FIRST_FAILED)
    return judge(check, name) if name == "practice" else outside.judge(check, name)


def _is_from_outside(findings: Sequence[Mapping[str, str]]) -> bool:
    return bool(findings) and findings[0]["did"] == NEEDS_SCRIPT


def judge(check: Check, name: str) -> Finding:
    """One point; what came to nothing before it could be judged is said so."""
    if name in NEEDS_BACK_CHANNEL and check.client.metadata.backchannel_logout_uri is None:
        return Finding(name, NOT_TRIED, NOT_REGISTERED)
    try:
        return POINTS[name](check)
    except NoAnswer as none:
        return Finding(name, FAILED if name == "sign_in" else NOT_TRIED, UNREACHABLE, detail=none.code)
    except Lost as lost:
        at = (lost.place.status, lost.place.path[:100]) if lost.place is not None else (0, "")
        trouble = lost.detail or (lost.place.trouble if lost.place is not None else "")
        return Finding(name, FAILED if name == "sign_in" else NOT_TRIED, lost.did, *at, trouble)
