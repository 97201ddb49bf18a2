"""What a source's trouble comes from, where its adapter can tell: the kind of fault, and the members of the block to look at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """What is wrong between us and the source."""

    UNRESOLVED = "unresolved"  # no such name
    REFUSED = "refused"  # nobody there
    TIMEOUT = "timeout"
    TLS = "tls"
    ADDRESS = "address"  # somebody is there, and not this service
    CLOCK = "clock"
    APP_ID = "app_id"  # our name there
    SECRET = "secret"  # what proves it: secret, key, password
    THEIR_KEY = "their_key"  # what proves them
    GRANT = "grant"  # this is not for us
    ALLOW_LIST = "allow_list"  # our address is not on their list
    QUOTA = "quota"
    DOWN = "down"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True)
class Trouble:
    """`members` are names of the source's block, the likeliest first; none where no setting of ours is to blame."""

    fault: Fault
    members: tuple[str, ...] = ()


Diagnose = Callable[[str, str], Trouble | None]
"""From the reason of an Unavailable, and what was asked (`check`, `sign_in:website` …), to its trouble."""


def unknown(_reason: str, _asked: str) -> Trouble | None:
    return None


@dataclass(frozen=True, slots=True)
class Configured:
    """Which adapter made a source of which block: `members` names the member that holds an address."""

    adapter: str
    members: Mapping[str, str] = field(default_factory=dict)
    diagnose: Diagnose = unknown
