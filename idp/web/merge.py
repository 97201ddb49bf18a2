"""The guided merge: another account stands for this person; sign in to it too, see what will happen, confirm once.

The sign-in to this one must be fresh too: all that the account has goes over, and a browser may have been left open.
Nothing of the other account is told before that sign-in, but for the ends of its phone number after a proof of the real person:
name and number alone may be known to others.
"""

from __future__ import annotations

from dataclasses import dataclass

import flask
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.authn.results import SignedIn
from idp.authn.sessions import LiveSession
from idp.edge import browser, leaving, pages
from idp.edge.services import services
from idp.merging import control
from idp.merging.errors import NotTheOtherAccount
from idp.merging.merging import Offer
from idp.oidc import consents
from idp.realname.ports import AssuranceLevel
from idp.web import challenges, code_page, facts_shown, forms, journey, signing_in
from idp.web.forms import CodeForm, IdentifierForm, JourneyForm, PasswordSignInForm
from idp.web.pages import link

bp = flask.Blueprint("merge", __name__)
bp.before_request(journey.open_journey)
PATH = "/merge"


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two accounts, as its owner knows it."""

    label: str
    sites: tuple[str, ...]


def way_on() -> ResponseReturnValue | None:
    """Where somebody goes whose proof found another account; None when there is nothing to merge."""
    live = browser.session()
    return flask.redirect(link("/merge"), 303) if live is not None and _offer(live) is not None else None


@bp.route(PATH, methods=["GET", "POST"])
def offered() -> ResponseReturnValue:
    live, offer = _asked()
    if live is None or offer is None:
        return _nothing_to_merge(live)
    if (first := signing_in.again_for_step(live, PATH)) is not None:
        return first
    if forms.action() in ("later", "cancel"):
        return journey.decline("unmet_authentication_requirements")
    form = forms.read(PasswordSignInForm)
    if form.validate_on_submit() and forms.attempt(form, lambda: _by_password(live, offer, form)):
        return flask.redirect(link("/merge/confirm"), 303)
    page = flask.render_template("merge.html", form=form, journey=journey.current(), phone=_hint(offer))
    return page, forms.status_of(form)


@bp.route("/merge/code", methods=["GET", "POST"])
def ask_code() -> ResponseReturnValue:
    live, offer = _asked()
    if live is None or offer is None:
        return _nothing_to_merge(live)
    form = forms.read(IdentifierForm)
    if form.validate_on_submit() and (sent := forms.attempt(form, lambda: _send(offer, form.identifier.data))):
        return challenges.enter("/merge/code/enter", sent, form.identifier.data)
    page = flask.render_template("merge_code.html", form=form, journey=journey.current(), phone=_hint(offer))
    return page, forms.status_of(form)


@bp.route("/merge/code/enter", methods=["GET", "POST"])
def enter_code() -> ResponseReturnValue:
    live, offer = _asked()
    if live is None or offer is None:
        return _nothing_to_merge(live)
    if (asked_for := challenges.typed()) is None:
        return flask.redirect(link("/merge/code"), 303)
    form = forms.read(CodeForm)
    if forms.action() == "send_code":
        form = code_page.emptied()
        if (sent := forms.attempt(form, lambda: _send(offer, asked_for))) is not None:
            return challenges.enter("/merge/code/enter", sent, asked_for, again=True)
    elif form.validate_on_submit() and forms.attempt(form, lambda: _by_code(live, offer, form.otp.data)):
        return flask.redirect(link("/merge/confirm"), 303)
    return code_page.show(form, title=_("输入验证码"), back="/merge/code", back_label=_("换一个账户"), is_certain=False)


@bp.route("/merge/confirm", methods=["GET", "POST"])
def confirm() -> ResponseReturnValue:
    live, offer = _asked()
    if live is None or offer is None:
        return _nothing_to_merge(live)
    if (first := signing_in.again_for_step(live, PATH)) is not None:
        return first
    held = control.shown(services().store, live.id, offer)
    if held is None:
        return flask.redirect(link("/merge"), 303)
    if forms.action() in ("later", "cancel"):
        control.forget(services().store, live.id)
        return journey.decline("unmet_authentication_requirements")
    form = forms.read(JourneyForm)
    is_said = form.validate_on_submit() and forms.action() == "confirm"
    if is_said and (done := forms.attempt(form, lambda: _merge(live, offer, tuple(held.amr)))) is not None:
        return done
    page = flask.render_template(
        "merge_confirm.html", form=form, journey=journey.current(), kept=_side(offer.kept_account_id),
        other=_side(offer.merged_account_id), undo_days=services().merging.undo_for.days,
    )  # fmt: skip
    return page, forms.status_of(form)


def _asked() -> tuple[LiveSession | None, Offer | None]:
    live = browser.session()
    return live, _offer(live) if live is not None else None


def _offer(live: LiveSession) -> Offer | None:
    with services().database.view() as db:
        return services().merging.offer(db, live.account_id)


def _nothing_to_merge(live: LiveSession | None) -> ResponseReturnValue:
    return signing_in.first() if live is None else journey.onward()


def _hint(offer: Offer) -> str:
    """The other account's phone, masked, for whom a real person was proven; others may know a name and a number."""
    if offer.ial < AssuranceLevel.REAL_PERSON:
        return ""
    with services().database.glance() as db:
        profile = services().accounts.profile(db, offer.kept_account_id)
    return facts_shown.masked_phone(profile) if profile is not None else ""


