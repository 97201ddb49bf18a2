"""A challenge under way: its page for whoever started it, its page on the phone that goes on with it, and its end."""

from __future__ import annotations

from typing import Final

import flask
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.authn.sessions import LiveSession
from idp.core import clock
from idp.core.deadline import Deadline
from idp.edge import browser, pictures
from idp.edge.services import services
from idp.realname.attempts import Attempt, AttemptState, Owner
from idp.realname.errors import FaceNotProven, NotProven
from idp.realname.ports import Surface
from idp.web import forms, journey, merge, signing_in, sources_shown, verify_ways
from idp.web.forms import JourneyForm
from idp.web.pages import link, with_journey

bp = flask.Blueprint("verify_attempt", __name__)
bp.before_request(journey.open_journey)
_PATIENCE: Final = 8.0
_MINE, _PHONES = "identity_attempt", "identity_attempt_of_phone"


def begun(attempt: Attempt, level: str) -> ResponseReturnValue:
    """To the page of a challenge that was just started; the browser remembers it for the way back from the source."""
    address = with_journey(f"/verify-identity/attempts/{attempt.handle}", **({"level": level} if level else {}))
    flask.session[_MINE] = address
    return flask.redirect(address, 303)


def renewed(session_id: str) -> ResponseReturnValue:
    """The session now stands for a known person: its cookie changes (session fixation)."""
    everything = services()
    with everything.database.transaction() as db:
        started = everything.sessions.renew(db, session_id)
    journey.ask_no_more_proof()
    return browser.carry_session(flask.make_response(journey.onward("/account?done=verified")), started)


@bp.route("/verify-identity/attempts/<handle>", methods=["GET", "POST"])
def attempt(handle: str) -> ResponseReturnValue:
    live = browser.session()
    if live is None:
        return signing_in.first()
    if forms.action() == "later":
        return verify_ways.put_off(live.account_id)
    if forms.action() == "done" or flask.request.args.get("returned"):
        services().identity_proof.challenges.returned(handle, _owner(live))
    if forms.action() == "other_phone":
        services().identity_proof.challenges.release_phone(handle, _owner(live))
    found = _look(handle, live)
    if found is None:
        return flask.render_template(
            "verify_result.html", journey=journey.current(), state="gone", source="", tried=""
        ), 404
    if flask.request.method == "POST":
        return flask.redirect(_here(handle), 303)
    match found.state:
        case AttemptState.PROVEN:
            flask.session.pop(_MINE, None)
            return renewed(live.id)
        case AttemptState.WAITING:
            return _waiting(found)
        case AttemptState.ANOTHER_ACCOUNT if (way_on := merge.way_on()) is not None:
            return way_on
        case ended:
            return _ended(found, ended)


@bp.get("/verify-identity/attempts/<handle>/state")
def state(handle: str) -> ResponseReturnValue:
    """For the script of the page; it tells how the challenge stands and nothing else."""
    live = browser.session()
    found = _look(handle, live) if live is not None else None
    if found is None:
        return {"state": "gone"}, 404
    return {"state": found.state.value, "is_on_phone": found.is_on_phone}


@bp.get("/verify-identity/phone/<handle>")
def phone(handle: str) -> ResponseReturnValue:
    """Nobody is signed in here, and nobody becomes so: the phone sees the way to the source, and that it is done."""
    found = services().identity_proof.challenges.on_phone(handle, browser.device())
    if found is None:
        return flask.render_template("verify_phone.html", attempt=None, source=""), 404
    flask.session[_PHONES] = handle
    return flask.render_template("verify_phone.html", attempt=found, source=sources_shown.label(found.source))


@bp.get("/verify-identity/returned/<name>")
def returned(name: str) -> ResponseReturnValue:
    """Where a source sends the browser after it is done; what it says on the way is not read."""
    source = services().sources.find(name)
    mine = flask.session.get(_MINE)
    if isinstance(mine, str) and browser.session() is not None:
        flask.session.pop(_MINE)
        return flask.redirect(f"{mine}{'&' if '?' in mine else '?'}returned=1", 303)
    if isinstance(phones := flask.session.get(_PHONES), str):
        services().identity_proof.challenges.returned_on_phone(phones, browser.device())
    label = sources_shown.label_of(source) if source is not None else ""
    return flask.render_template("verify_returned.html", source=label)


def _owner(live: LiveSession) -> Owner:
    under_way = journey.current()
    return Owner(live.account_id, browser.device(), under_way.client.client_id if under_way is not None else None)


def _look(handle: str, live: LiveSession) -> Attempt | None:
    return services().identity_proof.challenges.look(handle, _owner(live), Deadline.after(_PATIENCE))


def _waiting(found: Attempt) -> ResponseReturnValue:
    is_desk = browser.surface() is Surface.DESK
    address = services().settings.url(f"/verify-identity/phone/{found.phone_handle}")
    return flask.render_template(
        "verify_waiting.html", journey=journey.current(), form=JourneyForm(formdata=None), attempt=found, is_desk=is_desk,
        source=sources_shown.label(found.source), source_name=found.source, here=_here(found.handle),
        state_url=with_journey(f"/verify-identity/attempts/{found.handle}/state"),
        qr=pictures.qr(found.open_url) if is_desk and found.open_url else None,
        phone_url=address, phone_qr=pictures.qr(address) if is_desk else None, other_ways=_choose(found),
        minutes=max(1, round((found.expires_at - clock.now()).total_seconds() / 60)),
    )  # fmt: skip


def _ended(found: Attempt, ended: AttemptState) -> ResponseReturnValue:
    source = services().sources.find(found.source)
    by_face = source is not None and source.challenge is not None and source.challenge.capability.is_face
    return flask.render_template(
        "verify_result.html", journey=journey.current(), state=ended.value, source=sources_shown.label(found.source),
        sentence=_((FaceNotProven if by_face else NotProven).sentence),
        other_ways=_choose(found), again=link("/verify-identity", **_level()),
    )  # fmt: skip


def _choose(found: Attempt) -> str:
    """The page of all ways, which offers this one last."""
    return link("/verify-identity", tried=f"challenge:{found.source}", **_level())


def _level() -> dict[str, str]:
    level = flask.request.args.get("level", "")
    return {"level": level} if level in {"1", "2", "3", verify_ways.RENEW} else {}


def _here(handle: str) -> str:
    return link(f"/verify-identity/attempts/{handle}", **_level())
