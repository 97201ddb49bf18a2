"""The account centre: who I am here, how I sign in, which sites know what of me, and what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

import flask
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.audit import search
from idp.audit.search import Wanted
from idp.authn.sessions import LiveSession
from idp.core import clock
from idp.core.identifiers import mask_document, mask_name
from idp.edge import browser
from idp.edge.services import services
from idp.guardians import requests
from idp.mandates import shown
from idp.oidc import consents
from idp.realname import persons, standing
from idp.realname.standing import Standing
from idp.web import (
    activity,
    documents_shown,
    facts_shown,
    forms,
    journey,
    principals_shown,
    signing_in,
    sites_known,
    sources_shown,
    staff_shown,
)
from idp.web.forms import ChangePasswordForm, JourneyForm

bp = flask.Blueprint("account", __name__, url_prefix="/account")
_EVENTS: Final = 60


@dataclass(frozen=True, slots=True)
class Overview:
    """The account as its owner sees it, masked."""

    name: str | None
    phone: str
    person_name: str | None
    document_label: str
    document: str | None
    is_minor: bool
    standing: Standing
    is_due: bool
    may_rise: bool
    verified_at: datetime | None
    last_sign_in: datetime | None
    last_method: str
    password_changed_at: datetime | None

    @property
    def ial(self) -> int:
        return self.standing.ial


@dataclass(frozen=True, slots=True)
class Device:
    """One signed-in browser."""

    id: str
    browser: str
    address: str
    signed_in_at: datetime
    seen_at: datetime
    method: str
    is_current: bool


@bp.before_request
def only_when_signed_in() -> ResponseReturnValue | None:
    """A new password may be wanted within a journey; the rest of the account centre waits until it is set."""
    flask.g.journey = None
    if flask.request.endpoint == "account.password" and (lost := journey.open_journey()) is not None:
        return lost
    live = browser.session()
    if live is None:
        return signing_in.first()
    if flask.request.endpoint != "account.password" and signing_in.must_change_password(live):
        return flask.redirect("/account/password", 303)
    return None


@bp.get("")
def overview() -> ResponseReturnValue:
    done = {"verified": _("身份核验成功。"), "merged": _("两个账户已合并。")}.get(flask.request.args.get("done", ""))
    everything, account_id = services(), _live().account_id
    with everything.database.view() as db:
        held = shown.held(db, everything.keyring, account_id, clock.now())
        has_request = bool(requests.waiting_for(db, account_id))
    return flask.render_template(
        "account/overview.html", account=_overview(account_id), done=done, has_request=has_request,
        has_offer=any(each.state == "offered" for each in held),
    )  # fmt: skip


@bp.route("/security", methods=["GET", "POST"])
def security() -> ResponseReturnValue:
    live, everything = _live(), services()
    if flask.request.method == "POST":
        return _end_device(live)
    with everything.database.view() as db:
        known = everything.sessions.of_account(db, live.account_id)
        merges = everything.merging.of_account(db, live.account_id)
    devices = [
        Device(s.id, s.browser, s.address, s.created_at, s.seen_at, activity.methods(s.amr), s.id == live.id)
        for s in known
    ]
    done = {
        "ended": _("那台设备已退出。"), "password": _("密码已保存。"),
        "linked": _("登录方式已关联。"), "unlinked": _("登录方式已取消关联。"),
        "phone": _("手机号已绑定。"), "parted": _("合并已撤销。"),
    }.get(flask.request.args.get("done", ""))  # fmt: skip
    page = {
        "account": _overview(live.account_id), "sessions": devices, "done": done,
        "links": sources_shown.links_of(live.account_id), "doors": sources_shown.doors(),
        "merges": merges,
        "warning": sources_shown.said(flask.request.args),
    }  # fmt: skip
    return flask.render_template("account/security.html", **page)


@bp.route("/password", methods=["GET", "POST"])
def password() -> ResponseReturnValue:
    live, everything = _live(), services()
    with everything.database.glance() as db:
        has_password = everything.accounts.password_hash(db, live.account_id) is not None
    if not has_password and (first := signing_in.again_if_stale(live, "/account/password")) is not None:
        return first
    if forms.action() == "cancel":
        return journey.decline("access_denied", "/account/security")
    form = forms.read(ChangePasswordForm)
    if form.validate_on_submit() and forms.attempt(form, lambda: _change_password(live, form)):
        with everything.database.transaction() as db:
            started = everything.sessions.renew(db, live.id)
        everything.worker.wake()
        return browser.carry_session(flask.make_response(journey.onward("/account/security?done=password")), started)
    page = flask.render_template(
        "account/password.html", form=form, has_password=has_password, journey=journey.current(),
        is_due=signing_in.must_change_password(live), password_hint=forms.password_hint(),
    )  # fmt: skip
    return page, forms.status_of(form)


@bp.get("/sites")
def sites() -> ResponseReturnValue:
    with services().database.view() as db:
        known = sites_known.of_account(db, _live().account_id)
        behalf = principals_shown.of_session(db, _live().id)
    done = {
        "withdrawn": _("授权已撤回。"), "principal": _("好的。下次进入该网站时，会重新询问您代表谁。"),
    }.get(flask.request.args.get("done", ""))  # fmt: skip
    return flask.render_template("account/sites.html", sites=known, done=done, behalf=behalf)


@bp.route("/sites/<client_id>", methods=["GET", "POST"])
def withdraw(client_id: str) -> ResponseReturnValue:
    live, everything = _live(), services()
    with everything.database.view() as db:
        found = sites_known.one(db, live.account_id, client_id)
    if found is None:
        return flask.redirect("/account/sites", 303)
    if flask.request.method == "GET":
        return flask.render_template("account/withdraw.html", site=found, form=JourneyForm())
    if forms.action() != "confirm":
        return flask.redirect("/account/sites", 303)
    with everything.database.transaction() as db:
        consents.withdraw(db, everything.trail, live.account_id, client_id)
    return flask.redirect("/account/sites?done=withdrawn", 303)


@bp.get("/activity")
def events() -> ResponseReturnValue:
    with services().database.view() as db:
        entries = search.page(db, Wanted(account_id=_live().account_id), size=_EVENTS).entries
        lines = list(activity.told(entries, sites_known.name_of, _source_name, lambda each: shown.name(db, each) or ""))
        staff = staff_shown.of_account(db, _live().account_id)
    return flask.render_template("account/activity.html", events=lines, staff=staff)


def signed_in() -> LiveSession:
    """The same for the other pages of the account centre."""
    return _live()


def _live() -> LiveSession:
    """The session that `only_when_signed_in` has made sure of."""
    return cast(LiveSession, browser.session())


def _overview(account_id: str) -> Overview:
    everything = services()
    with everything.database.view() as db:
        profile = everything.accounts.profile(db, account_id)
        person = persons.facts(db, everything.keyring, account_id)
        stands = standing.standing_of(db, account_id, clock.now())
        stored = everything.accounts.stored_password(db, account_id)
        signed_in = search.page(db, Wanted(act="sign_in.succeeded", account_id=account_id), size=2).entries
        last = signed_in[1] if len(signed_in) > 1 else None
        last_at = last.at if last is not None else None
        last_method = activity.method(dict(last.details or {}).get("method", "")) if last is not None else ""
    return Overview(
        name=profile.username if profile is not None else None,
        phone=facts_shown.masked_phone(profile) if profile is not None else "",
        person_name=mask_name(person.name) if person is not None else None,
        document_label=documents_shown.label(person.document.kind) if person is not None else "",
        document=mask_document(person.document) if person is not None else None,
        is_minor=person is not None and person.is_minor(clock.now()),
        standing=stands,
        is_due=stands.is_due(clock.now()),
        may_rise=stands.ial < everything.provider.reach.ial,
        verified_at=person.proven_at if person is not None else None,
        last_sign_in=last_at,
        last_method=last_method,
        password_changed_at=stored.changed_at if stored is not None else None,
    )


def _change_password(live: LiveSession, form: ChangePasswordForm) -> bool:
    services().password_change.change(
        live.account_id,
        form.current_password.data or "",
        form.password.data,
        session_id=live.id,
        device=browser.device(),
        address=browser.address(),
    )
    return True


def _end_device(live: LiveSession) -> ResponseReturnValue:
    """End one of the person's own other sessions; anybody else's is not theirs to end."""
    everything, session_id = services(), flask.request.form.get("session", "")
    with everything.database.transaction() as db:
        if everything.sessions.belongs_to(db, session_id, live.account_id):
            everything.sessions.end(db, session_id, reason="ended_by_owner", keep_offline=False)
    everything.worker.wake()
    return flask.redirect("/account/security?done=ended", 303)


def _source_name(name: str) -> str:
    return sources_shown.label(name) if name else ""
