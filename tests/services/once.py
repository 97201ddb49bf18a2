"""Starts a service once for all workers of a test run, and has it stopped when the run is over, however it ends."""

import fcntl
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from launcher import warden

FOLDER = "TESTS_RUN_FOLDER"
OWNER = "TESTS_RUN_OWNER"


@dataclass(frozen=True)
class Started:
    """A server process of ours: where it answers, and how it is stopped."""

    url: str
    process: subprocess.Popen[bytes]
    stop_signal: str = "TERM"


class Unavailable(Exception):
    """This machine cannot run the service; the text says why."""


def begin_run() -> None:
    """Name the folder and the owner of this run; called by the controlling pytest process, inherited by xdist workers."""
    folder = tempfile.mkdtemp(prefix="tests-")
    os.chmod(folder, 0o711)  # PostgreSQL runs as somebody else and has to pass through
    os.environ[FOLDER] = folder
    os.environ[OWNER] = str(os.getpid())


def end_run() -> None:
    """Remove the folder when no service was started; otherwise their wardens do."""
    folder = Path(os.environ[FOLDER])
    if folder.exists() and not any(folder.iterdir()):
        folder.rmdir()


def url_of(name: str, start: Callable[[Path], Started]) -> str:
    """Where the service answers, starting it when nobody in this run has; skips the test when it cannot be had."""
    folder = Path(os.environ[FOLDER]) / name
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    record = folder / "service.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not record.exists():
            record.write_text(json.dumps(_start(name, folder, start)), encoding="utf-8")
    answer = json.loads(record.read_text(encoding="utf-8"))
    if "unavailable" in answer:
        pytest.skip(f"{name}: {answer['unavailable']}")
    return str(answer["url"])


def _start(name: str, folder: Path, start: Callable[[Path], Started]) -> dict[str, str]:
    try:
        started = start(folder)
    except Unavailable as reason:
        _guard(folder, [])
        return {"unavailable": str(reason)}
    _guard(folder, ["--group", f"{started.process.pid}:{started.stop_signal}"])
    started.process.returncode = 0  # it outlives this worker on purpose: no ResourceWarning from its destructor
    return {"url": started.url}


def _guard(folder: Path, what: list[str]) -> None:
    guard = subprocess.Popen(
        [sys.executable, "-I", warden.__file__, "--owner", os.environ[OWNER], *what]
        + ["--remove", str(folder), "--tidy", str(folder.parent)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    guard.returncode = 0
