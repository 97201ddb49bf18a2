"""The person's yes or no to what a site gets."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from idp.accounts import details
from idp.core import clock, ids
from idp.edge import browser
from idp.edge.services import services
from idp.mandates.acting import Principal
from idp.oidc import claim_values, consents, principals
from idp.oidc.authorization import behalf
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.verified import proofs, vouching
from idp.realname import persons
from idp.web import consent_of_child, facts_shown, forms, journey, signing_in, site_shown, vouched_shown
from idp.web.journey import JourneyView

bp = flask.Blueprint("consent", __name__)
bp.before_request(journey.open_journey)


@bp.route("/consent", methods=["GET", "POST"])
def consent() -> ResponseReturnValue:
    under_way, live = journey.current(), browser.session()
    if under_way is None:
        return journey.lost()
    if live is None:
        return signing_in.first()
    if (ward := consent_of_child.ward_of(live)) is not None:
        return consent_of_child.step(under_way, live, ward)
    form = forms.read(forms.ConsentForm)
    if form.validate_on_submit():
        words, everything = under_way.words, services()
        if forms.action() != "allow":
            with everything.database.quick() as quick:
                everything.trail.record(
                    quick, "consent.refused", account_id=live.account_id, client_id=under_way.client.client_id
                )
            return journey.decline("access_denied")
        if form.shown.data != _shown(words):  # the site's registration changed while the person was reading
            return _page(under_way, live.account_id, has_changed=True)
        with everything.database.transaction() as db:
            consents.give(db, everything.trail, live.account_id, under_way.client, words)
        return journey.onward()
    return _page(under_way, live.account_id)


def _page(under_way: JourneyView, account_id: str, *, has_changed: bool = False) -> ResponseReturnValue:
    everything = services()
    with everything.database.glance() as db:
        profile = everything.accounts.profile(db, account_id)
        person = persons.facts(db, everything.keyring, account_id)
        written = details.read(db, everything.keyring, account_id)
        counting = proofs.of_account(db, account_id, clock.now())
    if profile is None:
        return signing_in.first()
    asked, words = under_way.asked, under_way.words
    known = claim_values.known(profile, person, written, may_be_declared="profile" in under_way.client.metadata.scopes)
    acting_for = _acting_for(under_way, account_id)
    if acting_for is not None:
        known |= {"legal": principals.legal(acting_for)}
    listed = consents.facts_of(
        under_way.client, words, under_way.locale, essential=asked.claims.essential,
        vouched=vouched_shown.reasons(asked.claims),
    )  # fmt: skip
    vouched = [fact for fact in listed if vouched_shown.is_vouched(fact.word)]
    plain = [fact for fact in listed if fact not in vouched]
    facts = facts_shown.shown(plain, known, in_english=_asks_for_english(asked))
    if vouched:
        with everything.database.glance() as db:
            grounds = vouching.grounds(db, counting, person, acting_for)
        told = vouching.names_told(everything.provider, under_way.client, asked, under_way.parked.asked_at, grounds)
        shown = vouched_shown.Vouching(everything.provider.verified, grounds, told)
        facts += vouched_shown.shown(vouched, shown, asked.claims, under_way.parked.asked_at)
    return flask.render_template(
        "consent.html",
        acting_for=acting_for,
        journey=under_way,
        facts=facts,
        shown=_shown(words),
        has_changed=has_changed,
        site=site_shown.of(under_way.client, under_way.locale, answered_at=asked.redirect_uri or ""),
        account_label=facts_shown.account_label(profile),
    )


def _acting_for(under_way: JourneyView, account_id: str) -> Principal | None:
    """The organisation that the site will hear of, if the person comes on behalf of one."""
    live, everything = browser.session(), services()
    if live is None or not under_way.client.metadata.serves_organisations:
        return None
    with everything.database.view() as db:
        said = behalf.read(
            db, everything.keyring, under_way.client, under_way.parked, session_id=live.id, account_id=account_id,
            now=clock.now(),
        )  # fmt: skip
    return said.principal


def _shown(words: tuple[str, ...]) -> str:
    """What the page lists, in short, for the form to bring back."""
    return ids.digest(" ".join(sorted(words)))


def _asks_for_english(asked: AuthorizationRequest) -> bool:
    names = (*asked.claims.id_token, *asked.claims.userinfo)
    tags = (*asked.claims_locales, *(name.partition("#")[2] for name in names))
    return any(tag.lower().split("-")[0] == "en" for tag in tags)
