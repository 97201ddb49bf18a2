"""The consent step of a child under 14: the guardian is asked, and the child is told so (PIPL art. 31)."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from idp.authn.sessions import LiveSession
from idp.edge.services import services
from idp.guardians import requests
from idp.guardians.guardians import Ward
from idp.web import facts_shown, forms, journey
from idp.web.forms import JourneyForm
from idp.web.journey import JourneyView


def ward_of(live: LiveSession) -> Ward | None:
    """Who has to be asked in place of this person; None for everybody who decides for themselves."""
    with services().database.view() as db:
        ward = services().guardians.ward(db, live.account_id)
    return ward if ward is not None and ward.needs_guardian else None


def step(under_way: JourneyView, live: LiveSession, ward: Ward) -> ResponseReturnValue:
    form, is_asked = forms.read(JourneyForm), False
    if form.validate_on_submit():
        match forms.action():
            case "ask" if ward.may_decide:
                _ask(under_way, live, ward)
                is_asked = True
            case "continue":  # decided again: the site goes on, or this page comes back
                return journey.onward()
            case _:
                return journey.decline("access_denied")
    return render_template(
        "consent_of_child.html", journey=under_way, form=form, is_asked=is_asked, may_decide=ward.may_decide,
        facts=facts_shown.labels(under_way.words),
    )  # fmt: skip


def _ask(under_way: JourneyView, live: LiveSession, ward: Ward) -> None:
    everything = services()
    with everything.database.transaction() as db:
        if requests.ask(db, everything.trail, live.account_id, under_way.client, under_way.words):
            everything.notices.tell(db, ward.guardian_account_id, "child_asks")
    everything.worker.wake()
