"""What every request of the sandbox may reach: settings, state, registry, and its own clock."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import flask

from sandbox.parts import Part
from sandbox.registry import Registry
from sandbox.settings import Settings
from sandbox.state import State

BEIJING = ZoneInfo("Asia/Shanghai")


def real_time_ms() -> int:
    return int(time.time() * 1000)


@dataclass(frozen=True, slots=True)
class Runtime:
    settings: Settings
    state: State
    registry: Registry
    parts: Mapping[str, Part]
    now_ms: Callable[[], int] = real_time_ms
    released: threading.Event = field(default_factory=threading.Event)  # set: whoever hangs goes on at once

    def of(self, part: str) -> Mapping[str, Any]:
        """The settings of a part; empty when the configuration has none."""
        return self.settings.parts.get(part, {})

    def hang(self) -> None:
        self.released.wait(self.settings.hang_seconds)

    def now_in_beijing(self) -> datetime:
        return instant(self.now_ms()).astimezone(BEIJING)


def instant(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def runtime() -> Runtime:
    """The runtime of the application that answers the present request."""
    found: Runtime = flask.current_app.extensions["sandbox"]
    return found
