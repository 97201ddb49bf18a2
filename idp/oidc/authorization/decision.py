"""What happens next to an authorization request: one pure function of facts, with a table of cases for a test."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from idp.oidc.levels import Level


class Step(StrEnum):
    """What a person may be asked to do before a site gets its answer."""

    REGISTER = "register"
    SIGN_IN = "sign_in"
    OTHER_PERSON = "other_person"
    CHOOSE_ACCOUNT = "choose_account"
    PASSWORD = "password"
    AGREEMENTS = "agreements"
    VERIFY_IDENTITY = "verify_identity"
    PRINCIPAL = "principal"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class Issue:
    """Everything asked for is there: answer with a code."""


@dataclass(frozen=True, slots=True)
class Ask:
    step: Step


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer the site with this error code."""

    error: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Behalf:
    """On whose behalf the person may come to a site that serves organisations, and whether they said so.

    `is_chosen` when what they said holds; `is_lost` when it held once; `is_asked_anew` when the site wants them to say it
    again, and they have not yet.
    """

    serves_people: bool
    organisations: int
    is_chosen: bool = False
    is_lost: bool = False
    is_asked_anew: bool = False

    @property
    def may_choose(self) -> bool:
        """Whether there is anybody to come for."""
        return self.serves_people or self.organisations > 0

    @property
    def must_be_chosen(self) -> bool:
        """Never without asking from one organisation to another; nothing is asked where there is nothing to choose."""
        if self.is_asked_anew or self.is_lost:
            return True
        if self.is_chosen:
            return False
        return self.organisations > 0 if self.serves_people else self.organisations != 1


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What the browser's session proves."""

    auth_time: datetime
    level: Level
    password_is_expired: bool
    agreements_are_due: bool
    consent_covers: bool
    consent_given_at: datetime | None
    is_hinted_person: bool
    behalf: Behalf | None = None
    """At sites that serve organisations."""
    may_sign_in_here: bool = True
    """Synthetic people at sites in test mode, everybody else at all others."""


@dataclass(frozen=True, slots=True)
class Facts:
    prompt: frozenset[str]
    max_age: int | None
    levels: tuple[Level, ...]
    asked_at: datetime
    now: datetime
    session: SignedIn | None
    reach: Level = Level(0, 1)
    """As far as any way that is switched on leads."""
    account_was_chosen: bool = False
    declined: str | None = None
    proof_is_wanted: bool = False
    """A new proof of identity would let the site have what it calls essential."""
    proof_was_asked: bool = False
    """The person was asked for one already, in this request: proven or not, they are not asked again."""
    must_be_seen: bool = False
    """The person must have a part in the answer, because nothing else tells the site from another (RFC 8252 §8.6)."""


# What prompt=none answers instead of each question (OpenID Connect Core §3.1.2.6).
_SILENT_ERROR = {
    Step.REGISTER: "login_required",
    Step.SIGN_IN: "login_required",
    Step.OTHER_PERSON: "login_required",
    Step.CHOOSE_ACCOUNT: "account_selection_required",
    Step.PASSWORD: "interaction_required",
    Step.AGREEMENTS: "interaction_required",
    Step.VERIFY_IDENTITY: "interaction_required",
    Step.PRINCIPAL: "account_selection_required",
    Step.CONSENT: "consent_required",
}

# What a developer reads who wonders why somebody who is signed in is not.
_WHY = {Step.OTHER_PERSON: "test people sign in at clients in test mode, and everybody else at all other clients"}


def next_step(facts: Facts) -> Issue | Ask | Refuse:
    """Issue, ask the person, or refuse; never asks when the site said prompt=none."""
    if facts.declined is not None:
        return Refuse(facts.declined)
    if facts.session is None and facts.levels and not _is_reachable(facts):
        return Refuse("unmet_authentication_requirements")  # nobody registers or signs in for nothing
    outcome = _decide(facts)
    if isinstance(outcome, Ask) and "none" in facts.prompt:
        return Refuse(_silent_error(outcome.step, facts.session), _WHY.get(outcome.step, ""))
    return outcome


def _silent_error(step: Step, session: SignedIn | None) -> str:
    """Why nothing can be said silently. A site to which the person agreed to nothing does not hear what else is open:
    whether they are proven, how their account stands, or for whom they may act."""
    open_questions = _SILENT_ERROR[step] == "interaction_required" or step is Step.PRINCIPAL
    if session is not None and not session.consent_covers and open_questions:
        return "consent_required"
    if step is Step.PRINCIPAL and session is not None and session.behalf is not None and not session.behalf.may_choose:
        return "interaction_required"
    return _SILENT_ERROR[step]


def _decide(facts: Facts) -> Issue | Ask | Refuse:
    session = facts.session
    if "create" in facts.prompt and (session is None or session.auth_time < facts.asked_at):
        return Ask(Step.REGISTER)
    if session is None:
        return Ask(Step.SIGN_IN)
    if not session.may_sign_in_here:
        return Ask(Step.OTHER_PERSON)
    if "select_account" in facts.prompt and not facts.account_was_chosen:
        return Ask(Step.CHOOSE_ACCOUNT)
    if not session.is_hinted_person:
        # Who signed in for this request is not the person whom the site means (OpenID Connect Core §3.1.2.1).
        return Ask(Step.SIGN_IN) if session.auth_time < facts.asked_at else Refuse("login_required")
    if _is_too_old(session, facts):
        return Ask(Step.SIGN_IN)
    if session.password_is_expired:
        return Ask(Step.PASSWORD)
    if (unproven := _identity(session, facts)) is not None:
        return unproven
    if session.agreements_are_due:
        return Ask(Step.AGREEMENTS)
    return _before_release(session, facts)


def _before_release(session: SignedIn, facts: Facts) -> Issue | Ask:
    """For whom the person comes, then what the site gets."""
    if session.behalf is not None and session.behalf.must_be_chosen:
        return Ask(Step.PRINCIPAL)
    if not session.consent_covers:
        return Ask(Step.CONSENT)
    was_seen = session.auth_time >= facts.asked_at or facts.account_was_chosen
    must_agree = "consent" in facts.prompt or (facts.must_be_seen and not was_seen)
    if must_agree and (session.consent_given_at is None or session.consent_given_at < facts.asked_at):
        return Ask(Step.CONSENT)
    return Issue()


def _identity(session: SignedIn, facts: Facts) -> Ask | Refuse | None:
    """A level is a condition of the answer; what a site wants vouched for is not, and asked for once, of who is present."""
    if facts.levels and not any(session.level.meets(wanted) for wanted in facts.levels):
        return Ask(Step.VERIFY_IDENTITY) if _is_reachable(facts) else Refuse("unmet_authentication_requirements")
    if facts.proof_is_wanted and not facts.proof_was_asked and "none" not in facts.prompt:
        return Ask(Step.VERIFY_IDENTITY)
    return None


def _is_reachable(facts: Facts) -> bool:
    return any(facts.reach.meets(wanted) for wanted in facts.levels)


def _is_too_old(session: SignedIn, facts: Facts) -> bool:
    if "login" in facts.prompt and session.auth_time < facts.asked_at:
        return True
    # A sign-in made for this very request satisfies its max_age, however small (max_age=0 means prompt=login).
    if facts.max_age is None or session.auth_time >= facts.asked_at:
        return False
    return facts.now - session.auth_time > timedelta(seconds=facts.max_age) or facts.max_age == 0
