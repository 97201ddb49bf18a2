"""Processes that run.py starts: each in a group of its own, stopped in order, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from launcher import tree, warden

STOPPERS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


class Stopped(BaseException):
    """Somebody wants run.py to end: Ctrl-C, SIGTERM, or the terminal went away."""


@dataclass(frozen=True)
class Child:
    """One running process and the file its output goes to."""

    name: str
    process: subprocess.Popen[str]
    log: Path

    def output(self) -> Iterator[str]:
        """The lines it writes, as they come; only of one started with `pipe`."""
        yield from self.process.stdout or ()

    def tail(self, lines: int = 15) -> str:
        """The last lines of its output."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join("    " + row for row in text.splitlines()[-lines:])


class Children:
    """Everything started in one run. Should run.py die without a word (kill -9), the warden stops what is left.

    The files in `remove` go at the end in any case: they say that something runs.
    """

    def __init__(self, *, remove: Sequence[Path] = ()) -> None:
        self._running: dict[int, Child] = {}
        self._warden = subprocess.Popen(
            [sys.executable, "-I", warden.__file__, *(word for path in remove for word in ("--remove", str(path)))],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )

    def start(self, name: str, words: Sequence[str | Path], env: Mapping[str, str], *, pipe: bool = False) -> Child:
        """Start a process; its output goes to var/log/NAME.log, or to us when `pipe`."""
        log = tree.LOGS / f"{name}.log"
        with _undisturbed(), log.open("ab") as out:
            process = subprocess.Popen(
                [str(word) for word in words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipe else out,
                stderr=subprocess.STDOUT if pipe else out,
                cwd=tree.ROOT,
                env=dict(env),
                start_new_session=True,
                encoding="utf-8",
                errors="replace",
            )
            child = Child(name, process, log)
            self._running[process.pid] = child
            self._tell(f"+{process.pid}")
        return child

    def finish(self, child: Child) -> int:
        """Wait for a process that is to end by itself; answers its exit code."""
        code = child.process.wait()
        self._forget(child)
        return code

    def dead(self) -> Child | None:
        """A process that ended without having been asked to."""
        return next((child for child in self._running.values() if child.process.poll() is not None), None)

    def stop(self, grace: float = warden.GRACE_SECONDS) -> None:
        """Ask every process to end, kill those that do not, and let the warden go."""
        for number in STOPPERS:
            signal.signal(number, signal.SIG_IGN)
        for child in self._running.values():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child.process.pid, signal.SIGTERM)
        deadline = time.monotonic() + grace
        while self._running and time.monotonic() < deadline:
            for child in list(self._running.values()):
                if child.process.poll() is not None and not warden.group_is_alive(child.process.pid):
                    self._forget(child)
            time.sleep(0.05)
        for child in list(self._running.values()):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()
            self._forget(child)
        with suppress(OSError):
            if self._warden.stdin is not None:
                self._warden.stdin.close()
        self._warden.wait()

    def _forget(self, child: Child) -> None:
        self._running.pop(child.process.pid, None)
        self._tell(f"-{child.process.pid}")

    def _tell(self, line: str) -> None:
        if self._warden.stdin is not None:
            with suppress(OSError):  # a dead warden protects nothing, but is no reason to stop
                self._warden.stdin.write(line + "\n")
                self._warden.stdin.flush()


class _Pending:
    """Whether a signal must wait, and whether one is waiting."""

    held = False
    arrived = False


@contextmanager
def _undisturbed() -> Iterator[None]:
    """No signal interrupts between starting a process and knowing it; one that came meanwhile is obeyed afterwards.

    (Blocking signals in the kernel would not do: a child inherits the mask and could no longer be asked to stop.)
    """
    _Pending.held = True
    try:
        yield
    finally:
        _Pending.held = False
    if _Pending.arrived:
        raise Stopped


def listen_for_stop() -> None:
    """From now on Ctrl-C, SIGTERM and a closed terminal raise Stopped in the main thread."""

    def handler(_number: int, _frame: FrameType | None) -> None:
        _Pending.arrived = True
        if not _Pending.held:
            raise Stopped

    for number in STOPPERS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # started with nohup: stay
            signal.signal(number, handler)
