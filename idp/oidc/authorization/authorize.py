"""From an authorization request to what happens next: an answer for the site, a question for the person, or an error."""

import dataclasses
from dataclasses import dataclass
from datetime import datetime

from authlib.oauth2.rfc6749.errors import OAuth2Error

from idp.core import clock
from idp.oidc import site_errors, subjects
from idp.oidc.authorization import facts, releasing, request_objects, response_modes, rules
from idp.oidc.authorization.decision import Ask, Issue, Refuse, Step, next_step
from idp.oidc.authorization.facts import AtSite
from idp.oidc.authorization.journeys import Journey
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.authorization.response_modes import Answer
from idp.oidc.authorization.rules import CheckedRequest, OidcError, UnprovenSite
from idp.oidc.levels import Level
from idp.oidc.logout import session_management
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient
from idp.oidc.verified import missing


@dataclass(frozen=True, slots=True)
class Question:
    """The person must do `step` first."""

    step: Step
    asked: AuthorizationRequest


def advance(
    provider: Provider, asked: AuthorizationRequest, *, session_secret: str | None, journey: Journey | None,
    spoil: str | None = None,
) -> Answer | Question:  # fmt: skip
    """Decide and carry out; UnprovenSite when there is nowhere safe to answer to (the person then gets a page).

    `spoil` is for a check of a site (`tokens.spoiled`): no request has a word for it.
    """
    client = rules.known_client(asked, provider.clients)
    if journey is None:  # a parked request has been opened already
        try:
            asked = request_objects.opened(provider, client, asked)
        except OAuth2Error as refusal:
            if asked.redirect_uri is None:  # it may have stood inside, where it proves nothing
                raise UnprovenSite("request_object_refused", client) from refusal
            return refused(provider, asked, client, rules.proven_redirect(asked, client), refusal)
    redirect_uri = rules.proven_redirect(asked, client)
    try:
        checked = rules.check(
            asked, client, redirect_uri, provider.id_tokens, provider.resource_servers, provider.issuer
        )
        return _carry_out(provider, checked, decide(provider, checked, session_secret, journey), spoil)
    except OAuth2Error as refusal:
        return refused(provider, asked, client, redirect_uri, refusal)


def refused(
    provider: Provider, asked: AuthorizationRequest, client: RegisteredClient, redirect_uri: str, refusal: OAuth2Error
) -> Answer:
    """The error as the site will see it (RFC 6749 §4.1.2.1), by the same way as a success (Core §3.2.2.6)."""
    site_errors.of_refusal(provider, client, asked, refusal)
    parameters = {"error": str(refusal.error)}
    if description := refusal.get_error_description():
        parameters["error_description"] = description
    return _answer(provider, asked, client, redirect_uri, parameters)


@dataclass(frozen=True, slots=True)
class Decided:
    """The next step, and what it was decided from."""

    step: Issue | Ask | Refuse
    here: AtSite | None
    subject: str | None
    now: datetime
    asked_at: datetime


def decide(provider: Provider, checked: CheckedRequest, session_secret: str | None, journey: Journey | None) -> Decided:
    """Read what is known of the browser's session at this site, and decide."""
    now = clock.now()
    asked_at = journey.asked_at if journey is not None else now
    here, lacks = None, None
    if session_secret is not None:
        with provider.database.glance() as db:
            here = facts.at_site(
                db, provider.keyring, provider.sessions, provider.password_rules, provider.accounts.agreements_now(),
                session_secret, checked.client, now,
            )  # fmt: skip
            may_prove = here is not None and not here.session.is_synthetic  # no authority knows a synthetic person
            if here is not None and may_prove and (journey is None or not journey.proof_was_asked):
                lacks = missing.of_account(
                    provider, db, checked.asked, checked.client, here.session.account_id, asked_at
                )
    if here is not None and here.behalf is not None:
        here = dataclasses.replace(here, behalf=here.behalf.in_journey(journey, here.session.account_id))
    subject = None
    if here is not None:
        subject = here.subject or subjects.subject_of(
            provider.keyring, checked.client, here.session.account_id, known_as=here.known_as
        )
    known = facts.facts_of(
        checked,
        here,
        subject,
        asked_at=asked_at,
        now=now,
        reach=_reach(provider, here),
        account_was_chosen=journey is not None and journey.account_was_chosen,
        declined=journey.declined if journey is not None else None,
        proof_is_wanted=lacks is not None,
        proof_was_asked=journey is not None and journey.proof_was_asked,
    )
    return Decided(next_step(known), here, subject, now, known.asked_at)


def _reach(provider: Provider, here: AtSite | None) -> Level:
    """As far as a way leads; a synthetic person, whom no authority knows, stays where they are."""
    return Level(here.ial, here.session.aal) if here is not None and here.session.is_synthetic else provider.reach


def _carry_out(
    provider: Provider, checked: CheckedRequest, decided: Decided, spoil: str | None = None
) -> Answer | Question:
    match decided.step:
        case Issue() if decided.here is not None and decided.subject is not None:
            return _issued(provider, checked, decided, decided.here, decided.subject, spoil)
        case Ask(step):
            return Question(step, checked.asked)
        case Refuse(error, description):
            raise OidcError(error, description)
        case _:
            raise RuntimeError("an answer can only be issued about somebody who is signed in")


def _issued(
    provider: Provider, checked: CheckedRequest, decided: Decided, here: AtSite, subject: str, spoil: str | None
) -> Answer:
    """The success, with `session_state`, by which the site can watch the session (Session Management 1.0 §2)."""
    if len(checked.scope) < len(checked.asked.scope):
        site_errors.of_scope(provider, checked.client, checked.asked, checked.scope)
    parameters = releasing.release(provider, checked, here, subject, decided.now, decided.asked_at, spoil)
    state = session_management.browser_state(provider.keyring, here.session.id)
    parameters["session_state"] = session_management.state(checked.redirect_uri, checked.client.client_id, state)
    answer = _answer(provider, checked.asked, checked.client, checked.redirect_uri, parameters)
    return dataclasses.replace(answer, browser_state=state)


def _answer(
    provider: Provider,
    asked: AuthorizationRequest,
    client: RegisteredClient,
    redirect_uri: str,
    parameters: dict[str, str],
) -> Answer:
    """With the `state` of the request, and the issuer against mix-up (RFC 9207 §2), in every answer."""
    if asked.state is not None:
        parameters["state"] = asked.state
    parameters["iss"] = provider.issuer
    mode, is_silent = response_modes.mode_of(asked), asked.prompt == {"none"}
    return Answer(redirect_uri, parameters, mode, client, is_silent=is_silent)
