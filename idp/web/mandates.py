"""The account centre's pages of mandates: what is offered to me and what I hold, accepting and declining, and ending either."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import flask
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.core import clock
from idp.edge.services import services
from idp.mandates import shown
from idp.mandates.acting import EVERY_SITE
from idp.mandates.shown import MandateView
from idp.web import account, forms, organisations, organisations_shown, signing_in
from idp.web.forms import JourneyForm
from idp.web.organisation_forms import MandateForm

bp = flask.Blueprint("mandates", __name__, url_prefix="/account/mandates")
bp.before_request(account.only_when_signed_in)
_HOME: Final = "/account/mandates"


@bp.get("")
def overview() -> ResponseReturnValue:
    everything, account_id, now = services(), account.signed_in().account_id, clock.now()
    with everything.database.view() as db:
        mine = shown.held(db, everything.keyring, account_id, now)
        passed_on = shown.passed_on(db, everything.keyring, account_id, now)
    done = {
        "accepted": _("已接受授权，现在可以代表该单位办事。"),
        "declined": _("已拒绝邀请。"),
        "ended": _("授权已结束。"),
        "given": _("邀请已发出，对方接受后生效。"),
    }.get(flask.request.args.get("done", ""))
    return flask.render_template(
        "account/mandates.html", offers=[each for each in mine if each.state == "offered"], passed_on=passed_on, done=done,
        mandates=[each for each in mine if each.state != "offered"], words=organisations_shown,
        keeps=organisations_shown.departments_kept(account_id),
    )  # fmt: skip


@bp.route("/<mandate_id>", methods=["GET", "POST"])
def mandate(mandate_id: str) -> ResponseReturnValue:
    """What is offered, with a yes and a no; what holds, with a way to end it."""
    live, found = account.signed_in(), _find(mandate_id)
    if found is None:
        return flask.redirect(_HOME, 303)
    form, acts = forms.read(JourneyForm), services().mandates
    if form.validate_on_submit():
        if forms.action() == "allow" and forms.attempt(form, lambda: _done(acts.accept, live.account_id, mandate_id)):
            return flask.redirect(f"{_HOME}?done=accepted", 303)
        if forms.action() == "deny" and forms.attempt(form, lambda: _done(acts.decline, live.account_id, mandate_id)):
            return flask.redirect(f"{_HOME}?done=declined", 303)
    page = flask.render_template(
        "account/mandate.html", mandate=found, form=form, words=organisations_shown, is_mine=_is_for_me(found),
        is_proven=organisations.is_proven(live.account_id),
    )  # fmt: skip
    return page, forms.status_of(form)


@bp.route("/<mandate_id>/end", methods=["GET", "POST"])
def end(mandate_id: str) -> ResponseReturnValue:
    """Give up, take back or withdraw, whichever it is; asked once more before."""
    live, found = account.signed_in(), _find(mandate_id)
    if found is None or found.ended_at is not None or forms.action() == "cancel":
        return flask.redirect(f"{_HOME}/{mandate_id}" if found is not None else _HOME, 303)
    form = forms.read(JourneyForm)
    is_meant = form.validate_on_submit() and forms.action() == "confirm"
    if is_meant and forms.attempt(form, lambda: _done(services().mandates.end, live.account_id, mandate_id)):
        is_of_office = not _is_for_me(found) and _speaks_for(found)
        back = f"/account/organisations/{found.organisation_id}" if is_of_office else _HOME
        return flask.redirect(f"{back}?done=ended", 303)
    page = flask.render_template(
        "account/mandate_end.html", mandate=found, form=form, words=organisations_shown, is_mine=_is_for_me(found)
    )
    return page, forms.status_of(form)


@bp.route("/<mandate_id>/give", methods=["GET", "POST"])
def pass_on(mandate_id: str) -> ResponseReturnValue:
    """An agent who may passes their mandate on, as far as it goes."""
    found = _find(mandate_id)
    if (
        found is None
        or not (found.state == "live" and found.may_delegate and _is_for_me(found))
        or forms.action() == "cancel"
    ):
        return flask.redirect(_HOME, 303)
    if (first := signing_in.again_if_stale(account.signed_in(), f"{_HOME}/{found.id}/give")) is not None:
        return first
    left = max(1, (found.ends_at - clock.now()).days) if found.ends_at is not None else 90
    form = forms.read(MandateForm, days=str(min(90, left)))
    if form.validate_on_submit() and forms.attempt(
        form, lambda: organisations.mandate_given(found.organisation_id, found.id, form)
    ):
        return flask.redirect(f"{_HOME}?done=given", 303)
    page = flask.render_template(
        "account/mandate_give.html", form=form, organisation=found.organisation, action=f"{_HOME}/{found.id}/give",
        sites=organisations_shown.offered_sites(found.sites), every_site=EVERY_SITE if EVERY_SITE in found.sites else None,
        own=found, keeps_sites=organisations_shown.keeps_sites(found.uscc, found.sites),
    )  # fmt: skip
    return page, forms.status_of(form)


def _done(act: Callable[[str, str], None], account_id: str, mandate_id: str) -> bool:
    act(account_id, mandate_id)
    services().worker.wake()
    return True


def _find(mandate_id: str) -> MandateView | None:
    everything = services()
    with everything.database.view() as db:
        return shown.mandate(db, everything.keyring, account.signed_in().account_id, mandate_id, clock.now())


def _is_for_me(found: MandateView) -> bool:
    """Whether the person is, or was asked to be, the agent of this mandate."""
    everything = services()
    with everything.database.view() as db:
        mine = shown.held(db, everything.keyring, account.signed_in().account_id, clock.now())
    return any(each.id == found.id for each in mine)


def _speaks_for(found: MandateView) -> bool:
    everything = services()
    with everything.database.view() as db:
        return (
            shown.organisation(
                db, everything.keyring, account.signed_in().account_id, found.organisation_id, clock.now()
            )
            is not None
        )
