"""Structured logs: one JSON object a line, with the trace id of the request that caused it, free of personal data."""

import contextvars
import logging
import sys
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson
import structlog

from idp.core import clock, ids, redaction

_file: FileIO | None = None
_threshold: int | None = None
_trace: contextvars.ContextVar[str] = contextvars.ContextVar("trace_id", default="")


def trace_id() -> str:
    """The trace id of the work in hand (32 hex characters, W3C Trace Context), empty outside any."""
    return _trace.get()


def begin_trace(incoming: str | None = None) -> str:
    """Start a trace, or continue one that came with a trusted request."""
    trace = incoming or ids.random_bytes(16).hex()
    _trace.set(trace)
    return trace


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose events are names and ids, never sentences with data in them."""
    return cast(structlog.stdlib.BoundLogger, structlog.get_logger(room=name))


def request_line(endpoint: str, method: str, status: int, ms: float) -> None:
    """The line that every request gets, written without the processors: what it holds is ours, so nothing is to be cleaned."""
    if _threshold is None or _threshold > logging.INFO:
        return
    line = {"room": "edge", "endpoint": endpoint, "method": method, "status": status, "ms": ms, "event": "request",
            "at": clock.now().isoformat(timespec="milliseconds"), "level": "info", "trace_id": _trace.get()}  # fmt: skip
    structlog.get_config()["logger_factory"]().msg(orjson.dumps(line))


def configure(log_file: Path | None, level: str = "INFO") -> None:
    """Send all logs as JSON lines to the file, or to standard error; the standard library's records too."""
    global _file, _threshold
    if _file is not None:
        _file.close()
    _file = log_file.open("ab", buffering=0) if log_file is not None else None
    stream = cast(BinaryIO, _file or _StandardError())
    _threshold = threshold = logging.getLevelNamesMapping()[level]
    structlog.configure(
        processors=[_stamp, structlog.processors.format_exc_info, _clean, _render],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.BytesLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Bridge()]
    root.setLevel(max(threshold, logging.INFO))


class _StandardError:
    """Whatever standard error is at the moment of writing: it may be exchanged while the process lives."""

    def write(self, raw: bytes) -> int:
        return sys.stderr.buffer.write(raw)

    def flush(self) -> None:
        sys.stderr.flush()


class _Bridge(logging.Handler):
    """Carries records of the standard logging module over to the structured log."""

    def emit(self, record: logging.LogRecord) -> None:
        log = get(record.name)
        exc = record.exc_info if record.exc_info and record.exc_info[0] else None
        getattr(log, record.levelname.lower() if record.levelname != "CRITICAL" else "error")(
            "log", text=record.getMessage(), exc_info=exc
        )


def _stamp(_logger: Any, level: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    event["at"] = clock.now().isoformat(timespec="milliseconds")
    event["level"] = level
    if trace := _trace.get():
        event["trace_id"] = trace
    return event


def _clean(_logger: Any, _level: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return redaction.clean_event(event)


def _render(_logger: Any, _level: str, event: structlog.typing.EventDict) -> bytes:
    return orjson.dumps(event, default=str)
