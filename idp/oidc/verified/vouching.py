"""From what an authorization remembers to `verified_claims` in an ID token or at userinfo: the facts are read when they leave."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from idp.core import clock
from idp.core.crypto import Keyring
from idp.db.prepared import RawTransaction
from idp.mandates.acting import Principal
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient
from idp.oidc.verified import answers, asking, framework, proofs
from idp.oidc.verified.answers import Ground
from idp.oidc.verified.asking import Asked
from idp.oidc.verified.framework import Proof
from idp.realname.persons import PersonFacts

MEMBER: Final = "verified_claims"
_NOTHING: Final[dict[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be answered in one place, and the moment from which a demanded age counts."""

    kept: Any
    asked_at: datetime


def kept(
    keyring: Keyring, client: RegisteredClient, parts: Mapping[str, Asked], asked_at: datetime
) -> dict[str, Any] | None:
    """What tokens must remember of a request, by where it is answered; None when it asks for nothing that this site may have."""
    allowed, digest = framework.allowed(client), answers.digest_for(keyring, client.client_id)
    kept_parts = {
        part: found
        for part, asked in parts.items()
        if asked and (found := asking.kept(asked, allowed=allowed, digest=digest)) is not None
    }
    return {**kept_parts, "at": int(asked_at.timestamp())} if kept_parts else None


def wanted(remembered: Mapping[str, Any] | None, part: str, *, by_scope: bool) -> Wanted | None:
    """What of a remembered request is to be answered here; where it says nothing, what the scope stands for, if `by_scope`."""
    verified = (remembered or _NOTHING).get("verified")
    if verified is not None and part in verified:
        return Wanted(verified[part], datetime.fromtimestamp(verified["at"], UTC))
    return Wanted(answers.BY_SCOPE, clock.now()) if by_scope else None


def ask(
    provider: Provider, db: RawTransaction, client: RegisteredClient, account_id: str, asked: Wanted
) -> Callable[[PersonFacts | None, Principal | None], dict[str, Any]]:
    """Asked together with the question about the person; call the result with that person, and the organisation that they
    act for, for what is to be told."""
    counting = proofs.ask(db, account_id, clock.now())

    def tell(person: PersonFacts | None, principal: Principal | None) -> dict[str, Any]:
        told = _told(provider, client, asked, grounds(db, counting(), person, principal))
        return {MEMBER: told} if told is not None else {}

    return tell


def names_told(
    provider: Provider, client: RegisteredClient, request: AuthorizationRequest, asked_at: datetime,
    known: Sequence[Ground],
) -> frozenset[str]:  # fmt: skip
    """The claims that the answer to this request would hold, were it given now: of the same matching as the answer itself."""
    remembered = {"verified": kept(provider.keyring, client, request.claims.verified, asked_at)}
    comes_alone = request.response_type == {
        "id_token"
    }  # then the scope counts there, and nothing is fetched at userinfo
    found = [
        wanted(remembered, part, by_scope=framework.SCOPE in request.scope and comes_alone == (part == "id_token"))
        for part in (("id_token",) if comes_alone else ("id_token", "userinfo"))
    ]
    told = [_told(provider, client, each, known) for each in found if each is not None]
    elements = [one for each in told for one in (each if isinstance(each, list) else [each]) if one is not None]
    return frozenset(name for one in elements for name in one["claims"])


def grounds(
    db: RawTransaction, counting: tuple[Proof, ...], person: PersonFacts | None, principal: Principal | None
) -> list[Ground]:
    """What can be vouched for of a person, and of the organisation that they act for."""
    found = [Ground(counting, answers.known_of(person))]
    if principal is not None:
        found.append(Ground(proofs.of_organisation(db, principal), answers.known_of_organisation(principal)))
    return found


def _told(provider: Provider, client: RegisteredClient, asked: Wanted, known: Sequence[Ground]) -> Any:
    return answers.answer(
        asked.kept, known, offer=provider.verified, allowed=framework.allowed(client),
        digest=answers.digest_for(provider.keyring, client.client_id), now=asked.asked_at,
    )  # fmt: skip
