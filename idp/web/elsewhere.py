"""Signing in with an account elsewhere: out to the source, and back by one fixed address for each.

`state` is known to this browser alone and good for one return: who is made to open somebody else's return is signed in
to nothing (RFC 9700 §4.7).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from string import ascii_letters, digits
from typing import ClassVar, Final, Literal

import flask
from flask.typing import ResponseReturnValue

from idp.authn.errors import AccountUnusable
from idp.authn.linked_sign_in import Unlinked
from idp.core import ids, logging
from idp.core.deadline import Deadline
from idp.edge import browser
from idp.edge.services import services
from idp.realname.ports import Begun, ExternalIdentity, Refuted, Scene, SignIn, Unavailable
from idp.store.records import Record
from idp.web import arrivals, journey, signing_in, sources_shown
from idp.web.pages import with_journey

bp = flask.Blueprint("elsewhere", __name__)
bp.before_request(journey.open_journey)
_PATIENCE: Final = 10.0
_LETTERS: Final = 32  # of 62: 190 bits
_log = logging.get("web.elsewhere")

Purpose = Literal["sign_in", "link"]


@dataclass(frozen=True, slots=True)
class Away(Record):
    """A browser that is at a source, and what it left here for."""

    KIND: ClassVar[str] = "signing_in_elsewhere"
    SECONDS: ClassVar[int] = 600

    source: str
    device_digest: str
    purpose: str
    keep_sealed: str = field(repr=False)
    journey: str = ""
    account_id: str = ""


@bp.get("/sign-in/with/<name>")
def go(name: str) -> ResponseReturnValue:
    return leave_for(name, purpose="sign_in")


@bp.get("/sign-in/with/<name>/return")
def come_back(name: str) -> ResponseReturnValue:
    away = _left_with(flask.request.args.getlist("state"))
    if away is None or away.source != name:
        return journey.lost("lost_elsewhere", reason="state")
    if (lost := journey.resume(away.journey)) is not None:
        return lost
    source = services().sources.find(name)
    if source is None or source.sign_in is None:
        return back_to_ways(away.purpose, name, "away")
    match _finished(source.sign_in, _opened(away)):
        case ExternalIdentity() as identity:
            return _arrived(away, identity)
        case Refuted():
            return back_to_ways(away.purpose, name, "refused")
        case Unavailable():
            return back_to_ways(away.purpose, name, "away")


def leave_for(name: str, *, purpose: Purpose, account_id: str = "") -> ResponseReturnValue:
    """Send the browser to the source, or back to the other ways when it cannot be used now."""
    sign_in = sources_shown.usable(name)
    if sign_in is None:
        return back_to_ways(purpose, name, "away")
    services().linked_sign_in.begin(device=browser.device(), address=browser.address())
    state, under_way = ids.letters_of(ascii_letters + digits, _LETTERS), journey.current()
    begun = _begun(sign_in, state)
    if isinstance(begun, Unavailable):
        return back_to_ways(purpose, name, "away")
    away = Away(
        source=name,
        device_digest=ids.digest(browser.device()),
        purpose=purpose,
        keep_sealed=services().keyring.seal(begun.keep, bound_to=_place(state)),
        journey=under_way.handle if under_way is not None else "",
        account_id=account_id,
    )
    services().store.put(state, away)
    return flask.redirect(begun.url, 303)


def back_to_ways(purpose: str, name: str, said: str) -> ResponseReturnValue:
    """To the page the browser left from, with a sentence about the source."""
    known = services().sources.find(name) is not None
    more = {"said": said, "with": name} if known else {}
    return flask.redirect(with_journey("/account/security" if purpose == "link" else "/sign-in", **more), 303)


def _arrived(away: Away, identity: ExternalIdentity) -> ResponseReturnValue:
    if away.purpose == "link":
        return _arrived_to_link(away, identity)
    try:
        found = services().linked_sign_in.attempt(
            arrivals.external_of(identity), device=browser.device(), address=browser.address(),
            auth_time=identity.auth_time,
        )  # fmt: skip
    except AccountUnusable:
        return back_to_ways(away.purpose, away.source, "unusable")
    arrivals.forget()
    if isinstance(found, Unlinked):
        arrivals.keep(identity)
        return flask.redirect(with_journey("/sign-in/unlinked"), 303)
    if identity.applicant is not None:
        arrivals.keep(identity, account_id=found.account_id, is_linked=True)
    return signing_in.finish(found)


def _arrived_to_link(away: Away, identity: ExternalIdentity) -> ResponseReturnValue:
    """Asked for in the account centre: still the same person's session, and a click of theirs decides."""
    live = browser.session()
    if live is None or live.account_id != away.account_id:
        return journey.lost("lost_elsewhere", reason="session")
    arrivals.forget()
    arrivals.keep(identity, account_id=live.account_id)
    return flask.redirect(arrivals.LINK, 303)


def _left_with(states: list[str]) -> Away | None:
    """What this browser left with; gone once it was asked for, whoever asked."""
    if len(states) != 1 or not (state := states[0]).isalnum() or len(state) > 64:
        return None
    away = services().store.take(Away, state)
    if away is None or not ids.same(away.device_digest, ids.digest(browser.device())):
        return None
    return away


def _opened(away: Away) -> str:
    return services().keyring.open(away.keep_sealed, bound_to=_place(flask.request.args["state"]))


def _finished(sign_in: SignIn, keep: str) -> ExternalIdentity | Refuted | Unavailable:
    """What the source says of who came back."""
    answer = {name: values[0] for name, values in flask.request.args.lists() if len(values) == 1}
    scene = _scene(sign_in.source)

    def question(deadline: Deadline) -> ExternalIdentity | Refuted | Unavailable:
        return sign_in.finish(answer, keep, scene, deadline)

    return services().identity_proof.runner.ask(sign_in.source, "sign_in", question, Deadline.after(_PATIENCE))


def _begun(sign_in: SignIn, state: str) -> Begun | Unavailable:
    if services().identity_proof.runner.breaker(sign_in.source).state == "open":
        return Unavailable("breaker_open")
    try:
        return sign_in.begin(state, replace(_scene(sign_in.source), anew=_must_be_anew()))
    except Exception as broken:  # noqa: BLE001 - whatever an adapter raises, nobody is sent anywhere
        _log.error("source_failed", source=sign_in.source, exc_info=broken)
        return Unavailable("failed")


def _must_be_anew() -> bool:
    """Whoever is signed in here, or comes from a site that wants a fresh sign-in, shows there once more who they are."""
    under_way = journey.current()
    is_wanted = under_way is not None and ("login" in under_way.asked.prompt or under_way.asked.max_age is not None)
    return is_wanted or browser.session() is not None


def _scene(name: str) -> Scene:
    return Scene(browser.surface(), services().settings.url(f"/sign-in/with/{name}/return"))


def _place(state: str) -> str:
    return f"elsewhere.keep:{ids.digest(state)}"
