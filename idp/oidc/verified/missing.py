"""Whether a new proof would let the centre vouch for what it cannot vouch for yet, and what kind of proof that must be."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from idp.core import clock
from idp.db.prepared import RawTransaction
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient
from idp.oidc.verified import answers, framework, proofs
from idp.oidc.verified.asking import Element
from idp.oidc.verified.framework import Kind, Offer, Proof


@dataclass(frozen=True, slots=True)
class Missing:
    """A proof that is wanted: at least this level, by one of these ways (`policy.Way.name`)."""

    level: int
    ways: frozenset[str]


def of_account(
    provider: Provider, db: RawTransaction, asked: AuthorizationRequest, client: RegisteredClient, account_id: str,
    asked_at: datetime,
) -> Missing | None:  # fmt: skip
    """What this account lacks for a request; nobody is asked about where nothing verified is essential."""
    if "claims" not in asked.wire or "openid" not in asked.scope:
        return None
    elements = [each for part in asked.claims.verified.values() for each in part.elements if each.is_essential]
    allowed = framework.allowed(client).intersection(framework.OF_PERSON) if elements else frozenset[str]()
    if allowed.isdisjoint(name for each in elements for name in each.claims):
        return None
    known = proofs.of_account(db, account_id, clock.now())
    return missing(elements, known, provider.verified, allowed=allowed, now=asked_at)


def missing(
    elements: Iterable[Element], known: Sequence[Proof], offer: Offer, *, allowed: frozenset[str], now: datetime
) -> Missing | None:
    """What the essential elements lack; None when nothing is, or no way that is configured leads there.

    Of several the one that takes most: whoever proves that once is not sent a second time.
    """
    found = [
        Missing(min(kind.level for kind in helping), frozenset(kind.way for kind in helping))
        for element in elements
        if element.is_essential and not allowed.isdisjoint(element.claims)
        if answers.verified(element.verification, known, offer, now) is None
        if (helping := [kind for kind in offer.kinds if kind.way and _would_help(element, kind, offer, now)])
    ]
    return max(found, key=lambda each: each.level, default=None)


def _would_help(element: Element, kind: Kind, offer: Offer, now: datetime) -> bool:
    return any(answers.verified(element.verification, [proof], offer, now) for proof in _as_if(kind, now))


def _as_if(kind: Kind, now: datetime) -> Iterator[Proof]:
    """What this way would bring about, were it gone now."""
    for record in kind.records:
        yield Proof("-", kind.level, now, kind.source, kind.evidence_type, kind.check_method, record, None)
