"""What the log remembers of the trail: checkpoints that nobody who writes to the database alone can take back."""

from pathlib import Path

import orjson

_MARK = b'"audit.checkpoint"'


def newest_checkpoint(log_file: Path | None) -> tuple[int, str] | None:
    """The furthest head that the log speaks of, as sequence and chain value; None when it speaks of none."""
    newest: tuple[int, str] | None = None
    if log_file is None or not log_file.is_file():
        return None
    with log_file.open("rb") as lines:
        for line in lines:
            if _MARK in line and (found := _head(line)) is not None and (newest is None or found[0] > newest[0]):
                newest = found
    return newest


def _head(line: bytes) -> tuple[int, str] | None:
    try:
        event = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(event, dict) or event.get("event") != "audit.checkpoint":
        return None
    seq, value = event.get("seq"), event.get("chain")
    return (seq, value) if isinstance(seq, int) and isinstance(value, str) else None
