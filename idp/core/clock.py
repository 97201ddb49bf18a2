"""The one door to time: aware UTC instants, which a test may move."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")

_offset = timedelta()


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC) + _offset


def epoch() -> int:
    """Whole seconds since 1970 (NumericDate of RFC 7519 §2)."""
    return int(time.time() + _offset.total_seconds())


def epoch_ms() -> int:
    """Whole milliseconds since 1970."""
    return int((time.time() + _offset.total_seconds()) * 1000)


def epoch_us() -> int:
    """Whole microseconds since 1970."""
    return int((time.time() + _offset.total_seconds()) * 1_000_000)


def day_in_beijing(seconds: int) -> str:
    """The calendar day of an instant where the service's people live."""
    return datetime.fromtimestamp(seconds, BEIJING).date().isoformat()


def monotonic() -> float:
    """Seconds that never run backwards, for deadlines and durations."""
    return time.monotonic()


def travel(step: timedelta) -> None:
    """Move this process's clock; only tests call it."""
    global _offset
    _offset += step


def travel_home() -> None:
    """Put this process's clock back to the real time."""
    global _offset
    _offset = timedelta()
