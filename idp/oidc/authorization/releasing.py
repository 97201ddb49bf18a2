"""What a site gets once nothing is left to ask: code, access token, ID token, by the response type of its request."""

import dataclasses
from datetime import datetime, timedelta
from typing import Any

from idp.db.prepared import RawTransaction
from idp.mandates import acting
from idp.oidc import claims, consents, principals, resources
from idp.oidc.authorization import behalf, claims_request
from idp.oidc.authorization.behalf import OnBehalf
from idp.oidc.authorization.facts import AtSite
from idp.oidc.authorization.rules import CheckedRequest, OidcError
from idp.oidc.jwt.client_keys import ClientKeysUnavailable
from idp.oidc.levels import Level
from idp.oidc.principals import Standing
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import CONSENT
from idp.oidc.resources import Target
from idp.oidc.tokens import authorizations, issuing, spoiled
from idp.oidc.tokens.authorizations import Granted
from idp.oidc.tokens.id_tokens import Authenticated
from idp.oidc.verified import vouching


def release(
    provider: Provider, checked: CheckedRequest, here: AtSite, subject: str, now: datetime, asked_at: datetime,
    spoil: str | None = None,
) -> dict[str, str]:  # fmt: skip
    """The parameters of the answer, without `state` and `iss`; all that outlives it is written in one transaction.

    `asked_at` is when the request came, before any page; `spoil` how the tokens of it are wrong, in a check of the site.
    """
    words, session = checked.asked.response_type, here.session
    rests_on = here.consent_id if checked.client.release_basis == CONSENT else None
    facts: dict[str, Any] = {}
    if "id_token" in words:
        _require_key(provider, checked)
    target = resources.target(
        provider.resource_servers, provider.issuer, resources=checked.resources, asked=(), scope=" ".join(checked.scope)
    )
    with provider.database.quick() as db:
        still_given = consents.ask_still_given(db, rests_on) if rests_on is not None else None
        sid = here.sid or provider.sessions.note_site(
            db, session_id=session.id, client_id=checked.client.client_id, subject=subject, now=now
        )
        whole = granted(provider, checked, here, subject, sid, asked_at)
        if spoil is not None:
            whole = dataclasses.replace(whole, extra={**(whole.extra or {}), spoiled.KEY: spoil})
        acts = principals.of_family(whole)
        authorization_id, code = _authorization(provider, db, whole, words, now)
        if "id_token" in words:
            facts = claims.for_id_token(
                provider, db, checked.client, account_id=session.account_id, scope=frozenset(checked.scope),
                requested=claims.requested(whole), with_scope_claims=words == {"id_token"}, standing=standing_of(here),
            )  # fmt: skip
            facts |= principals.for_site(
                provider.keyring, checked.client, standing_of(here), subject=subject, scope=checked.scope
            )
        note(provider, db, checked, here, now)
        provider.trail.record(
            db, "oidc.code_issued" if code is not None else "oidc.answered", account_id=session.account_id,
            client_id=checked.client.client_id, session_id=session.id, authorization=authorization_id or "none",
            scope=audited(checked), response_type=sorted(words), **principals.traced(acts or {}),
        )  # fmt: skip
        # Within the transaction: an answer that cannot be made has not been given. A token kept meanwhile has no family then.
        parameters = _parameters(provider, checked, whole, standing_of(here), target, authorization_id, code, facts)
        if still_given is not None and not still_given():
            raise OidcError("consent_required")  # withdrawn in this very moment
    return parameters


def _require_key(provider: Provider, checked: CheckedRequest) -> None:
    """What the site wants encrypted can be encrypted, before anything is written for it."""
    try:
        provider.outgoing.require_key(checked.client)
    except ClientKeysUnavailable as away:
        raise OidcError("temporarily_unavailable", "the key of the client cannot be had now") from away


def audited(checked: CheckedRequest) -> list[str]:
    """The scope as it was released, and what was asked for singly, for the audit."""
    return [*checked.scope, *(word for word in checked.words if word.startswith((consents.CLAIM, consents.VOUCHED)))]


def granted(
    provider: Provider, checked: CheckedRequest, here: AtSite, subject: str, sid: str, asked_at: datetime
) -> Granted:
    """What this answer grants, for every token that comes of it."""
    asked, session = checked.asked, here.session
    return Granted(
        account_id=session.account_id,
        client_id=checked.client.client_id,
        session_id=session.id,
        sid=sid,
        subject=subject,
        scope=" ".join(checked.scope),
        redirect_uri=checked.redirect_uri,
        code_challenge=asked.code_challenge,
        nonce=asked.nonce,
        acr=asked.acr_for(Level(here.ial, session.aal)),
        amr=session.amr,
        auth_time=session.auth_time,
        extra=_extra(provider, checked, here, asked_at),
    )


