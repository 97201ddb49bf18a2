"""The real demo, six processes started by `run.py demo` in a copy of this tree, once for all workers of a test run."""

from __future__ import annotations

import fcntl
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launcher import machine, tree
from launcher.layout import EVERYONE, SITES
from tests.services import once

NEEDED = ("idp", "clients", "sandbox", "demo", "launcher", "run.py", "requirements.txt", "requirements-dev.txt")
START_SECONDS = 240  # a machine with nothing else to do takes 20
PATIENCE_SECONDS = 40
CHIEFS = {"测试甲", "测试庚"}  # legal representatives, whom a test asks for by name
SHARED = 4  # people of the demo whom several tests sign in


def until(what: str, fact: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
    """Wait for another process to get there; answers the fact as soon as it is one."""
    deadline = time.monotonic() + seconds
    while not (found := fact()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.15)
    return found


@dataclass(frozen=True)
class Citizen:
    """Somebody of the demo: with an account, or on the way to one (no identifier, no password)."""

    name: str
    resident_id: str
    phone: str
    identifier: str = ""
    password: str = ""


class Demo:
    """What a test may know of the running demo and do to it."""

    def __init__(self, root: Path) -> None:
        self._root, self._folder = root, root.parent
        self.facts: dict[str, Any] = json.loads((root / "var" / "demo.json").read_text(encoding="utf-8"))
        self.centre: str = self.facts["issuer"]
        self.sites: dict[str, str] = {client["name"]: client["url"] for client in self.facts["clients"]}
        self.log = Path(self.facts["log_file"])

    # -- people, each given to one test only -------------------------------------------------------------------

    def citizen(self, *, ial: int) -> Citizen:
        """A person with an account of this level, untouched by other tests."""
        known, number = self._with_level(ial)[:-SHARED], self._next(f"citizens-{ial}")
        assert number < len(known), f"all people of level {ial} are given away: sandbox/data/people.json needs more"
        return known[number]

    def anybody(self, *, ial: int = 0) -> Citizen:
        """A person with an account of this level, for tests that only sign in and out; not theirs alone."""
        known = self._with_level(ial)
        return known[-1 - self._next(f"anybody-{ial}") % SHARED]

    def named(self, name: str) -> Citizen:
        """One of CHIEFS."""
        keys = ("name", "resident_id", "phone", "identifier", "password")
        [found] = [one for one in self.facts["people"] if one["name"] == name]
        return Citizen(**{key: found[key] for key in keys})

    def _with_level(self, ial: int) -> list[Citizen]:
        keys = ("name", "resident_id", "phone", "identifier", "password")
        known = [one for one in self.facts["people"] if one["ial"] == ial and one["name"] not in CHIEFS]
        return [Citizen(**{key: one[key] for key in keys}) for one in known]

    def newcomer(self) -> Citizen:
        """A person whom the registry knows and the centre does not."""
        known = [person for person in self._registry() if person["purpose"] == "free_to_register"]
        person = known[self._next("newcomers")]
        return Citizen(person["name"], person["resident_id"], person["phone"])

    def unknown_phone(self) -> str:
        return f"199000091{self._next('phones'):02d}"

    def in_registry(self, state: str) -> Citizen:
        """Somebody whom the registry knows as `other_name` or `dead`, or does not know (`absent`)."""
        person = next(person for person in self._registry() if person["registry"] == state)
        return Citizen(person["name"], person["resident_id"], "")

    def _registry(self) -> list[dict[str, Any]]:
        people: list[dict[str, Any]] = json.loads(
            (self._root / "sandbox" / "data" / "people.json").read_text(encoding="utf-8")
        )
        return people

    def _next(self, what: str) -> int:
        with (self._folder / f"{what}.given").open("a+", encoding="ascii") as given:
            fcntl.flock(given, fcntl.LOCK_EX)
            given.seek(0)
            number = len(given.read())
            given.write("x")
        return number

    # -- the authorities ---------------------------------------------------------------------------------------

    def code_for(self, phone: str, *, after: int = 0) -> str:
        """The newest one-time code in the inbox of this phone, once there are more than `after` messages."""
        texts = until(f"a text message to {phone}", lambda: self._texts_to(phone)[after:])
        found = re.search(r"\d{6}", texts[-1])
        assert found is not None
        return found.group()

    def texts_sent_to(self, phone: str) -> int:
        return len(self._texts_to(phone))

    def _texts_to(self, phone: str) -> list[str]:
        with urllib.request.urlopen(self.facts["sms_inbox_url"], timeout=20) as answer:
            rows = [json.loads(row) for row in answer.read().decode().splitlines()]
        return [row["text"] for row in rows if phone in row["to"]]

    @contextmanager
    def fault(self, service: str, fault: str) -> Iterator[None]:
        """An authority in trouble for the length of a `with`; only for a test that has the demo to itself."""
        self._control({"service": service, "fault": fault})
        try:
            yield
        finally:
            self._control({"service": service, "fault": "none"})

    def _control(self, wish: dict[str, str]) -> None:
        request = urllib.request.Request(
            f"{self.facts['sandbox_url']}/control",
            json.dumps(wish).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert answer.status == 200

    # -- the centre's records ----------------------------------------------------------------------------------

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the centre has written, read past it."""
        with closing(sqlite3.connect(f"file:{self._root}/var/idp.db?mode=ro", uri=True, timeout=10)) as database:
            return database.execute(statement, values).fetchall()

    def audit_mark(self) -> int:
        return int(self.rows("SELECT coalesce(max(rowid), 0) FROM audit_entries")[0][0])

    def command(self, *words: str) -> str:
        """What a command of the operator says beside the running demo, called as README.md tells."""
        settings = {
            "IDP_ISSUER": self.centre,
            "IDP_DATABASE_URL": f"sqlite:///{self._root}/var/idp.db",
            "IDP_MASTER_KEY_FILE": f"{self._root}/var/secrets/master_key",
        }
        return subprocess.run(
            [str(self._root / ".venv/bin/python"), "-m", "idp", *words], cwd=self._root, capture_output=True, text=True,
            check=True, env=tree.environment(**settings),
        ).stdout  # fmt: skip

    # -- processes ---------------------------------------------------------------------------------------------

    @contextmanager
    def frozen(self, site: str) -> Iterator[None]:
        """A site whose process is stopped, as a hung machine is, and goes on afterwards."""
        group = self._process(f"clients.{site}.app:create_app")
        os.killpg(group, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(group, signal.SIGCONT)

    def kill_the_centre(self) -> None:
        """Kill -9 the process that serves; what keeps it running starts another, whose memory is empty."""
        before = self._servers()
        for process in before:
            os.kill(process, signal.SIGKILL)
        until("a new server process", lambda: self._servers() - before and self._is_ready())

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.centre}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _servers(self) -> set[int]:
        parent = self._process("-m idp serve")
        rows = [(int(pid), int(above)) for pid, above, _, words in _processes() if "resource_tracker" not in words]
        return {pid for pid, above in rows if above == parent}

    def _process(self, words: str) -> int:
        """The leading process of one program of this demo."""
        found = [
            int(pid) for pid, _, group, line in _processes() if pid == group and words in line and self._is_ours(line)
        ]
        assert len(found) == 1, words
        return found[0]

    def _is_ours(self, line: str) -> bool:
        return str(self._root) in line

    # -- several workers, one demo -----------------------------------------------------------------------------

    @contextmanager
    def to_oneself(self, *, alone: bool) -> Iterator[None]:
        """Share the demo with the other workers, or have it alone; who waits to be alone is not overtaken."""
        with (self._folder / "turnstile").open("w") as turnstile, (self._folder / "floor").open("w") as floor:
            fcntl.flock(turnstile, fcntl.LOCK_EX)
            fcntl.flock(floor, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
            fcntl.flock(turnstile, fcntl.LOCK_UN)
            yield


def _processes() -> list[tuple[str, str, str, str]]:
    """Process id, parent, group and command line of everything that runs."""
    listing = subprocess.run(
        ["ps", "-axww", "-o", "pid=,ppid=,pgid=,args="], capture_output=True, text=True, check=True
    )
    rows = [row.split(None, 3) for row in listing.stdout.splitlines()]
    return [(row[0], row[1], row[2], row[3]) for row in rows if len(row) == 4]


def demo() -> Demo:
    """The demo of this run, started by whoever asks first."""
    once.url_of("demo", _start)
    return Demo(Path(os.environ[once.FOLDER]).resolve() / "demo" / "tree")


def _start(folder: Path) -> once.Started:
    root = folder.resolve() / "tree"
    root.mkdir()
    for name in NEEDED:
        source = tree.ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name)
        else:
            shutil.copy2(source, root / name)
    if tree.VENV.exists():  # what is installed serves the copy as well
        (root / ".venv").symlink_to(tree.VENV, target_is_directory=True)
    python = (tree.PYTHON if tree.PYTHON.exists() else Path(sys.executable)).resolve()
    base = _free_base()
    with (folder / "demo.log").open("ab") as log:
        process = subprocess.Popen(
            [python, root / "run.py", "demo", "--port-base", str(base)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=root, start_new_session=True,
        )  # fmt: skip
    deadline = time.monotonic() + START_SECONDS
    while not (root / "var" / "demo.json").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.terminate()
            process.wait(20)
            raise RuntimeError("the demo did not start:\n" + (folder / "demo.log").read_text(errors="replace")[-2000:])
        time.sleep(0.1)
    return once.Started(f"http://localhost:{base}", process)


def _free_base() -> int:
    """A port base below the range that the system gives to clients."""
    offsets = [offset for offset, _, _ in EVERYONE]
    for base in random.SystemRandom().sample(range(20000, 32000, 20), 50):
        if all(machine.port_is_free(base + offset) for offset in offsets):
            return base
    raise once.Unavailable("no free ports between 20000 and 32000")


SITE_NAMES = tuple(name for _, name, _ in SITES)
