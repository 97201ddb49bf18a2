"""What comes of one point of a check."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

PASSED, FAILED, NOT_TRIED = "passed", "failed", "not_tried"
# What the site did.
SIGNED_IN, REFUSED, SERVER_ERROR, STILL_IN, ENDED, UNREACHABLE = (
    "signed_in", "refused", "server_error", "still_in", "ended", "unreachable",
)  # fmt: skip
NOT_REDEEMED, NOT_REGISTERED, FIRST_FAILED, ANSWERED = "not_redeemed", "not_registered", "first_failed", "answered"
ALWAYS_IN: Final = "always_in"
NEEDS_SCRIPT: Final = "needs_script"
"""Of the sign-in: only a script of the site could make it, so the site is looked at from outside."""
NO_WAY_OUT, SEEN, LEFT, OPEN_TO_OTHERS = "no_way_out", "seen", "left", "open_to_others"


@dataclass(frozen=True, slots=True)
class Finding:
    """One point: its verdict, what the site did, and where; `detail` is a code of this service or a host's answer."""

    point: str
    verdict: str
    did: str
    status: int = 0
    at: str = ""
    detail: str = ""

    def stored(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Finding":
        return cls(**stored)