def _by_password(live: LiveSession, offer: Offer, form: PasswordSignInForm) -> bool:
    signed_in = services().password_sign_in.attempt(
        form.identifier.data, form.password.data, device=browser.device(), address=browser.address()
    )
    control.remember(services().store, live.id, offer, signed_in)
    return True


def _send(offer: Offer, typed: str) -> str:
    """A code to the phone of the other account, if that is what was typed; the same to see in every case."""
    everything = services()
    with everything.database.glance() as db:
        meant = everything.accounts.find(db, typed)
        is_it = meant is not None and meant.id == offer.kept_account_id
        profile = everything.accounts.profile(db, offer.kept_account_id) if is_it else None
    sent = everything.codes.send_quietly(
        "merge", profile.phone if profile is not None else None, asked=typed, device=browser.device(),
        address=browser.address(), locale=pages.locale(),
    )  # fmt: skip
    everything.worker.wake()
    return sent


def _by_code(live: LiveSession, offer: Offer, otp: str) -> bool:
    everything = services()
    phone = everything.codes.check(challenges.in_hand(), "merge", otp, device=browser.device())
    with everything.database.glance() as db:
        found = everything.accounts.find_by_phone(db, phone)
    if found is None:
        raise NotTheOtherAccount
    control.remember(everything.store, live.id, offer, SignedIn(found.id, amr=("sms",)))
    return True


def _merge(live: LiveSession, offer: Offer, amr: tuple[str, ...]) -> ResponseReturnValue:
    """Both become one, and this browser is signed in to it: the person showed a moment ago that it is theirs."""
    everything = services()
    with everything.database.transaction() as db:
        everything.merging.merge(db, offer)
        started = everything.sessions.start(
            db, offer.kept_account_id, aal=1, amr=amr, device=browser.device(), browser=browser.kind(),
            address=browser.address(),
        )  # fmt: skip
        everything.notices.tell(db, offer.kept_account_id, "merged")
    control.forget(everything.store, live.id)
    everything.worker.wake()
    gone = leaving.onward(live.id, journey.way("/account?done=merged"), another_account=True)
    return browser.carry_session(flask.make_response(gone), started)


def _side(account_id: str) -> Side:
    everything = services()
    with everything.database.view() as db:
        profile = everything.accounts.profile(db, account_id)
        given = consents.of_account(db, account_id)
    found = [everything.provider.clients.find(view.client_id) for view in given]
    return Side(
        facts_shown.account_label(profile) if profile is not None else "",
        tuple(client.name(pages.locale()) for client in found if client is not None),
    )