def standing_of(here: AtSite) -> Standing:
    """For whom the person acts, as it was found a moment ago."""
    return Standing(True, here.behalf.principal) if here.behalf is not None else principals.OWN


def _extra(provider: Provider, checked: CheckedRequest, here: AtSite, asked_at: datetime) -> dict[str, Any] | None:
    """What only some requests have, for the tokens of this one."""
    asked = checked.asked
    wanted = claims_request.kept(asked.claims, asked.claims_locales, registered=checked.client.metadata.scopes)
    if asked.claims.verified:
        verified = vouching.kept(provider.keyring, checked.client, asked.claims.verified, asked_at)
        wanted = {**(wanted or {}), "verified": verified} if verified is not None else wanted
    extra: dict[str, Any] = {"claims": wanted} if wanted is not None and "openid" in checked.scope else {}
    if checked.resources:
        extra["resource"] = list(checked.resources)
    if here.known_as is not None:
        extra["known_as"] = here.known_as
    if here.behalf is not None and here.behalf.principal is not None:
        extra[principals.KEY] = principals.kept(here.behalf.principal)
    return extra or None


def _authorization(
    provider: Provider, db: RawTransaction, granted: Granted, words: frozenset[str], now: datetime
) -> tuple[str | None, str | None]:
    """The row behind a code or an access token; an answer that leaves nothing to redeem or revoke has none."""
    if words.isdisjoint({"code", "token"}):
        return None, None
    lasts = timedelta(seconds=provider.access_tokens.lifetime_seconds)
    return authorizations.issue(
        db,
        granted,
        now=now,
        code_lifetime=provider.lifetimes.code,
        family_lifetime=provider.lifetimes.refresh_token if "code" in words else lasts,
        with_code="code" in words,
    )


def note(provider: Provider, db: RawTransaction, checked: CheckedRequest, here: AtSite, now: datetime) -> None:
    """What else is remembered: that the session lives, on whose behalf its person came, and what the site learned."""
    session = here.session
    if here.behalf is not None:
        _note_behalf(provider, db, checked, here, here.behalf, now)
    if provider.sessions.must_be_marked_seen(session, now):
        provider.sessions.mark_seen(db, session.id, now)
    if here.consent_id and here.last_release_at and now - here.last_release_at > consents.RELEASE_NOTED_EVERY:
        consents.note_release(db, here.consent_id, now)
    consents.note_first_release(
        db, session.account_id, checked.client, known=here.consent_scope,
        wanted=checked.words, is_first=here.consent_id is None, now=now,
    )  # fmt: skip


def _note_behalf(
    provider: Provider, db: RawTransaction, checked: CheckedRequest, here: AtSite, said: OnBehalf, now: datetime
) -> None:
    """What the person said counts for this session at this site; the organisation's people see who acts for it where."""
    session, client, principal = here.session, checked.client, said.principal
    acts = principals.traced(principals.kept(principal)) if principal is not None else {}
    if behalf.remember(db, provider.keyring, client, said, session_id=session.id, now=now):
        provider.trail.record(
            db, "principal.chosen", account_id=session.account_id, client_id=client.client_id, session_id=session.id, **acts
        )  # fmt: skip
    if principal is not None:
        acting.note_use(db, session.account_id, principal, client.client_id, now)


def _parameters(
    provider: Provider, checked: CheckedRequest, granted: Granted, standing: Standing, target: Target,
    authorization_id: str | None, code: str | None, facts: dict[str, Any],
) -> dict[str, str]:  # fmt: skip
    words, parameters, token = checked.asked.response_type, {}, None
    if code is not None:
        parameters["code"] = code
    if "token" in words and authorization_id is not None:
        token = issuing.for_family(provider, checked.client, authorization_id, granted, target, standing).token
        parameters |= {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": str(provider.access_tokens.lifetime_seconds),
        }
        if set(target.scope.split()) != set(checked.asked.scope):  # RFC 6749 §4.2.2
            parameters["scope"] = target.scope
    if "id_token" in words:
        who = Authenticated(granted.subject, granted.sid, granted.auth_time, granted.acr, granted.amr, granted.nonce)
        parameters["id_token"] = provider.id_tokens.sign(
            checked.client, who, access_token=token, code=code, claims=facts
        )
    return parameters
