"""The virtual environment of this tree: made when missing, remade when the interpreter changed, filled from a lock file."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from launcher import say, tree
from launcher.children import Children
from launcher.say import EXIT_MACHINE, Refusal

RUNTIME = tree.ROOT / "requirements.txt"
DEVELOPMENT = tree.ROOT / "requirements-dev.txt"  # holds the runtime as well
STAMP = tree.VENV / "installed.json"

_NO_NETWORK = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ConnectionRefused|Connection refused"
    r"|ProxyError|Network is unreachable|name resolution|Failed to establish|Max retries exceeded|Connection aborted"
)


def prepare(children: Children, lock: Path) -> None:
    """Leave a virtual environment in which everything the lock file names is installed."""
    tree.make_folders()
    with _alone():
        stamp = _read_stamp()
        if stamp.get("interpreter") != tree.interpreter() or not _works():
            _make(children)
            stamp = {}
        wanted = {lock.name: _digest(lock), RUNTIME.name: _digest(RUNTIME)}
        have = stamp.get("locks", {})
        if any(have.get(name) != digest for name, digest in wanted.items()):
            STAMP.unlink(missing_ok=True)
            _install(children, lock)
            kept = {lock.name: wanted[lock.name], RUNTIME.name: wanted[RUNTIME.name]}
            STAMP.write_text(json.dumps({"interpreter": tree.interpreter(), "locks": kept}), encoding="utf-8")


def _make(children: Children) -> None:
    for module in ("venv", "ensurepip"):
        if not _has_module(module):
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            raise Refusal(
                f"This Python lacks the module {module}, which makes virtual environments. On Debian or Ubuntu install it"
                f" with: apt install python3-venv (or python{version}-venv), then run this again.",
                EXIT_MACHINE,
            )
    say.line(f"Making .venv with Python {sys.version.split()[0]} ...")
    if tree.VENV.is_symlink() or tree.VENV.is_file():
        tree.VENV.unlink()
    shutil.rmtree(tree.VENV, ignore_errors=True)
    made = children.start("install", [sys.executable, "-m", "venv", str(tree.VENV)], tree.environment())
    if children.finish(made) != 0 or not _works():
        raise Refusal(
            f"Making the virtual environment failed. The end of {_shown(made.log)}:\n{made.tail()}\n"
            "On Debian or Ubuntu this usually means: apt install python3-venv.",
            EXIT_MACHINE,
        )


def _install(children: Children, lock: Path) -> None:
    total = len(re.findall(r"^[a-z0-9]", lock.read_text(encoding="utf-8"), re.MULTILINE | re.IGNORECASE))
    say.line(f"Installing {total} libraries, each checked against its hash in {lock.name} ...")
    words = [str(tree.PYTHON), "-m", "pip", "install", "--require-hashes", "--no-input", "--disable-pip-version-check"]
    words += ["--progress-bar", "off", "--no-color", "--retries", "2", "--root-user-action", "ignore", "-r", str(lock)]
    child = children.start("install", words, tree.environment(), pipe=True)
    counter = say.Counter("library", total)
    last: deque[str] = deque(maxlen=15)
    seen: list[str] = []
    with child.log.open("a", encoding="utf-8") as log:
        for row in child.output():
            log.write(row)
            last.append(row.rstrip())
            if _NO_NETWORK.search(row):
                seen.append(row)
            if collecting := re.match(r"\s*(?:Collecting|Requirement already satisfied:) ([^\s=<>;]+)", row):
                counter.step(collecting[1])
            elif row.startswith("Installing collected"):
                counter.end()
                say.line("  unpacking ...")
    counter.end()
    if children.finish(child) == 0:
        return
    if seen:
        raise Refusal(
            "The package index cannot be reached, and the libraries are not installed yet: connect this machine to the"
            f" network (or set PIP_INDEX_URL or a proxy) and run this again. Details are in {_shown(child.log)}.",
            EXIT_MACHINE,
        )
    raise Refusal(
        f"Installing the libraries failed. The end of {_shown(child.log)}:\n" + "\n".join("    " + row for row in last),
        EXIT_MACHINE,
    )


def _has_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _works() -> bool:
    """Whether the environment's interpreter starts and has pip beside it (a half-deleted or moved one has not)."""
    if not tree.PYTHON.exists():
        return False
    try:
        done = subprocess.run(
            [tree.PYTHON, "-c", "import sys, pip; print(sys.prefix)"],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=tree.environment(),
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and Path(done.stdout.strip()).resolve() == tree.VENV.resolve()


def _read_stamp() -> dict[str, Any]:
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _shown(path: Path) -> str:
    return str(path.relative_to(tree.ROOT))


@contextmanager
def _alone() -> Iterator[None]:
    """Two commands in one tree install one after the other."""
    with (tree.VAR / "install.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say.line("Waiting for another run of run.py that is installing ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
