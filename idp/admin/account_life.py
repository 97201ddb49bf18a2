"""The life of an account, told from what each room keeps of it: no trail is read for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from idp.accounts.care import ActView
from idp.accounts.models import Account, ExternalLink, Guardianship, Identifier, Merge
from idp.realname.models import Evidence

_MOST: Final = 100
_AT_ONCE: Final = timedelta(seconds=1)  # what came with the account


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the account's life; `what` is a code with a word in `idp.admin.account_words`."""

    at: datetime
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Acting:
    """An organisation that the person represents, or holds a mandate of."""

    organisation: str
    uscc: str
    role: str
    since: datetime
    until: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What the rooms keep of one account."""

    account: Account
    password: datetime | None
    identifiers: list[Identifier]
    links: list[ExternalLink]
    evidence: list[Evidence]
    merges: list[Merge]
    guardianships: list[Guardianship]
    acting: list[Acting]
    acts: list[ActView]


def told(kept: Kept) -> list[Event]:
    """Its events, the latest first."""
    every = [*_of_account(kept), *_of_sign_in(kept), *_of_people(kept)]
    every += [Event(each.at, f"proof_{each.verdict}", each.source) for each in kept.evidence]
    every += [Event(each.at, f"staff_{each.act}", each.reason) for each in kept.acts]
    return sorted(every, key=lambda each: each.at, reverse=True)[:_MOST]


def _of_account(kept: Kept) -> Iterator[Event]:
    account = kept.account
    yield Event(account.created_at, "registered")
    if account.closed_at is not None:
        yield Event(account.closed_at, "closed")
    if account.frozen_at is not None and not any(each.act == "freeze" for each in kept.acts):
        yield Event(account.frozen_at, "frozen")  # by command
    for merge in kept.merges:
        other = merge.merged_account_id if merge.kept_account_id == account.id else merge.kept_account_id
        yield Event(merge.merged_at, "merged", other)
        if merge.undone_at is not None:
            yield Event(merge.undone_at, "parted", other)


def _of_sign_in(kept: Kept) -> Iterator[Event]:
    if kept.password is not None:
        yield Event(kept.password, "password_set")
    for identifier in kept.identifiers:
        if identifier.merged_from is None and identifier.created_at > kept.account.created_at + _AT_ONCE:
            yield Event(identifier.created_at, f"{identifier.kind}_added")
        if identifier.released_at is not None:
            yield Event(identifier.released_at, f"{identifier.kind}_released")
    for link in kept.links:
        yield Event(link.linked_at, "linked", link.source)
        if link.unlinked_at is not None:
            yield Event(link.unlinked_at, "unlinked", link.source)


def _of_people(kept: Kept) -> Iterator[Event]:
    for each in kept.guardianships:
        yield Event(each.consented_at, "guardian")
        if each.ended_at is not None:
            yield Event(each.ended_at, "guardian_ended")
    for place in kept.acting:
        yield Event(place.since, "acting", place.organisation)
        if place.ended_at is not None:
            yield Event(place.ended_at, "acting_ended", place.organisation)
