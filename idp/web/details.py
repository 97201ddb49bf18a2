"""My details: what a person wrote about themselves for sites to see; each part viewed, written and cleared by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import flask
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import StringField

from idp.accounts import details, details_rules
from idp.accounts.details_rules import ADDRESS_PARTS, DetailRefused
from idp.authn.sessions import LiveSession
from idp.edge import browser
from idp.edge.services import services
from idp.oidc import claim_values
from idp.realname import persons
from idp.web import account, facts_shown, forms
from idp.web.forms import CitizenForm

bp = flask.Blueprint("details", __name__, url_prefix="/account/details")
bp.before_request(account.only_when_signed_in)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the page, edited on a page of its own; `members` are claims, of an address its parts."""

    title: Any
    members: tuple[str, ...]
    address: str | None = None  # the member that these parts make up

    @property
    def claims(self) -> tuple[str, ...]:
        return (self.address,) if self.address is not None else self.members

    def field_of(self, member: str) -> str:
        """The name of a form field: `family_name_en` for `family_name#en`."""
        return member.replace("#", "_")


PARTS: Final[Mapping[str, Part]] = {
    "name": Part(lazy_gettext("姓名"), ("family_name", "given_name", "middle_name")),
    "nickname": Part(lazy_gettext("昵称"), ("nickname", "nickname#en")),
    "email": Part(lazy_gettext("电子邮箱"), ("email",)),
    "address": Part(lazy_gettext("联系地址"), tuple(ADDRESS_PARTS), address="address"),
    "english-name": Part(lazy_gettext("英文姓名"), ("given_name#en", "middle_name#en", "family_name#en")),
    "english-address": Part(lazy_gettext("英文地址"), tuple(reversed(tuple(ADDRESS_PARTS))), address="address#en"),
    "web": Part(lazy_gettext("网页"), ("website", "profile", "picture")),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One part as the page lists it."""

    key: str
    title: Any
    lines: tuple[str, ...]


@bp.get("")
def overview() -> ResponseReturnValue:
    known, written = _known(), _written(_owner())
    listed = [
        Shown(key, part.title, _lines(key, written))
        for key, part in PARTS.items()
        if key != "name" or not _is_proven(known)
    ]
    done = {"saved": _("已保存。"), "cleared": _("已清除。")}.get(flask.request.args.get("done", ""))
    return flask.render_template("account/details.html", parts=listed, confirmed=_confirmed(known), done=done)


@bp.route("/<key>", methods=["GET", "POST"])
def edit(key: str) -> ResponseReturnValue:
    part = PARTS.get(key)
    if part is None:
        flask.abort(404)
    account_id = _owner()
    if key == "name" and _is_proven(_known()):
        return flask.redirect("/account/details", 303)  # what an authority confirmed is not written over
    if forms.action() == "clear":
        form = CitizenForm()
        if form.validate_on_submit():
            _write(account_id, dict.fromkeys(part.claims))
            return flask.redirect("/account/details?done=cleared", 303)
    written = _written(account_id)
    form = form_of(part, written)
    if form.validate_on_submit() and (changes := _read(part, form)) is not None:
        _write(account_id, changes)
        return flask.redirect("/account/details?done=saved", 303)
    page = flask.render_template(
        "account/details_edit.html", key=key, part=part, form=form, has_any=any(written.get(c) for c in part.claims)
    )
    return page, forms.status_of(form)


def form_of(part: Part, written: Mapping[str, Any]) -> CitizenForm:
    """A form with a field for each member, filled with what is written."""
    kind = type(
        "DetailsForm", (CitizenForm,), {part.field_of(m): StringField(filters=[forms.strip]) for m in part.members}
    )
    values = written.get(part.address, {}) if part.address is not None else written
    return forms.read(kind, **{part.field_of(member): values.get(member, "") for member in part.members})


def _read(part: Part, form: CitizenForm) -> dict[str, Any] | None:
    """What was typed, as it is kept; None when something is wrong, which the form then says."""
    typed = {member: form[part.field_of(member)].data or "" for member in part.members}
    if part.address is not None:
        made = forms.attempt(form, lambda: (details_rules.read_address(typed),))
        return {part.address: made[0]} if made is not None else None
    changes: dict[str, Any] = {}
    for member, text in typed.items():
        try:
            changes[member] = details_rules.read(member, text)
        except DetailRefused as refused:
            forms.blame(form, type(refused)(field=part.field_of(member)))
    return None if form.errors else changes


def _owner() -> str:
    """The account of the session that the account centre has made sure of."""
    return cast(LiveSession, browser.session()).account_id


def _write(account_id: str, changes: Mapping[str, Any]) -> None:
    everything = services()
    with everything.database.transaction() as db:
        details.change(db, everything.keyring, everything.trail, account_id, changes)


def _written(account_id: str) -> Mapping[str, Any]:
    everything = services()
    with everything.database.glance() as db:
        found = details.read(db, everything.keyring, account_id)
    return found.values if found is not None else {}


def _known() -> dict[str, Any]:
    """Everything a site could get, as it would get it."""
    everything, account_id = services(), _owner()
    with everything.database.glance() as db:
        profile = everything.accounts.profile(db, account_id)
        person = persons.facts(db, everything.keyring, account_id)
        written = details.read(db, everything.keyring, account_id)
    return claim_values.known(profile, person, written)


def _is_proven(known: Mapping[str, Any]) -> bool:
    return "ial" in known


def _confirmed(known: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What an authority or a text message confirmed, masked: it is changed elsewhere, or not at all."""
    labels = facts_shown.claim_labels()
    names = ("name", "gender", "birthdate", "phone_number") if _is_proven(known) else ("phone_number",)
    return [(labels[name], facts_shown.value_of(name, known)) for name in names if known.get(name)]


def _lines(key: str, written: Mapping[str, Any]) -> tuple[str, ...]:
    """What is written in a part, to its owner in full."""
    whole = claim_values.composed(written)
    match key:
        case "name":
            found = [whole["name"]]
        case "english-name":
            found = [whole["name#en"]]
        case "address" | "english-address":
            address = whole.get("address" if key == "address" else "address#en", {})
            found = address.get("formatted", "").split("\n")
        case _:
            found = [written.get(claim) for claim in PARTS[key].claims]
    return tuple(str(line) for line in found if line)
