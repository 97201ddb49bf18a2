"""The account centre's pages of what people look at: an organisation, a changed document, a guardianship; filed and followed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final, TypeVar

import flask
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.core.identifiers import DocumentKind, mask_name
from idp.edge.services import services
from idp.guardians.errors import NoSuchChild
from idp.realname import persons
from idp.reviews import papers
from idp.reviews.filing import Filed
from idp.reviews.rows import DOCUMENT, GUARDIANSHIP, ORGANISATION, RETURNED, is_unseen
from idp.reviews.service_time import TARGETS
from idp.web import account, documents_shown, forms, reviews_shown, signing_in
from idp.web.forms import JourneyForm
from idp.web.review_forms import DocumentReviewForm, OrganisationReviewForm, PaperForm

F = TypeVar("F", bound=PaperForm)
bp = flask.Blueprint("reviews", __name__, url_prefix="/account/reviews")
bp.before_request(account.only_when_signed_in)
HOME: Final = "/account/reviews"
LONGEST_FORM: Final = 8 * 1024 * 1024
"""A file beyond the bound is read to answer with a sentence, and thrown away."""


@bp.get("")
def overview() -> ResponseReturnValue:
    filed = services().reviews.filing.of_account(account.signed_in().account_id)
    done = {"withdrawn": _("申请已撤回，材料已删除。")}.get(flask.request.args.get("done", ""))
    return flask.render_template(
        "account/reviews.html", filed=filed, done=done, words=reviews_shown, is_known=_is_known()
    )  # fmt: skip


@bp.route("/organisation", methods=["GET", "POST"])
def organisation() -> ResponseReturnValue:
    """The person says to be the legal representative of what no register answers for."""

    def file(form: OrganisationReviewForm) -> str:
        return services().reviews.filing.organisation(
            account.signed_in().account_id, name=form.organisation_name.data or "", uscc=form.uscc.data,
            remark=form.remark.data or "", paper=_paper(),
        )  # fmt: skip

    def given(told: Filed) -> dict[str, str]:
        return {"organisation_name": told.told["name"], "uscc": told.told["uscc"]}

    return _asked(ORGANISATION, f"{HOME}/organisation", OrganisationReviewForm, file, given)


@bp.route("/document", methods=["GET", "POST"])
def document() -> ResponseReturnValue:
    """The person has another document now, or another name."""

    def file(form: DocumentReviewForm) -> str:
        return services().reviews.filing.document(
            account.signed_in().account_id, name=form.name.data, kind=DocumentKind(form.document_kind.data),
            number=form.resident_id.data, country=form.country.data or None,
            valid_until=date.fromisoformat(form.valid_until.data) if form.valid_until.data else None,
            is_endless=bool(form.endless.data), remark=form.remark.data or "", paper=_paper(),
        )  # fmt: skip

    def given(told: Filed) -> dict[str, str]:
        known = {name: told.told[name] or "" for name in ("name", "country", "valid_until")}
        return {**known, "document_kind": told.told["kind"], "resident_id": told.told["number"]}

    return _asked(DOCUMENT, f"{HOME}/document", DocumentReviewForm, file, given)


@bp.route("/guardianship/<child_id>", methods=["GET", "POST"])
def guardianship(child_id: str) -> ResponseReturnValue:
    """The guardian shows whose child it is."""
    account_id = account.signed_in().account_id
    try:
        child = services().guardians.child(account_id, child_id)
    except NoSuchChild:
        return flask.redirect("/account/children", 303)

    def file(form: PaperForm) -> str:
        return services().reviews.filing.guardianship(
            account_id, child_id, remark=form.remark.data or "", paper=_paper()
        )

    waiting = services().reviews.filing.open_of(account_id, GUARDIANSHIP)
    if waiting is not None and waiting.state == RETURNED and waiting.subject != child_id:
        return flask.redirect(f"{HOME}/{waiting.id}", 303)
    with services().database.view() as db:
        if waiting is None and not is_unseen(db, account_id, child_id):
            return flask.redirect("/account/children", 303)
    name = mask_name(child.name) if child.name else child.username or ""
    return _asked(GUARDIANSHIP, f"{HOME}/guardianship/{child_id}", PaperForm, file, lambda _told: {}, child=name)


@bp.route("/<request_id>", methods=["GET", "POST"])
def request(request_id: str) -> ResponseReturnValue:
    """One request: how it stands, and withdrawing it."""
    filing, account_id = services().reviews.filing, account.signed_in().account_id
    found = filing.find(account_id, request_id)
    if found is None:
        return flask.redirect(HOME, 303)
    form = forms.read(JourneyForm)
    if form.validate_on_submit() and forms.action() == "withdraw":
        if forms.attempt(form, lambda: _withdrawn(account_id, request_id)):
            return flask.redirect(f"{HOME}?done=withdrawn", 303)
        found = filing.find(account_id, request_id) or found
    done = {
        "filed": _("申请已提交。审核有结果时，会用短信告诉您。"),
        "completed": _("补充的内容已提交。"),
    }.get(flask.request.args.get("done", ""))
    page = flask.render_template(
        "account/review.html", one=found, form=form, done=done, words=reviews_shown, complete=_complete(found)
    )
    return page, forms.status_of(form)


def _asked(
    kind: str, here: str, form_of: type[F], file: Callable[[F], str], given: Callable[[Filed], dict[str, str]],
    child: str = "",
) -> ResponseReturnValue:  # fmt: skip
    """The form of one kind: fresh, or with what was said before where it came back to be completed."""
    live, filing = account.signed_in(), services().reviews.filing
    if forms.action() == "cancel":
        return flask.redirect(HOME, 303)
    if (first := signing_in.again_if_stale(live, here)) is not None:
        return first
    waiting = filing.open_of(live.account_id, kind)
    if waiting is not None and waiting.state != RETURNED:
        return flask.redirect(f"{HOME}/{waiting.id}", 303)
    before = {**given(waiting), "remark": waiting.told.get("remark", "")} if waiting is not None else {}
    form = forms.read(form_of, **before)
    if form.validate_on_submit() and (made := forms.attempt(form, lambda: file(form))) is not None:
        return flask.redirect(f"{HOME}/{made}?done={'completed' if waiting is not None else 'filed'}", 303)
    page = flask.render_template(
        f"account/review_{kind}.html", form=form, before=waiting, action=here, child=child, words=reviews_shown,
        days=TARGETS[kind], kinds=documents_shown.kinds(), is_known=_is_known(),
    )  # fmt: skip
    return page, forms.status_of(form)


def _paper() -> bytes:
    upload = flask.request.files.get("paper")
    return upload.stream.read(papers.LONGEST + 1) if upload is not None else b""


def _withdrawn(account_id: str, request_id: str) -> bool:
    services().reviews.filing.withdraw(account_id, request_id)
    return True


def _complete(found: Filed) -> str:
    """Where one that came back is completed."""
    return f"{HOME}/{found.kind}{f'/{found.subject}' if found.kind == GUARDIANSHIP else ''}"


def _is_known() -> bool:
    """Whether the account stands for a person, though the proof may have expired."""
    everything = services()
    with everything.database.view() as db:
        return persons.known(db, everything.keyring, account.signed_in().account_id) is not None
