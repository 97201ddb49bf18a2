"""The account centre's pages of organisations: those I speak for, how one is added, and whom it lets act for it."""

from __future__ import annotations

from typing import Final

import flask
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.core import clock
from idp.core.deadline import Deadline
from idp.edge import browser
from idp.edge.services import services
from idp.mandates import shown
from idp.mandates.acting import ADMINISTRATOR, AGENT, EVERY_SITE, LEGAL_REPRESENTATIVE
from idp.mandates.giving import DEFAULT_DAYS, Offer
from idp.mandates.organisations import Recognised
from idp.mandates.shown import OrganisationView
from idp.realname import persons
from idp.realname.results import SourceDown
from idp.web import account, forms, organisations_shown, signing_in
from idp.web.forms import JourneyForm
from idp.web.organisation_forms import AppointmentForm, MandateForm, OrganisationForm

bp = flask.Blueprint("organisations", __name__, url_prefix="/account/organisations")
bp.before_request(account.only_when_signed_in)
_PATIENCE: Final = 12.0
_HOME: Final = "/account/organisations"


@bp.get("")
def overview() -> ResponseReturnValue:
    everything, account_id, now = services(), account.signed_in().account_id, clock.now()
    with everything.database.view() as db:
        known = shown.organisations(db, everything.keyring, account_id, now)
        offers = [each for each in shown.held(db, everything.keyring, account_id, now) if each.state == "offered"]
    done = {"left": _("已经结束。您不再代表该单位。")}.get(flask.request.args.get("done", ""))
    return flask.render_template(
        "account/organisations.html", organisations=known, offers=offers, is_proven=is_proven(account_id), done=done,
        words=organisations_shown, keeps=organisations_shown.departments_kept(account_id),
    )  # fmt: skip


@bp.route("/add", methods=["GET", "POST"])
def add() -> ResponseReturnValue:
    account_id = account.signed_in().account_id
    if forms.action() == "cancel":
        return flask.redirect(_HOME, 303)
    form, is_down = forms.read(OrganisationForm), False
    if form.validate_on_submit():
        match forms.attempt(form, lambda: _add(account_id, form)):
            case Recognised(organisation_id):
                return flask.redirect(f"{_HOME}/{organisation_id}?done=added", 303)
            case SourceDown():
                is_down = True
    page = flask.render_template(
        "account/organisation_add.html", form=form, is_down=is_down, is_proven=is_proven(account_id),
        has_licence=services().licences.is_offered,
    )  # fmt: skip
    return page, forms.status_of(form)


@bp.get("/<organisation_id>")
def organisation(organisation_id: str) -> ResponseReturnValue:
    everything, account_id, now = services(), account.signed_in().account_id, clock.now()
    with everything.database.view() as db:
        found = shown.organisation(db, everything.keyring, account_id, organisation_id, now)
        if found is None:
            return flask.redirect(_HOME, 303)
        given = shown.given(db, everything.keyring, account_id, organisation_id, now)
        uses = shown.uses(db, everything.keyring, organisation_id)
    done = {
        "added": _("已认定您为该单位的法定代表人。"),
        "licence": _("已凭电子营业执照认定您为该单位的法定代表人。"),
        "given": _("邀请已发出，对方接受后生效。"),
        "ended": _("授权已结束。"),
    }.get(flask.request.args.get("done", ""))
    return flask.render_template(
        "account/organisation.html", organisation=found, done=done, words=organisations_shown, uses=uses,
        administrators=[each for each in given if each.role == ADMINISTRATOR and each.ended_at is None],
        given=[each for each in given if each.role == AGENT or each.ended_at is not None],
        has_licence=services().licences.is_offered,
    )  # fmt: skip


