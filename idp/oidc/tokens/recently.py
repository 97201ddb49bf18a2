"""What was found out about an access token in the last half second: who asks again at once is answered from memory.

A server behind which many calls arrive together introspects the same token for each of them. What may be told of a token
must stop within a second of the end of its family, on every process, and it does: nothing is remembered for longer than
half of that. On the process where something ends it mostly stops at once: every act that goes on record clears the memory, but
for those that end nothing. The record precedes the commit, so a question that falls between the two may still be remembered.
"""

from collections.abc import Mapping
from typing import Any

from idp.core import clock

MILLISECONDS = 500
_MOST = 10_000
ENDS_NOTHING = frozenset(
    {"oidc.code_issued", "oidc.answered", "oidc.tokens_issued", "oidc.refreshed", "oidc.client_refused",
     "principal.chosen", "mandate.asked", "session.started", "sign_in.succeeded", "sign_in.failed"}
)  # fmt: skip


class Recently:
    """The memory of one process."""

    def __init__(self) -> None:
        self._kept: tuple[int, dict[tuple[str, str], Any]] = (0, {})

    def notes(self) -> dict[tuple[str, str], Any]:
        """The memory of this moment, by kind and token. Take it before reading what will be noted: what is cleared
        meanwhile then stays cleared."""
        began, notes = self._kept
        now = clock.epoch_ms()
        if not began <= now < began + MILLISECONDS or len(notes) >= _MOST:
            notes = {}
            self._kept = (now, notes)
        return notes

    def clear(self) -> None:
        self._kept = (0, {})

    def observe(self, act: str, _outcome: str, _details: Mapping[str, Any]) -> None:
        """The trail's observer: something may have ended."""
        if act not in ENDS_NOTHING:
            self.clear()
