"""From a proven sign-in to a session in the browser, and on to where the person was going."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from idp.authn.results import SignedIn
from idp.authn.sessions import LiveSession
from idp.core import clock
from idp.edge import browser, coming_back, leaving
from idp.edge.services import services
from idp.web import arrivals, journey, pages

_WANTED, _AGAIN_SINCE, _FRESH = coming_back.WANTED, coming_back.AGAIN_SINCE, coming_back.FRESH
_STEP = "step_after_sign_in"


def finish(signed_in: SignedIn) -> ResponseReturnValue:
    """Start the session, or renew the one this person has here; somebody else's in this browser ends first."""
    everything, before, replaced = services(), browser.session(), None
    with everything.database.transaction() as db:
        if before is not None and before.account_id == signed_in.account_id:
            since = max(before.auth_time, signed_in.auth_time) if signed_in.auth_time is not None else None
            started = everything.sessions.reauthenticated(
                db, before.id, aal=signed_in.aal, amr=signed_in.amr, auth_time=since
            )
        else:
            if before is not None:
                everything.sessions.end(db, before.id, reason="replaced")
                replaced = before.id
            started = everything.sessions.start(
                db, signed_in.account_id, aal=signed_in.aal, amr=signed_in.amr,
                device=browser.device(), browser=browser.kind(), address=browser.address(), auth_time=signed_in.auth_time,
            )  # fmt: skip
        if (ward := everything.guardians.ward(db, signed_in.account_id)) is not None and ward.needs_guardian:
            everything.notices.tell(db, ward.guardian_account_id, "child_signed_in")
    everything.worker.wake()
    flask.session.pop(_AGAIN_SINCE, None)
    wanted = pages.local_path(flask.session.pop(_WANTED, None), "/account")
    if signed_in.password_is_expired:
        wanted = "/account/password"
    if (step := arrivals.step_after_sign_in(signed_in.account_id)) is not None:
        flask.session[_WANTED] = wanted
        way = pages.with_journey(step)
    elif (step := flask.session.pop(_STEP, None)) is not None:
        way = pages.with_journey(pages.local_path(step))
    else:
        way = journey.way(wanted)
    gone = leaving.onward(replaced, way, another_account=True) if replaced is not None else flask.redirect(way, 303)
    return browser.carry_session(flask.make_response(gone), started)


def go_on(otherwise: str = "/account") -> ResponseReturnValue:
    """On from a step that came between the sign-in and where it was made for."""
    return journey.onward(pages.local_path(flask.session.pop(_WANTED, None), otherwise))


def want_fresh() -> None:
    """From here on only a sign-in that is yet to come will do."""
    flask.session[_AGAIN_SINCE] = clock.now().timestamp()


def is_done() -> bool:
    """Whether this browser already signed in for what it is about to be asked: reloads and the back button come here.

    A sign-in made after the journey began is the one that was asked for. An id_token_hint may mean another person,
    so it is left to `/authorize`.
    """
    live, under_way = browser.session(), journey.current()
    if live is None:
        return False
    if under_way is None:
        return live.auth_time.timestamp() >= float(flask.session.get(_AGAIN_SINCE, 0))
    return live.auth_time >= under_way.parked.asked_at and under_way.asked.id_token_hint is None


def must_change_password(live: LiveSession) -> bool:
    """Whether the password this person signed in with has grown older than policy allows."""
    everything = services()
    if not everything.password_rules.may_expire or "pwd" not in live.amr:
        return False
    with everything.database.glance() as db:
        stored = everything.accounts.stored_password(db, live.account_id)
    return stored is not None and everything.password_rules.is_expired(stored.changed_at)


def first() -> ResponseReturnValue:
    """Ask somebody who is not signed in to sign in, and bring them back to this page."""
    if journey.current() is None and flask.request.method == "GET":
        flask.session[_WANTED] = flask.request.full_path.rstrip("?")
    return journey.onward("/sign-in")


again_if_stale = coming_back.again_if_stale


def again_for_step(live: LiveSession, step: str) -> ResponseReturnValue | None:
    """The same before a step of a journey, which is come back to: a sign-in made for the journey is fresh enough."""
    now, under_way = clock.now(), journey.current()
    if now - live.auth_time < _FRESH or (under_way is not None and live.auth_time >= under_way.parked.asked_at):
        return None
    flask.session[_AGAIN_SINCE], flask.session[_STEP] = now.timestamp(), step
    return flask.redirect(pages.with_journey("/sign-in/code"), 303)
