"""The question of a site: may this person do this for that organisation now? Answered from what holds, signed, on record.

The person is named as the site knows them, the organisation by its code or as the site knows it. Whoever is not known to
the site so, and whoever may not act, gets the same answer: a site learns of no person, organisation or mandate but those
that came to it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError, UnauthorizedClientError
from sqlalchemy import bindparam, select, union

from idp.accounts.models import Account
from idp.core import clock, ids
from idp.core.errors import TooManyAttempts
from idp.core.identifiers import IdentifierError, Uscc
from idp.db.prepared import Prepared, RawTransaction
from idp.mandates import acting
from idp.mandates.acting import Principal
from idp.mandates.models import Mandate, Organisation, Representation
from idp.oidc import principals, subjects
from idp.oidc.models import KnownPrincipal
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient

LIFETIME_SECONDS: Final = 60
_QUESTIONS, _PERIOD = 600, 60
_SERVICE = re.compile(r"[A-Za-z0-9_.:/-]{1,64}", re.ASCII)
_LONGEST = 100
_ASKED_WITH: Final = frozenset({"sub", "uscc", "principal", "service"})
_PROVEN_BY: Final = frozenset({"client_id", "client_secret", "client_assertion", "client_assertion_type"})


@dataclass(frozen=True, slots=True)
class Question:
    """Who, for which organisation, and for what, in the site's own word for it."""

    subject: str
    uscc: str | None
    principal: str | None
    service: str | None


_by_uscc = Prepared(select(Organisation.id).where(Organisation.uscc == bindparam("uscc")))
_by_id = Prepared(
    select(KnownPrincipal.organisation_id.label("id")).where(
        KnownPrincipal.sector == bindparam("sector"), KnownPrincipal.known_as == bindparam("known_as")
    )
)
# Those of the past too: who may no longer act is told "no" on their own record.
_actors_of = union(
    select(Representation.account_id).where(Representation.organisation_id == bindparam("organisation")),
    select(Mandate.agent_account_id).where(
        Mandate.organisation_id == bindparam("organisation"), Mandate.agent_account_id.is_not(None)
    ),
).subquery()
_actors = Prepared(
    select(_actors_of.c.account_id, subjects.known_as_by(_actors_of.c.account_id))
    .join(Account, Account.id == _actors_of.c.account_id)
    .where(Account.is_synthetic == bindparam("synthetic"))
)


def read(client: RegisteredClient, form: Mapping[str, str]) -> Question:
    """What the site asks; the error that says why it may not, or what is missing."""
    if client.is_public:
        raise InvalidClientError("a client without a secret cannot ask about mandates", status_code=401)
    if not client.metadata.serves_organisations:
        raise UnauthorizedClientError("this client is not registered to serve organisations")
    if not form.keys() <= _ASKED_WITH | _PROVEN_BY:  # a condition that we would pass over must not come back as yes
        raise InvalidRequestError("the only parameters are sub, uscc, principal and service")
    subject, uscc, principal, service = (form.get(name) for name in ("sub", "uscc", "principal", "service"))
    if subject is None or len(subject) > _LONGEST:
        raise InvalidRequestError("sub is missing or too long")
    if (uscc is None) == (principal is None) or len(principal or "") > _LONGEST:
        raise InvalidRequestError("exactly one of uscc and principal names the organisation")
    if service is not None and not _SERVICE.fullmatch(service):
        raise InvalidRequestError("service must be a short code")
    return Question(subject, _code(client, uscc) if uscc is not None else None, principal, service)


def _code(client: RegisteredClient, text: str) -> str:
    """Only a site that may learn an organisation's code may ask by it: else it could try codes until one fits."""
    if principals.LEGAL not in client.scopes:
        raise UnauthorizedClientError("this client is not registered for the scope legal: ask by principal")
    try:
        return Uscc.parse(text).code
    except IdentifierError as odd:
        raise InvalidRequestError("uscc is not a unified social credit code") from odd


def answer(provider: Provider, client: RegisteredClient, asked: Question) -> str:
    """The signed answer, on record with who asked about whom; TooManyAttempts beyond ten questions a second."""
    now = clock.now()
    counter = f"mandate-check:{client.client_id}"
    if wait := provider.store.hit(counter, limit=_QUESTIONS, period=_PERIOD, now=now.timestamp()):
        raise TooManyAttempts(retry_after=wait)
    with provider.database.quick() as db:
        organisation_id = _organisation(db, client, asked)
        account_id = _person(provider, db, client, asked.subject, organisation_id)
        found = None
        if account_id is not None and organisation_id is not None:
            found = acting.may_act(db, provider.keyring, account_id, organisation_id, client.client_id, now)
        said = _said(provider, client, asked, found, now)
        if found is not None and account_id is not None:
            acting.note_use(db, account_id, found, client.client_id, now)
        _record(provider, db, client, asked, account_id, organisation_id, found, str(said["jti"]))
    return provider.outgoing.mandate_check(client, said)


def _organisation(db: RawTransaction, client: RegisteredClient, asked: Question) -> str | None:
    if asked.uscc is not None:
        row = _by_uscc.first(db, uscc=asked.uscc)
    else:
        row = _by_id.first(db, sector=subjects.sector_of(client), known_as=asked.principal)
    found: str | None = row.id if row is not None else None
    return found


def _person(
    provider: Provider, db: RawTransaction, client: RegisteredClient, subject: str, organisation_id: str | None
) -> str | None:
    """Of those who act for the organisation, or once did, the one whom this site knows by this subject."""
    if organisation_id is None:
        return None
    rows = _actors(db, organisation=organisation_id, sector=subjects.sector_of(client), synthetic=client.is_test)
    for row in rows:
        known = subjects.subject_of(provider.keyring, client, row.account_id, known_as=row.known_as)
        if ids.same(known, subject):
            found: str = row.account_id
            return found
    return None


def _said(
    provider: Provider, client: RegisteredClient, asked: Question, found: Principal | None, now: datetime
) -> dict[str, Any]:
    at = int(now.timestamp())
    said: dict[str, Any] = {
        "iss": provider.issuer, "aud": client.client_id, "iat": at, "exp": at + LIFETIME_SECONDS, "jti": ids.new_handle(),
        "sub": asked.subject, "result": found is not None,
        **({"uscc": asked.uscc} if asked.uscc is not None else {"principal": asked.principal}),
        **({"service": asked.service} if asked.service is not None else {}),
    }  # fmt: skip
    if found is None:
        return said
    right = principals.mandate(
        provider.keyring, found, sector=subjects.sector_of(client), client_id=client.client_id
    )  # fmt: skip
    until = {"until": right["term"]} if "term" in right else {}
    return said | {"role": found.role, "mandate": right} | until


def _record(
    provider: Provider, db: RawTransaction, client: RegisteredClient, asked: Question, account_id: str | None,
    organisation_id: str | None, found: Principal | None, jti: str,
) -> None:  # fmt: skip
    provider.trail.record(
        db, "mandate.asked", outcome="success" if found is not None else "failure", account_id=account_id,
        client_id=client.client_id, organisation=organisation_id or "", answer=jti, service=asked.service or "",
        mandate=(found.mandate_id if found is not None else None) or "",
    )  # fmt: skip
