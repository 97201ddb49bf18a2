"""Devices without a browser (RFC 8628): what they may ask, whom a user code leads to, what the person's answer becomes.

A device's request goes the road of any other: it is parked as a journey, `next_step` decides what its person is asked, and
every step returns to `/authorize`. Only the answer differs: nobody is redirected, the device fetches it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from authlib.oauth2.rfc6749.errors import InvalidRequestError, InvalidScopeError, OAuth2Error, UnauthorizedClientError

from idp.audit.trail import SYSTEM
from idp.core import clock
from idp.core.addresses import network_of
from idp.core.errors import TooManyAttempts
from idp.oidc import consents, resources
from idp.oidc.authorization import authorize, releasing, rules
from idp.oidc.authorization.authorize import Question
from idp.oidc.authorization.decision import Ask, Issue
from idp.oidc.authorization.facts import AtSite
from idp.oidc.authorization.journeys import Journey
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.authorization.rules import CheckedRequest
from idp.oidc.devices import device_requests, user_codes
from idp.oidc.devices.device_requests import APPROVED, DENIED, Begun
from idp.oidc.devices.user_codes import WrongUserCode
from idp.oidc.grants.device_code import DeviceCodeGrant
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import CONSENT, RegisteredClient
from idp.oidc.tokens import authorizations

TOO_LATE = "too_late"
ASKED = ("scope", "acr_values", "max_age", "nonce", "claims", "claims_locales", "resource", "ui_locales", "principal")
RULES = (rules.principal_can_be_asked, rules.max_age_is_a_number, rules.echoes_are_short, rules.claims_can_be_read)
_LONGEST = 4096
_REQUESTS, _PICTURES, _PERIOD = 30, 60, 60
# A device that polls every five seconds, or more slowly, fetches what was allowed in the last moment.
_TIME_TO_FETCH = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that waits for its person, found by its user code."""

    digest: str
    user_code: str
    client: RegisteredClient
    checked: CheckedRequest


def begin(provider: Provider, client: RegisteredClient, form: Mapping[str, str], *, address: str) -> Begun:
    """Check what the device asks and keep it for ten minutes (§3.1); the first rule that fails raises its OAuth2Error.

    Without `scope` it asks for no more than who signs in. Requests are counted by client and network together.
    """
    if DeviceCodeGrant.GRANT_TYPE not in client.metadata.grant_types:
        raise UnauthorizedClientError("this client is not registered for the device flow")
    now = clock.now()
    counter = f"device-request:{client.client_id}:{network_of(address)}"
    if wait := provider.store.hit(counter, limit=_REQUESTS, period=_PERIOD, now=now.timestamp()):
        raise TooManyAttempts(retry_after=wait)
    # What it asks for is a code, one that it holds already and that its person makes good.
    wire = {"response_type": "code", "scope": "openid"} | {name: form[name] for name in ASKED if name in form}
    if sum(map(len, wire.values())) > _LONGEST:  # anybody may say the name of a public client, and each request is kept
        raise InvalidRequestError("the request is too large")
    asked = AuthorizationRequest.from_wire(wire)
    for rule in RULES:
        rule(asked, client)
    if not _checked(provider, asked, client).scope:
        raise InvalidScopeError("nothing of this scope is granted to this client")
    with provider.database.quick() as db:
        return device_requests.begin(db, provider.keyring, client.client_id, wire, now=now)


def find(provider: Provider, typed: str, *, browser: str | None, address: str, account_id: str | None) -> Waiting:
    """What a typed code leads to; WrongUserCode when to nothing, and after many of these no more tries (§5.1)."""
    now = clock.now()
    with user_codes.counted_try(provider.store, device=browser, address=address, account_id=account_id, now=now):
        code = user_codes.read(typed)
        if code is None:
            raise WrongUserCode
        with provider.database.glance() as db:
            found = device_requests.find_open(db, provider.keyring, code, now=now)
        client = provider.clients.find(found.asked.client_id or "") if found is not None else None
        if found is None or client is None:
            raise WrongUserCode
        try:
            checked = _checked(provider, found.asked, client)
        except OAuth2Error as gone:  # a resource that was known when the device asked
            raise WrongUserCode from gone
        return Waiting(found.digest, user_codes.shown(code), client, checked)


