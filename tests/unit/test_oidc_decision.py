"""What happens next to an authorization request: every branch of the decision, and what prompt=none makes of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from idp.oidc.authorization.decision import Ask, Behalf, Facts, Issue, Refuse, SignedIn, Step, next_step
from idp.oidc.levels import Level

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(minutes=10)
LATER = NOW + timedelta(seconds=30)  # after the request was first asked

SESSION = SignedIn(
    auth_time=EARLIER,
    level=Level(1, 1),
    password_is_expired=False,
    agreements_are_due=False,
    consent_covers=True,
    consent_given_at=EARLIER,
    is_hinted_person=True,
)
PLAIN = Facts(
    prompt=frozenset(),
    max_age=None,
    levels=(),
    asked_at=NOW,
    now=NOW + timedelta(minutes=1),
    session=SESSION,
    reach=Level(1, 1),
)


def facts(session: dict[str, object] | None = None, **changes: object) -> Facts:
    signed_in = replace(SESSION, **session) if session is not None else changes.pop("who", SESSION)  # type: ignore[arg-type]
    if isinstance(prompt := changes.get("prompt"), str):
        changes["prompt"] = frozenset(prompt.split())
    return replace(PLAIN, session=signed_in, **changes)  # type: ignore[arg-type]


BOTH, ONLY = True, False


def whom(
    serves_people: bool, *, organisations: int = 0, prompt: str = "", who: dict[str, object] | None = None, **said: bool
) -> Facts:
    """At a site that serves organisations, and people too or not."""
    return facts({**(who or {}), "behalf": Behalf(serves_people, organisations, **said)}, prompt=prompt)


TABLE = {
    "signed in and nothing else is asked": (facts(), Issue()),
    "nobody is signed in": (facts(who=None), Ask(Step.SIGN_IN)),
    "the person said no": (facts(declined="access_denied"), Refuse("access_denied")),
    "the person said no before signing in": (facts(who=None, declined="access_denied"), Refuse("access_denied")),
    "prompt=create and nobody is signed in": (facts(who=None, prompt="create"), Ask(Step.REGISTER)),
    "prompt=create and somebody was signed in before": (facts(prompt="create"), Ask(Step.REGISTER)),
    "prompt=create and the account is new": (facts({"auth_time": LATER}, prompt="create"), Issue()),
    "prompt=login and the sign-in is older": (facts(prompt="login"), Ask(Step.SIGN_IN)),
    "prompt=login and the person just did": (facts({"auth_time": LATER}, prompt="login"), Issue()),
    "prompt=select_account": (facts(prompt="select_account"), Ask(Step.CHOOSE_ACCOUNT)),
    "prompt=select_account and nobody is signed in": (facts(who=None, prompt="select_account"), Ask(Step.SIGN_IN)),
    "prompt=select_account and one was chosen": (facts(prompt="select_account", account_was_chosen=True), Issue()),
    "somebody who does not sign in at such a site": (facts({"may_sign_in_here": False}), Ask(Step.OTHER_PERSON)),
    "somebody who does not, and would choose": (
        facts({"may_sign_in_here": False}, prompt="select_account", account_was_chosen=True), Ask(Step.OTHER_PERSON),
    ),
    "the hint means somebody else": (facts({"is_hinted_person": False}), Ask(Step.SIGN_IN)),
    "somebody else signed in for the hint": (
        facts({"is_hinted_person": False, "auth_time": LATER}), Refuse("login_required"),
    ),
    "an app that others may pass for, and nobody was there": (facts(must_be_seen=True), Ask(Step.CONSENT)),
    "an app that others may pass for, silently": (facts(must_be_seen=True, prompt="none"), Refuse("consent_required")),
    "an app that others may pass for, and a yes for this request": (
        facts({"consent_given_at": LATER}, must_be_seen=True), Issue(),
    ),
    "an app that others may pass for, and a sign-in for this request": (
        facts({"auth_time": LATER}, must_be_seen=True), Issue(),
    ),
    "an app that others may pass for, and an account that was chosen for it": (
        facts(must_be_seen=True, account_was_chosen=True), Issue(),
    ),
    "a site without consent hears silently of no level": (
        facts({"level": Level(0, 1), "consent_covers": False}, levels=(Level(1, 1),), prompt="none"),
        Refuse("consent_required"),
    ),
    "a site without consent hears silently of no agreement": (
        facts({"agreements_are_due": True, "consent_covers": False}, prompt="none"), Refuse("consent_required"),
    ),
    "a site without consent hears silently of no password": (
        facts({"password_is_expired": True, "consent_covers": False}, prompt="none"), Refuse("consent_required"),
    ),
    "max_age holds": (facts(max_age=3600), Issue()),
    "max_age is over": (facts(max_age=60), Ask(Step.SIGN_IN)),
    "max_age to the second": (facts(max_age=660), Issue()),
    "max_age one second too small": (facts(max_age=659), Ask(Step.SIGN_IN)),
    "max_age=0": (facts(max_age=0), Ask(Step.SIGN_IN)),
    "max_age=0 and the person just did": (facts({"auth_time": LATER}, max_age=0), Issue()),
    "max_age is over since, but the sign-in was for this request": (
        facts({"auth_time": LATER}, max_age=1, now=NOW + timedelta(hours=1)), Issue(),
    ),
    "the level is there": (facts(levels=(Level(1, 1),)), Issue()),
    "one of two levels is there": (facts(levels=(Level(3, 1), Level(0, 1))), Issue()),
    "the level can be reached": (facts({"level": Level(0, 1)}, levels=(Level(1, 1),)), Ask(Step.VERIFY_IDENTITY)),
    "one of two levels can be reached": (
        facts({"level": Level(0, 1)}, levels=(Level(2, 1), Level(1, 1))), Ask(Step.VERIFY_IDENTITY),
    ),
    "no level can be reached": (facts(levels=(Level(2, 1), Level(0, 2))), Refuse("unmet_authentication_requirements")),
    "nobody signs in for a level out of reach": (
        facts(who=None, levels=(Level(2, 1),)), Refuse("unmet_authentication_requirements"),
    ),
    "nobody registers for a level out of reach": (
        facts(who=None, prompt="create", levels=(Level(2, 1),)), Refuse("unmet_authentication_requirements"),
    ),
    "a level is asked of nobody": (facts(who=None, levels=(Level(1, 1),)), Ask(Step.SIGN_IN)),
    "the texts have a new version": (facts({"agreements_are_due": True}), Ask(Step.AGREEMENTS)),
    "consent is missing": (facts({"consent_covers": False, "consent_given_at": None}), Ask(Step.CONSENT)),
    "prompt=consent and it is older": (facts(prompt="consent"), Ask(Step.CONSENT)),
    "prompt=consent and none was ever given": (facts({"consent_given_at": None}, prompt="consent"), Ask(Step.CONSENT)),
    "prompt=consent and it was just given": (facts({"consent_given_at": LATER}, prompt="consent"), Issue()),
    "signing in comes before agreeing": (facts({"agreements_are_due": True}, prompt="login"), Ask(Step.SIGN_IN)),
    "proving comes before consent": (
        facts({"level": Level(0, 1), "consent_covers": False}, levels=(Level(1, 1),)), Ask(Step.VERIFY_IDENTITY),
    ),
    "something is to be vouched for that a new proof would allow": (facts(proof_is_wanted=True), Ask(Step.VERIFY_IDENTITY)),
    "the person was asked for a new proof already": (facts(proof_is_wanted=True, proof_was_asked=True), Issue()),
    "silently, nobody is asked for a new proof": (facts(proof_is_wanted=True, prompt="none"), Issue()),
    "a new proof comes before consent": (
        facts({"consent_covers": False}, proof_is_wanted=True), Ask(Step.VERIFY_IDENTITY),
    ),
    "a new proof was put off, the level that is demanded was not": (
        facts({"level": Level(0, 1)}, levels=(Level(1, 1),), proof_was_asked=True), Ask(Step.VERIFY_IDENTITY),
    ),
    "a site for people and organisations, and nothing to choose": (whom(BOTH), Issue()),
    "a site for people and organisations, and a company": (whom(BOTH, organisations=1), Ask(Step.PRINCIPAL)),
    "the person said for whom": (whom(BOTH, organisations=2, is_chosen=True), Issue()),
    "the company is lost, and only themselves are left": (whom(BOTH, is_lost=True), Ask(Step.PRINCIPAL)),
    "the company is lost, and another is left": (whom(ONLY, organisations=1, is_lost=True), Ask(Step.PRINCIPAL)),
    "the site wants them to say it again": (
        whom(BOTH, organisations=1, is_chosen=True, is_asked_anew=True), Ask(Step.PRINCIPAL),
    ),
    "a site for organisations, and none": (whom(ONLY), Ask(Step.PRINCIPAL)),
    "a site for organisations, and the only one": (whom(ONLY, organisations=1), Issue()),
    "a site for organisations, and two": (whom(ONLY, organisations=2), Ask(Step.PRINCIPAL)),
    "saying for whom comes before consent": (
        whom(BOTH, organisations=1, who={"consent_covers": False}), Ask(Step.PRINCIPAL),
    ),
    "agreeing comes before saying for whom": (
        whom(BOTH, organisations=1, who={"agreements_are_due": True}), Ask(Step.AGREEMENTS),
    ),
    "silently, for whom is not said": (
        whom(BOTH, organisations=1, prompt="none"), Refuse("account_selection_required"),
    ),
    "silently, for whom is said": (whom(BOTH, organisations=1, is_chosen=True, prompt="none"), Issue()),
    "silently, a site for organisations, and none": (whom(ONLY, prompt="none"), Refuse("interaction_required")),
    "silently, the company is lost": (whom(BOTH, is_lost=True, prompt="none"), Refuse("account_selection_required")),
    "a site without consent hears silently of no company": (
        whom(BOTH, organisations=1, prompt="none", who={"consent_covers": False}), Refuse("consent_required"),
    ),
    "silently, nobody is signed in": (facts(who=None, prompt="none"), Refuse("login_required")),
    "silently, another person": (facts({"is_hinted_person": False}, prompt="none"), Refuse("login_required")),
    "silently, too old": (facts(prompt="none", max_age=5), Refuse("login_required")),
    "silently, not proven": (
        facts({"level": Level(0, 1)}, prompt="none", levels=(Level(1, 1),)), Refuse("interaction_required"),
    ),
    "silently, out of reach": (
        facts(prompt="none", levels=(Level(3, 1),)), Refuse("unmet_authentication_requirements"),
    ),
    "the password has expired": (facts({"password_is_expired": True}), Ask(Step.PASSWORD)),
    "an old sign-in is made again before the password": (
        facts({"password_is_expired": True}, prompt="login"), Ask(Step.SIGN_IN),
    ),
    "the password comes before proving, texts and consent": (
        facts(
            {"password_is_expired": True, "level": Level(0, 1), "agreements_are_due": True, "consent_covers": False},
            levels=(Level(1, 1),),
        ),
        Ask(Step.PASSWORD),
    ),
    "silently, the password has expired": (
        facts({"password_is_expired": True}, prompt="none"), Refuse("interaction_required"),
    ),
    "silently, new texts": (facts({"agreements_are_due": True}, prompt="none"), Refuse("interaction_required")),
    "silently, no consent": (facts({"consent_covers": False}, prompt="none"), Refuse("consent_required")),
    "silently, all there": (facts(prompt="none"), Issue()),
    "silently, an account to choose": (facts(prompt="none select_account"), Refuse("account_selection_required")),
    "silently, to register": (facts(who=None, prompt="none create"), Refuse("login_required")),
}  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), TABLE.values(), ids=TABLE)
def test_the_next_step(given: Facts, expected: object) -> None:
    assert next_step(given) == expected


def test_no_question_reaches_a_silent_request() -> None:
    silent = [replace(given, prompt=given.prompt | {"none"}) for given, _ in TABLE.values()]
    assert not any(isinstance(next_step(each), Ask) for each in silent)
