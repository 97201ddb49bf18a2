"""Proving who one is: the ways that are open, name and document, who will get them and why, and never a dead end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import flask
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.authn.sessions import LiveSession
from idp.core.deadline import Deadline
from idp.core.identifiers import NEEDS_GUARDIAN_UNDER, DocumentKind
from idp.edge import browser, legal, pages
from idp.edge.services import services
from idp.oidc import consents
from idp.policies.kinds import FACE_CONSENT
from idp.realname import applicants, face_consents
from idp.realname.attempts import Attempt
from idp.realname.errors import AnotherPerson, MinorNeedsGuardian, NotProven, WayUnsuitable
from idp.realname.policy import Way, WayKind
from idp.realname.ports import Applicant, Scene
from idp.realname.results import Proven, SourceDown
from idp.web import facts_shown, forms, journey, merge, photos, signing_in, verify_attempt, verify_ways
from idp.web.forms import ProofForm
from idp.web.pages import with_journey
from idp.web.verify_ways import Case

bp = flask.Blueprint("verify", __name__)
bp.before_request(journey.open_journey)
_PATIENCE: Final = 12.0
Result = Proven | SourceDown | Attempt


@bp.route("/verify-identity", methods=["GET", "POST"])
def verify_identity() -> ResponseReturnValue:
    live = browser.session()
    if live is None:
        return signing_in.first()
    if forms.action() == "cancel":
        return journey.decline("access_denied")
    if forms.action() == "later":
        return verify_ways.put_off(live.account_id)
    case = verify_ways.case_of(live.account_id)
    if case.is_met:
        return journey.onward() if journey.current() is not None else _done(case)
    form = forms.read(ProofForm, document_kind=DocumentKind.RESIDENT_ID.value)
    if case.person is not None:
        form.leave_out_the_person()
    if not form.validate_on_submit():
        return _page(case, form, case.ways())
    applicant = forms.attempt(form, lambda: _applicant(case, form))
    if applicant is None:
        return _page(case, form, case.ways())
    ways = case.ways(applicant)
    way = next((each for each in ways if form.way.data in {each.name, ""}), None)
    if way is None:
        forms.blame(form, WayUnsuitable())
        return _page(case, form, ways)
    return _go(live, case, form, applicant, way)


def _go(live: LiveSession, case: Case, form: ProofForm, applicant: Applicant, way: Way) -> ResponseReturnValue:
    """Take the way that was chosen, after the consent and the picture that it needs."""
    form.way.data = way.name
    if way.kind is WayKind.COUNTER:
        return flask.redirect(with_journey(verify_ways.COUNTER_PAGE), 303)
    if way.is_face and not _agreed(live, form):
        return _face_consent(case, form, way)
    jpeg = photos.given(form) if way.kind is WayKind.PHOTO else None
    if way.kind is WayKind.PHOTO and jpeg is None:
        return _photo(case, form, way)
    match forms.attempt(form, _act(live, applicant, way, jpeg)):
        case Proven():
            return verify_attempt.renewed(live.id)
        case SourceDown():
            return _unavailable(case, form, applicant, way)
        case Attempt() as attempt:
            return verify_attempt.begun(attempt, case.level)
        case None if (way_on := merge.way_on()) is not None:
            return way_on
        case None:
            tried = case.ways(applicant, besides=way.name)
            return _page(
                case, form, [*tried, way] if form.refused_with == NotProven.status and tried else [way, *tried]
            )


def _act(live: LiveSession, applicant: Applicant, way: Way, jpeg: bytes | None) -> Callable[[], Result]:
    under_way, everything = journey.current(), services()
    client_id = under_way.client.client_id if under_way is not None else None
    proof, address, deadline = everything.identity_proof, browser.address(), Deadline.after(_PATIENCE)
    if way.kind is WayKind.CHALLENGE:
        scene = Scene(browser.surface(), everything.settings.url(f"/verify-identity/returned/{way.source}"))
        return lambda: proof.start(
            live.account_id, applicant, source=way.source, scene=scene, browser=browser.device(), client_id=client_id,
            address=address, deadline=deadline,
        )  # fmt: skip
    return lambda: proof.check(
        live.account_id,
        applicant,
        source=way.source,
        jpeg=jpeg,
        client_id=client_id,
        address=address,
        deadline=deadline,
    )


def _applicant(case: Case, form: ProofForm) -> Applicant:
    """Who is known already, or who the form says; a child is not asked about here."""
    if (known := case.applicant) is not None:
        return known
    applicant = applicants.read(
        form.name.data, form.resident_id.data, DocumentKind(form.document_kind.data), form.country.data or None
    )
    age = applicants.age_of(applicant)
    if age is not None and age < NEEDS_GUARDIAN_UNDER:
        raise MinorNeedsGuardian
    return applicant


def _agreed(live: LiveSession, form: ProofForm) -> bool:
    """Whether the person agreed to a check of the face: before, or on the page that came with this form."""
    everything = services()
    version = everything.identity_proof.rules.face_text()
    with everything.database.glance() as db:
        if face_consents.is_given(db, live.account_id, version):
            return True
    # Agreed is what was shown: a text that was published meanwhile is shown first.
    if forms.action() == "agree" and form.face_consent.data and flask.request.form.get("face_text") == version:
        face_consents.give(everything.database, everything.trail, live.account_id, version)
        return True
    return False


def _page(case: Case, form: ProofForm, ways: list[Way]) -> ResponseReturnValue:
    facts, purpose = _what_the_site_gets()
    under_way, settings = journey.current(), services().settings
    page = flask.render_template(
        "verify_identity.html", form=form, journey=under_way, facts=facts, purpose=purpose, case=case,
        basis=under_way.client.release_basis if under_way is not None else None, has_counter=settings.counter,
        ways=verify_ways.shown(ways), kinds=verify_ways.document_kinds(),
        is_another=_(AnotherPerson.sentence) in form.form_errors,
    )  # fmt: skip
    return page, forms.status_of(form)


def _face_consent(case: Case, form: ProofForm, way: Way) -> ResponseReturnValue:
    if forms.action() == "agree":
        form.face_consent.errors = [_("请勾选同意，或换一种不用人脸的方式。")]
    others = [each for each in case.ways() if not each.is_face]
    [shown] = verify_ways.shown([way])
    text = services().policies.current(FACE_CONSENT)
    page = flask.render_template(
        "verify_face_consent.html", form=form, journey=journey.current(), case=case, way=shown,
        others=verify_ways.shown(others), version=text.name, text=legal.markup(text, pages.locale()),
    )  # fmt: skip
    return page, forms.status_of(form)


def _photo(case: Case, form: ProofForm, way: Way) -> ResponseReturnValue:
    [shown] = verify_ways.shown([way])
    page = flask.render_template(
        "verify_photo.html", form=form, journey=journey.current(), case=case, way=shown, longest=photos.LONGEST
    )
    return page, forms.status_of(form)


def _unavailable(case: Case, form: ProofForm, applicant: Applicant, way: Way) -> ResponseReturnValue:
    [shown] = verify_ways.shown([way])
    others = verify_ways.shown(case.ways(applicant, besides=way.name))
    return flask.render_template(
        "verify_unavailable.html", journey=journey.current(), form=form, case=case, way=shown, others=others
    )


def _done(case: Case) -> ResponseReturnValue:
    return flask.render_template("verify_done.html", case=case)


def _what_the_site_gets() -> tuple[str, str]:
    """The facts the site will get once the person is proven, and what it said it needs them for."""
    under_way = journey.current()
    if under_way is None:
        return "", ""
    words = under_way.words
    marks = (consents.CLAIM, consents.VOUCHED)
    facts = facts_shown.labels(word for word in words if word in consents.SENSITIVE or word.startswith(marks))
    purposes = {fact.word: fact.purpose for fact in consents.facts_of(under_way.client, words, under_way.locale)}
    return _("、").join(facts), purposes.get("realname", "")
