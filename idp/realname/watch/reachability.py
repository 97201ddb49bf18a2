"""Whether the machines of a source can be reached at all, and whether their clocks agree with ours."""

from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit, urlunsplit

from idp.core import clock
from idp.core.deadline import Deadline
from idp.core.http import HttpClient, HttpUnavailable
from idp.realname.ports import Fault, Source, Trouble

SKEW_SECONDS = 60
"""So far clocks may differ; platforms allow up to five minutes, some less."""
_PATIENCE = 3.0
_FAULTS = {
    "unresolved": Fault.UNRESOLVED,
    "refused": Fault.REFUSED,
    "timeout": Fault.TIMEOUT,
    "tls": Fault.TLS,
    "forbidden_address": Fault.REFUSED,
}


@dataclass(frozen=True, slots=True)
class Reached:
    """One machine: `skew` is how many seconds its clock is ahead of ours, where it told."""

    address: str
    member: str
    trouble: Trouble | None
    skew: int | None = None


def of(source: Source, http: HttpClient, deadline: Deadline) -> tuple[Reached, ...]:
    """Knock at each machine of the source, without saying who we are."""
    members = source.configured.members if source.configured is not None else {}
    by_machine: dict[str, str] = {}
    for address in source.addresses:
        by_machine.setdefault(_machine(address), members.get(address, ""))
    return tuple(_knocked(machine, member, http, deadline) for machine, member in by_machine.items())


def _machine(address: str) -> str:
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc, "/", "", ""))


def _knocked(address: str, member: str, http: HttpClient, deadline: Deadline) -> Reached:
    named = (member,) if member else ()
    try:
        answer = http.request(
            "GET", address, headers={}, body=None, deadline=deadline.within(_PATIENCE), max_bytes=1_048_576
        )
    except HttpUnavailable as lost:
        fault = _FAULTS.get(lost.reason)
        return Reached(address, member, Trouble(fault, named) if fault is not None else None)
    skew = _skew(answer.headers.get("date", ""))
    is_off = skew is not None and abs(skew) > SKEW_SECONDS
    return Reached(address, member, Trouble(Fault.CLOCK) if is_off else None, skew)


def _skew(date: str) -> int | None:
    try:
        told = parsedate_to_datetime(date)
    except ValueError:
        return None
    return round(((told if told.tzinfo else told.replace(tzinfo=UTC)) - clock.now()).total_seconds())