@bp.route("/<organisation_id>/give", methods=["GET", "POST"])
def give(organisation_id: str) -> ResponseReturnValue:
    found = _spoken_for(organisation_id)
    if found is None or forms.action() == "cancel":
        return flask.redirect(f"{_HOME}/{organisation_id}" if found is not None else _HOME, 303)
    if (first := signing_in.again_if_stale(account.signed_in(), f"{_HOME}/{found.id}/give")) is not None:
        return first
    form = forms.read(MandateForm, days=str(DEFAULT_DAYS))
    if form.validate_on_submit() and forms.attempt(form, lambda: mandate_given(found.id, found.mandate_id, form)):
        return flask.redirect(f"{_HOME}/{organisation_id}?done=given", 303)
    page = flask.render_template(
        "account/mandate_give.html", form=form, organisation=found.name, action=f"{_HOME}/{found.id}/give",
        sites=organisations_shown.offered_sites(), every_site=EVERY_SITE, own=None,
        keeps_sites=organisations_shown.keeps_sites(found.uscc),
    )  # fmt: skip
    return page, forms.status_of(form)


@bp.route("/<organisation_id>/administrators", methods=["GET", "POST"])
def appoint(organisation_id: str) -> ResponseReturnValue:
    found = _spoken_for(organisation_id)
    if found is None or found.role != LEGAL_REPRESENTATIVE or forms.action() == "cancel":
        return flask.redirect(f"{_HOME}/{organisation_id}" if found is not None else _HOME, 303)
    if (first := signing_in.again_if_stale(account.signed_in(), f"{_HOME}/{found.id}/administrators")) is not None:
        return first
    form = forms.read(AppointmentForm)
    if form.validate_on_submit() and forms.attempt(form, lambda: _appointed(found, form)):
        return flask.redirect(f"{_HOME}/{organisation_id}?done=given", 303)
    return flask.render_template("account/administrator_name.html", form=form, organisation=found), forms.status_of(
        form
    )


@bp.route("/<organisation_id>/leave", methods=["GET", "POST"])
def leave(organisation_id: str) -> ResponseReturnValue:
    """The legal representative no longer speaks for it here."""
    found = _spoken_for(organisation_id)
    if found is None or found.role != LEGAL_REPRESENTATIVE or forms.action() == "cancel":
        return flask.redirect(f"{_HOME}/{organisation_id}" if found is not None else _HOME, 303)
    if (first := signing_in.again_if_stale(account.signed_in(), f"{_HOME}/{found.id}/leave")) is not None:
        return first
    form = forms.read(JourneyForm)
    if form.validate_on_submit() and forms.action() == "confirm":
        services().mandates.resign(account.signed_in().account_id, organisation_id)
        services().worker.wake()
        return flask.redirect(f"{_HOME}?done=left", 303)
    return flask.render_template("account/organisation_leave.html", organisation=found, form=form)


def mandate_given(organisation_id: str, under: str | None, form: MandateForm) -> str:
    """Offer what the form says; answers the id of the mandate."""
    offer = Offer(
        organisation_id, AGENT, form.name.data, form.phone.data, under, tuple(form.sites.data or ()), int(form.days.data),
        may_delegate=bool(form.may_delegate.data),
    )  # fmt: skip
    given = services().giving.give(account.signed_in().account_id, offer)
    services().worker.wake()
    return given


def is_proven(account_id: str) -> bool:
    everything = services()
    with everything.database.view() as db:
        return persons.facts(db, everything.keyring, account_id) is not None


def _add(account_id: str, form: OrganisationForm) -> Recognised | SourceDown:
    return services().organisations.add(
        account_id,
        name=form.organisation_name.data or "",
        uscc=form.uscc.data,
        address=browser.address(),
        deadline=Deadline.after(_PATIENCE),
    )


def _appointed(found: OrganisationView, form: AppointmentForm) -> str:
    offer = Offer(found.id, ADMINISTRATOR, form.name.data, form.phone.data)
    given = services().giving.give(account.signed_in().account_id, offer)
    services().worker.wake()
    return given


def _spoken_for(organisation_id: str) -> OrganisationView | None:
    everything = services()
    with everything.database.view() as db:
        return shown.organisation(db, everything.keyring, account.signed_in().account_id, organisation_id, clock.now())
