"""Somebody who came back signed in elsewhere, kept for this browser until it is said what becomes of it.

An account elsewhere that is linked to none here is linked after the account's own sign-in; a proof that the source vouches
for is taken over when its person agrees. Both belong to the journey in which they came, and are forgotten with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

import flask
import orjson

from idp.accounts.links import External
from idp.core import clock, ids
from idp.core.identifiers import DocumentKind
from idp.edge import browser
from idp.edge.services import services
from idp.realname.ports import ExternalIdentity
from idp.store.records import Record
from idp.web import journey

_ARRIVED = "arrived_from"
LINK, PROOF = "/sign-in/link", "/sign-in/proof"


@dataclass(frozen=True, slots=True)
class Arrived(Record):
    """What the source said, sealed; `account_id` is the account that it is linked to, or that asked to link it."""

    KIND: ClassVar[str] = "arrived_from_elsewhere"
    SECONDS: ClassVar[int] = 900

    source: str
    device_digest: str
    journey: str
    at: str
    sealed: str = field(repr=False)
    account_id: str = ""
    is_linked: bool = False


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom the source says it is, and how surely."""

    name: str = field(repr=False)
    kind: DocumentKind
    number: str = field(repr=False)
    country: str | None
    level: int
    request_number: str | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """The arrival of this browser, opened."""

    handle: str
    kept: Arrived
    external: External
    vouched: Vouched | None

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.kept.at)


def external_of(identity: ExternalIdentity) -> External:
    return External(identity.source, identity.key, identity.aliases, identity.shown)


def keep(identity: ExternalIdentity, *, account_id: str = "", is_linked: bool = False) -> None:
    """Remember it for this browser and the journey in hand."""
    handle, under_way = ids.new_handle(), journey.current()
    applicant = identity.applicant
    said = {
        "key": identity.key, "aliases": identity.aliases, "shown": identity.shown,
        "vouched": {
            "name": applicant.name, "kind": applicant.document.kind, "number": applicant.document.number,
            "country": applicant.document.country, "level": int(identity.level), "request_number": identity.request_number,
        } if applicant is not None else None,
    }  # fmt: skip
    record = Arrived(
        source=identity.source,
        device_digest=ids.digest(browser.device()),
        journey=under_way.handle if under_way is not None else "",
        at=clock.now().isoformat(),
        sealed=services().keyring.seal(orjson.dumps(said).decode(), bound_to=_place(handle)),
        account_id=account_id,
        is_linked=is_linked,
    )
    services().store.put(handle, record)
    flask.session[_ARRIVED] = handle


def waiting() -> Arrival | None:
    """The arrival of this browser in the journey in hand, if something is still to become of it."""
    handle, under_way = str(flask.session.get(_ARRIVED, "")), journey.current()
    kept = services().store.get(Arrived, handle) if handle else None
    if kept is None or not ids.same(kept.device_digest, ids.digest(browser.device())):
        return None
    if kept.journey != (under_way.handle if under_way is not None else ""):
        return None
    said = orjson.loads(services().keyring.open(kept.sealed, bound_to=_place(handle)))
    vouched = Vouched(**{**said["vouched"], "kind": DocumentKind(said["vouched"]["kind"])}) if said["vouched"] else None
    return Arrival(handle, kept, External(kept.source, said["key"], tuple(said["aliases"]), said["shown"]), vouched)


def forget() -> None:
    """Whatever was to become of it has become of it."""
    if isinstance(handle := flask.session.pop(_ARRIVED, None), str):
        services().store.delete(Arrived, handle)


def linked(arrival: Arrival, account_id: str) -> None:
    """It is linked now; what its source vouches for may still be taken over."""
    services().store.replace(
        arrival.handle,
        Arrived(
            source=arrival.kept.source, device_digest=arrival.kept.device_digest, journey=arrival.kept.journey,
            at=arrival.kept.at, sealed=arrival.kept.sealed, account_id=account_id, is_linked=True,
        ),
    )  # fmt: skip


def is_for(arrival: Arrival, account_id: str) -> bool:
    """Whether it is linked to this account."""
    return arrival.kept.is_linked and arrival.kept.account_id == account_id


def step_after_sign_in(account_id: str) -> str | None:
    """The page that comes between a sign-in and where it was made for."""
    if _ARRIVED not in flask.session or (arrival := waiting()) is None:
        return None
    if not arrival.kept.is_linked:
        return LINK
    return PROOF if arrival.vouched is not None and is_for(arrival, account_id) else None


def _place(handle: str) -> str:
    return f"arrived.identity:{ids.digest(handle)}"
