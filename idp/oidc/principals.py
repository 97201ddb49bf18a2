"""On whose behalf a token is used: what an authorization keeps of it, asked again at each use, told to each in its own names.

Nobody signs in as somebody else: `sub` stays the person's (OpenID Connect Core §5.3.2). For whom they act is told beside it:
`principal`, the organisation; `act`, who acts for it; `mandate`, by what right. Ids of organisations and mandates are as
pairwise as subjects are.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from idp.audit.trail import Trail
from idp.core import clock
from idp.core.crypto import Keyring, Purpose
from idp.db.prepared import RawTransaction
from idp.mandates import acting
from idp.mandates.acting import EVERY_SITE, Principal
from idp.oidc import subjects
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient
from idp.oidc.tokens import authorizations
from idp.oidc.tokens.access_tokens import AccessToken

KEY: Final = "principal"
LEGAL: Final = "legal"
"""The scope that brings the organisation's name and the claim of the same name."""
ENDED: Final = "mandate_ended"
PERSON, ORGANISATION = "person", "organisation"
Kept = Mapping[str, str]
"""What an authorization and its tokens keep: the organisation, the role, and the mandate unless it is the representative's."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether the person may still act as they did, and for whom; without `principal` they act for themselves."""

    holds: bool
    principal: Principal | None = None


OWN: Final = Standing(True)


def kept(principal: Principal) -> dict[str, str]:
    by = {"mandate": principal.mandate_id} if principal.mandate_id is not None else {}
    return {"organisation": principal.organisation_id, "role": principal.role} | by


def of_family(family: Any) -> Kept | None:
    """What an authorization keeps, or None when the person acts for themselves."""
    found: Kept | None = (family.extra or {}).get(KEY)
    return found


def ask(
    db: RawTransaction, keyring: Keyring, acts: Kept | None, *, account_id: str | None, client_id: str
) -> Callable[[], Standing]:
    """Ask whether the very same way holds at this moment at the site of `client_id`; read the answer by calling."""
    if acts is None or account_id is None:
        return lambda: OWN
    found = acting.ask_still(db, keyring, account_id, acts["organisation"], acts.get("mandate"), client_id, clock.now())

    def standing() -> Standing:
        principal = found()
        return Standing(principal is not None, principal)

    return standing


def end(
    db: RawTransaction, trail: Trail, *, authorization_id: str, account_id: str | None, client_id: str, acts: Kept
) -> None:
    """End the family of a person who may no longer act so, once, and put it on record."""
    if authorizations.revoke(db, authorization_id, reason=ENDED, now=clock.now()):
        trail.record(
            db, "oidc.revoked", outcome="failure", account_id=account_id, client_id=client_id, token="all", reason=ENDED,
            authorization=authorization_id, **traced(acts),
        )  # fmt: skip


def of_token(provider: Provider, db: RawTransaction, token: AccessToken) -> Standing:
    """The same for an access token, in a transaction that ends the family if it must end."""
    standing = ask(db, provider.keyring, token.principal, account_id=token.account_id, client_id=token.site)()
    if not standing.holds:
        _end_of(provider, db, token)
    return standing


def note_ended(provider: Provider, token: AccessToken) -> None:
    """The family of this token ends, in a transaction of its own, after it was found that its person may no longer act so."""
    with provider.database.quick() as db:
        _end_of(provider, db, token)


def _end_of(provider: Provider, db: RawTransaction, token: AccessToken) -> None:
    if token.authorization_id is not None and token.principal is not None:
        end(
            db, provider.trail, authorization_id=token.authorization_id, account_id=token.account_id,
            client_id=token.site, acts=token.principal,
        )  # fmt: skip


def traced(acts: Kept) -> dict[str, Any]:
    """What the trail tells: ids."""
    return {name: acts[name] for name in ("organisation", "mandate") if name in acts}


def id_in(keyring: Keyring, sector: str, organisation_id: str) -> str:
    """What a sector knows the organisation by: always the same there, and unrelated to any other sector's."""
    return keyring.derived(Purpose.PAIRWISE, f"principal\x00{sector}\x00{organisation_id}")


def told(
    keyring: Keyring, principal: Principal | None, *, sector: str, subject: str, client_id: str, with_name: bool
) -> dict[str, Any]:
    """The claims `principal`, `act` and `mandate` for a listener of this sector, who knows the person as `subject`."""
    if principal is None:
        return {"principal": {"type": PERSON, "id": subject}}
    about = {"type": ORGANISATION, "id": id_in(keyring, sector, principal.organisation_id)}
    named = {"name": principal.name, "uscc": principal.uscc} if with_name else {}
    return {
        "principal": about | named,
        "act": {"sub": subject},
        "mandate": mandate(keyring, principal, sector=sector, client_id=client_id),
    }


def for_site(
    keyring: Keyring, client: RegisteredClient, standing: Standing, *, subject: str, scope: Collection[str]
) -> dict[str, Any]:
    """The same claims for the site itself; none where it serves people only."""
    if not client.metadata.serves_organisations and standing.principal is None:
        return {}
    return told(
        keyring, standing.principal, sector=subjects.sector_of(client), subject=subject, client_id=client.client_id,
        with_name=LEGAL in scope,
    )  # fmt: skip


def mandate(keyring: Keyring, principal: Principal, *, sector: str, client_id: str) -> dict[str, Any]:
    """By what right: the role, where it holds (everywhere, or at this site among others), until when, how surely."""
    said: dict[str, Any] = {
        "role": principal.role,
        "scope": [EVERY_SITE] if EVERY_SITE in principal.sites else [client_id],
        "ial": principal.ial,
    }
    if principal.mandate_id is not None:
        said["id"] = keyring.derived(Purpose.PAIRWISE, f"mandate\x00{sector}\x00{principal.mandate_id}")
    if principal.ends_at is not None:
        said["term"] = int(principal.ends_at.timestamp())
    return said


def legal(principal: Principal) -> dict[str, Any]:
    """The claim `legal`: the organisation as its register describes it, and who this person is to it."""
    said = {
        "name": principal.name,
        "uscc": principal.uscc,
        "type": principal.kind,
        "representative": principal.representative,
        "role": principal.role,
    }
    return said | ({"term": int(principal.ends_at.timestamp())} if principal.ends_at is not None else {})


def until(standing: Standing) -> int | None:
    """No token lasts longer than the term that it rests on."""
    ends_at: datetime | None = standing.principal.ends_at if standing.principal is not None else None
    return int(ends_at.timestamp()) if ends_at is not None else None


def actors(chain: Mapping[str, Any] | None, acts: Mapping[str, Any]) -> dict[str, Any] | None:
    """The `act` of a token: the clients of an exchange outside, the person innermost (RFC 8693 §4.1)."""
    person: dict[str, Any] | None = acts.get("act")
    if chain is None:
        return person
    before = actors(chain.get("act"), acts)
    return {"sub": chain["sub"]} | ({"act": before} if before is not None else {})
