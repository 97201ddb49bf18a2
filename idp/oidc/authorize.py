"""From an authorization request to what happens next: a code for the site, a question for the person, or an error."""

import dataclasses
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from authlib.oauth2.rfc6749.errors import OAuth2Error

from idp.core import clock
from idp.oidc import authorizations, claims_request, consents, facts, rules, session_management, subjects
from idp.oidc.authorizations import Granted
from idp.oidc.clients import CONSENT
from idp.oidc.decision import Ask, Issue, Refuse, Step, next_step
from idp.oidc.facts import AtSite
from idp.oidc.journeys import Journey
from idp.oidc.levels import Level
from idp.oidc.provider import Provider
from idp.oidc.request import AuthorizationRequest
from idp.oidc.rules import CheckedRequest, OidcError


@dataclass(frozen=True, slots=True)
class Answer:
    """Parameters for the site's redirect URI; `state` and `iss` are among them.

    `browser_state` is for the browser's own cookie, when the answer tells of its session (see `session_management`).
    """

    redirect_uri: str
    parameters: dict[str, str] = field(repr=False)
    browser_state: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Question:
    """The person must do `step` first."""

    step: Step
    asked: AuthorizationRequest


def advance(
    provider: Provider, asked: AuthorizationRequest, *, session_secret: str | None, journey: Journey | None
) -> Answer | Question:
    """Decide and carry out; UnprovenSite when there is nowhere safe to answer to (the person then gets a page)."""
    client, redirect_uri = rules.proven_site(asked, provider.clients)
    try:
        checked = rules.check(
            asked, client, redirect_uri, provider.id_tokens, provider.resource_servers, provider.issuer
        )
        return _decide(provider, checked, session_secret, journey)
    except OAuth2Error as refusal:
        return refused(provider, asked, redirect_uri, refusal)


def refused(provider: Provider, asked: AuthorizationRequest, redirect_uri: str, refusal: OAuth2Error) -> Answer:
    """The error as the site will see it (RFC 6749 §4.1.2.1, RFC 9207)."""
    parameters = {"error": str(refusal.error)}
    if description := refusal.get_error_description():
        parameters["error_description"] = description
    return _answer(provider, asked, redirect_uri, parameters)


def _decide(
    provider: Provider, checked: CheckedRequest, session_secret: str | None, journey: Journey | None
) -> Answer | Question:
    now = clock.now()
    here = None
    if session_secret is not None:
        with provider.database.glance() as db:
            here = facts.at_site(db, provider.sessions, provider.password_rules, session_secret, checked.client, now)
    subject = None
    if here is not None:
        subject = here.subject or subjects.subject_of(provider.keyring, checked.client, here.session.account_id)
    known = facts.facts_of(
        checked,
        here,
        subject,
        asked_at=journey.asked_at if journey is not None else now,
        now=now,
        account_was_chosen=journey is not None and journey.account_was_chosen,
        declined=journey.declined if journey is not None else None,
    )
    match next_step(known):
        case Issue() if here is not None and subject is not None:
            return _with_state(provider, checked, here, _issue(provider, checked, here, subject, now))
        case Ask(step):
            return Question(step, checked.asked)
        case Refuse(error):
            raise OidcError(error)
        case _:
            raise RuntimeError("a code can only be issued to somebody who is signed in")


def _issue(provider: Provider, checked: CheckedRequest, here: AtSite, subject: str, now: datetime) -> Answer:
    asked, session = checked.asked, here.session
    rests_on = here.consent_id if checked.client.release_basis == CONSENT else None
    with provider.database.quick() as db:
        still_given = consents.ask_still_given(db, rests_on) if rests_on is not None else None
        sid = here.sid or provider.sessions.note_site(
            db, session_id=session.id, client_id=checked.client.client_id, subject=subject, now=now
        )
        granted = Granted(
            account_id=session.account_id,
            client_id=checked.client.client_id,
            session_id=session.id,
            sid=sid,
            subject=subject,
            scope=" ".join(checked.scope),
            redirect_uri=checked.redirect_uri,
            code_challenge=asked.code_challenge or "",
            nonce=asked.nonce,
            acr=asked.acr_for(Level(here.ial, session.aal)),
            amr=session.amr,
            auth_time=session.auth_time,
            extra=_extra(checked),
        )
        authorization_id, code = authorizations.issue(
            db,
            granted,
            now=now,
            code_lifetime=provider.lifetimes.code,
            family_lifetime=provider.lifetimes.refresh_token,
        )
        if provider.sessions.must_be_marked_seen(session, now):
            provider.sessions.mark_seen(db, session.id, now)
        if here.consent_id and here.last_release_at and now - here.last_release_at > consents.RELEASE_NOTED_EVERY:
            consents.note_release(db, here.consent_id, now)
        consents.note_first_release(
            db, session.account_id, checked.client, known=here.consent_scope,
            wanted=consents.words(checked.scope, checked.claims), is_first=here.consent_id is None, now=now,
        )  # fmt: skip
        provider.trail.record(
            db, "oidc.code_issued", account_id=session.account_id, client_id=checked.client.client_id,
            session_id=session.id, authorization=authorization_id, scope=[*checked.scope, *consents.words((), checked.claims)],
        )  # fmt: skip
        if still_given is not None and not still_given():
            raise OidcError("consent_required")  # withdrawn in this very moment
    return _answer(provider, asked, checked.redirect_uri, {"code": code})


def _extra(checked: CheckedRequest) -> dict[str, Any] | None:
    """What only some requests have, for the tokens of this one."""
    asked = checked.asked
    claims = claims_request.kept(asked.claims, asked.claims_locales, registered=checked.client.metadata.scopes)
    extra: dict[str, Any] = {"claims": claims} if claims is not None else {}
    if checked.resources:
        extra["resource"] = list(checked.resources)
    return extra or None


def _with_state(provider: Provider, checked: CheckedRequest, here: AtSite, answer: Answer) -> Answer:
    """The answer with `session_state`, by which the site can watch the session (Session Management 1.0 §2)."""
    state = session_management.browser_state(provider.keyring, here.session.id)
    told = session_management.state(answer.redirect_uri, checked.client.client_id, state)
    return dataclasses.replace(answer, parameters={**answer.parameters, "session_state": told}, browser_state=state)


def _answer(provider: Provider, asked: AuthorizationRequest, redirect_uri: str, parameters: dict[str, str]) -> Answer:
    if asked.state is not None:
        parameters["state"] = asked.state
    parameters["iss"] = provider.issuer
    return Answer(redirect_uri, parameters)
