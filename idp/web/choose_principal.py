"""On whose behalf: themselves or an organisation, said before a site that serves organisations gets its answer."""

from __future__ import annotations

from dataclasses import dataclass, field

import flask
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.core import clock
from idp.edge import browser, pages
from idp.edge.services import services
from idp.mandates import acting, shown
from idp.mandates.acting import Principal
from idp.oidc.authorization import behalf, journeys
from idp.realname import persons
from idp.web import account, facts_shown, forms, journey, organisations_shown, signing_in
from idp.web.forms import JourneyForm
from idp.web.journey import JourneyView

bp = flask.Blueprint("choose_principal", __name__)
bp.before_request(journey.open_journey)
of_account = flask.Blueprint("change_principal", __name__)
of_account.before_request(account.only_when_signed_in)


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of the list."""

    value: str
    name: str
    detail: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What the page knows of the person: for whom they may act here, and for whom they did before."""

    organisations: tuple[Principal, ...]
    before: str | None
    lost: str | None
    is_proven: bool
    label: str = field(repr=False)


@bp.route("/choose-principal", methods=["GET", "POST"])
def choose_principal() -> ResponseReturnValue:
    under_way, live = journey.current(), browser.session()
    if under_way is None:
        return journey.lost()
    if live is None:
        return signing_in.first()
    known = _known(under_way, live.id, live.account_id)
    choices = _choices(under_way, known)
    form = forms.read(JourneyForm)
    if form.validate_on_submit():
        if forms.action() == "cancel" or not choices:
            return journey.decline("access_denied")
        said = flask.request.form.get("principal", "")
        if said in {choice.value for choice in choices}:
            journeys.choose_principal(services().store, under_way.parked, said, account_id=live.account_id)
            return journey.onward()
        form.form_errors = [*form.form_errors, _("请选择您代表谁。")]
    page = flask.render_template(
        "choose_principal.html", journey=under_way, form=form, choices=choices, known=known,
        serves_people=under_way.client.metadata.serves_people,
    )  # fmt: skip
    return page, forms.status_of(form)


@of_account.post("/account/sites/<client_id>/principal")
def change(client_id: str) -> ResponseReturnValue:
    """The next sign-in at this site asks anew."""
    live, everything = account.signed_in(), services()
    with everything.database.transaction() as db:
        if client_id in behalf.of_session(db, live.id):
            behalf.forget(db, session_id=live.id, client_id=client_id)
            everything.trail.record(
                db, "principal.forgotten", account_id=live.account_id, client_id=client_id, session_id=live.id
            )
    return flask.redirect("/account/sites?done=principal", 303)


def _known(under_way: JourneyView, session_id: str, account_id: str) -> Known:
    everything, client_id = services(), under_way.client.client_id
    with everything.database.view() as db:
        found = acting.principals(db, everything.keyring, account_id, client_id, clock.now())
        before = behalf.chosen(db, session_id=session_id, client_id=client_id)
        is_lost = before is not None and before not in {each.organisation_id for each in found}
        lost = shown.name(db, before) if is_lost and before is not None else None
        person = persons.facts(db, everything.keyring, account_id)
        profile = everything.accounts.profile(db, account_id)
    label = person.name if person is not None else facts_shown.account_label(profile) if profile is not None else ""
    return Known(found, before, lost, is_proven=person is not None, label=label)


def _choices(under_way: JourneyView, known: Known) -> list[Choice]:
    """Themselves first, where the site serves people; nothing is chosen beforehand but what was chosen before."""
    myself = [Choice(behalf.SELF, _("我本人"), known.label)] if under_way.client.metadata.serves_people else []
    if not known.organisations and known.lost is None and not myself:
        return []
    return myself + [_organisation(each, known.before) for each in known.organisations]


def _organisation(principal: Principal, before: str | None) -> Choice:
    role = organisations_shown.role(principal.role)
    detail = f"{role}　{principal.uscc}" if pages.locale().startswith("zh") else f"{role}, {principal.uscc}"
    return Choice(principal.organisation_id, principal.name, detail, principal.organisation_id == before)
