"""A parked authorization request: a person's journey through the centre's pages, bound to the browser it began in."""

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from idp.core import clock, ids
from idp.oidc.authorization.request import AuthorizationRequest
from idp.store.records import Record
from idp.store.redis import Store


@dataclass(frozen=True, slots=True)
class Parked(Record):
    """What is kept of a request while its person is being asked something."""

    KIND: ClassVar[str] = "journey"
    SECONDS: ClassVar[int] = 3600

    wire: dict[str, str]
    device: str
    asked_at: str
    declined: str | None = None
    account_was_chosen: bool = False
    is_finished: bool = False
    device_request: str | None = None
    outcome: str | None = None
    principal: str | None = None
    principal_of: str | None = None
    proof_was_asked: bool = False


@dataclass(frozen=True, slots=True)
class Journey:
    """A request that is under way in this browser.

    One that came by the user code of a device names that request, is answered there (`devices.device`), and keeps the outcome.
    `principal` is for whom the person of the account `principal_of` said they come.
    """

    handle: str
    asked: AuthorizationRequest
    asked_at: datetime
    declined: str | None
    account_was_chosen: bool
    is_finished: bool
    device_request: str | None = None
    outcome: str | None = None
    principal: str | None = None
    principal_of: str | None = None
    proof_was_asked: bool = False


def park(store: Store, asked: AuthorizationRequest, *, device: str, device_request: str | None = None) -> Journey:
    """Keep the request for an hour; only the browser that holds `device` can reopen it."""
    handle = ids.new_handle()
    now = clock.now()
    store.put(handle, Parked(dict(asked.wire), ids.digest(device), now.isoformat(), device_request=device_request))
    return Journey(handle, asked, now, None, account_was_chosen=False, is_finished=False, device_request=device_request)


def reopen(store: Store, handle: str, *, device: str) -> Journey | None:
    """The journey, or None when it is over, unknown, or another browser's."""
    parked = store.get(Parked, handle)
    if parked is None or not ids.same(parked.device, ids.digest(device)):
        return None
    return Journey(
        handle,
        AuthorizationRequest.from_wire(parked.wire),
        datetime.fromisoformat(parked.asked_at),
        parked.declined,
        parked.account_was_chosen,
        parked.is_finished,
        parked.device_request,
        parked.outcome,
        parked.principal,
        parked.principal_of,
        parked.proof_was_asked,
    )


def decline(store: Store, journey: Journey, error: str) -> None:
    """The person said no, or not now: the site will get `error`."""
    _change(store, journey, declined=error)


def choose_account(store: Store, journey: Journey) -> None:
    """The person said which account to go on with."""
    _change(store, journey, account_was_chosen=True)


def choose_principal(store: Store, journey: Journey, principal: str, *, account_id: str) -> None:
    """The person of this account said on whose behalf they come."""
    _change(store, journey, principal=principal, principal_of=account_id)


def ask_no_more_proof(store: Store, journey: Journey) -> None:
    """The person proved themselves for this request, or does not want to: it goes on with what there is."""
    _change(store, journey, proof_was_asked=True)


def finish(store: Store, journey: Journey, *, outcome: str | None = None) -> None:
    """The site got its answer; whoever comes back to this journey starts the site anew, or sees what a device got."""
    _change(store, journey, is_finished=True, outcome=outcome)


def _change(store: Store, journey: Journey, **change: str | bool | None) -> None:
    parked = store.get(Parked, journey.handle)
    if parked is not None:
        store.replace(journey.handle, dataclasses.replace(parked, **change))  # type: ignore[arg-type]