def count_picture(provider: Provider, *, address: str) -> None:
    """TooManyAttempts when one network has more pictures drawn than devices there can show: drawing one takes time."""
    counter = f"device-picture:{network_of(address)}"
    if wait := provider.store.hit(counter, limit=_PICTURES, period=_PERIOD, now=clock.now().timestamp()):
        raise TooManyAttempts(retry_after=wait)


def advance(provider: Provider, journey: Journey, *, session_secret: str | None) -> Question | str:
    """The next question for the person, or what became of the request: APPROVED, DENIED or TOO_LATE."""
    client = provider.clients.find(journey.asked.client_id or "")
    if client is None or journey.device_request is None:
        return TOO_LATE
    try:
        checked = _checked(provider, journey.asked, client)
        decided = authorize.decide(provider, checked, session_secret, journey)
        match decided.step:
            case Issue() if decided.here is not None and decided.subject is not None:
                return _approve(provider, journey, checked, decided.here, decided.subject, decided.now)
            case Ask(step):
                return Question(step, journey.asked)
    except OAuth2Error:
        pass  # what the site may have, or the person's consent, was taken away meanwhile
    return deny(provider, journey.device_request, account_id=None)


def deny(provider: Provider, digest: str, *, account_id: str | None) -> str:
    """Let the device know that it may not: DENIED, or TOO_LATE when it was decided before."""
    with provider.database.quick() as db:
        denied = device_requests.decide(db, digest, DENIED, now=clock.now())
        if denied is None:
            return TOO_LATE
        provider.trail.record(
            db, "oidc.device_denied", actor=None if account_id is not None else SYSTEM, account_id=account_id,
            client_id=denied.client_id,
        )  # fmt: skip
    return DENIED


def _approve(
    provider: Provider, journey: Journey, checked: CheckedRequest, here: AtSite, subject: str, now: datetime
) -> str:
    """The decision and the authorization that the device redeems like a code, together or not at all."""
    session, client, digest = here.session, checked.client, journey.device_request or ""
    rests_on = here.consent_id if client.release_basis == CONSENT else None
    with provider.database.quick() as db:
        still_given = consents.ask_still_given(db, rests_on) if rests_on is not None else None
        decided = device_requests.decide(db, digest, APPROVED, now=now)
        if decided is None:
            return TOO_LATE
        sid = here.sid or provider.sessions.note_site(
            db, session_id=session.id, client_id=client.client_id, subject=subject, now=now
        )
        authorization_id = authorizations.write(
            db,
            releasing.granted(provider, checked, here, subject, sid, journey.asked_at),
            code_digest=digest,
            now=now,
            code_expires_at=max(decided.expires_at, now + _TIME_TO_FETCH),
            expires_at=now + provider.lifetimes.refresh_token,
        )
        releasing.note(provider, db, checked, here, now)
        provider.trail.record(
            db, "oidc.device_approved", account_id=session.account_id, client_id=client.client_id,
            session_id=session.id, authorization=authorization_id,
            scope=releasing.audited(checked),
        )  # fmt: skip
        if still_given is not None and not still_given():
            raise rules.OidcError("consent_required")  # withdrawn in this very moment: nothing of this happened
    return APPROVED


def _checked(provider: Provider, asked: AuthorizationRequest, client: RegisteredClient) -> CheckedRequest:
    """The request with what of it this client may have; it is answered to no address."""
    targets, scope = resources.granted(
        provider.resource_servers, provider.issuer, client, asked.resource, rules.scope_for(asked, client)
    )
    return CheckedRequest(asked, client, "", scope, None, targets)
