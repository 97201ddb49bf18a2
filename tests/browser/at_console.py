"""Officers with a browser at the console, and an installation of its own for journeys that change more than the demo may bear."""

from __future__ import annotations

import fcntl
import hashlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

import pyotp

from idp.core import ids
from launcher import tree
from tests.browser.running_demo import Demo, until
from tests.browser.visitor import Visitor
from tests.services import once

PASSWORD = "Quiet-Harbour-7731"
_STEP = 30
_MARGIN = 4  # seconds in which a code still has to arrive


def code(secret: str) -> str:
    """A one-time code of this authenticator that nobody of this run has used yet; waits for the next where it must."""
    place = Path(os.environ[once.FOLDER]) / f"codes-{hashlib.sha256(secret.encode()).hexdigest()[:16]}"
    with place.open("a+", encoding="ascii") as kept:
        fcntl.flock(kept, fcntl.LOCK_EX)
        kept.seek(0)
        step = max(int(time.time() + _MARGIN) // _STEP - 1, int(kept.read() or 0) + 1)
        while step > int(time.time()) // _STEP + 1:
            time.sleep(0.3)
        kept.truncate(0)
        kept.write(str(step))
    return pyotp.TOTP(secret).generate_otp(step)


def sign_in(officer: Visitor, login: str, password: str, secret: str) -> None:
    """To the console's first page."""
    officer.open("/admin/sign-in")
    officer.fill(identifier=login, password=password, otp=code(secret))
    officer.press("continue")
    assert officer.is_at("/admin/"), officer.text


def sign_in_at_demo(officer: Visitor, demo: Demo, login: str) -> None:
    """As one of the demo's staff."""
    [who] = [each for each in demo.facts["operators"] if each["identifier"] == login]
    sign_in(officer, login, who["password"], who["totp_secret"])


class Installation:
    """A database, and `python -m idp serve`, which does its own work; nothing in it yet."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.database = folder, folder / "idp.sqlite3"
        with socket.socket() as asked:
            asked.bind(("127.0.0.1", 0))
            port = asked.getsockname()[1]
        self.centre = f"http://localhost:{port}"
        self._settings = {
            "IDP_ISSUER": self.centre, "IDP_LISTEN": f"127.0.0.1:{port}", "IDP_LOG_FILE": str(folder / "idp.jsonl"),
            "IDP_DATABASE_URL": f"sqlite:///{self.database}", "IDP_MASTER_KEY": ids.base64url(os.urandom(32)),
            "IDP_OUTBOUND_ALLOW": "127.0.0.0/8", "IDP_SANDBOX": "true",
            "IDP_SMS_URL": "http://127.0.0.1:9", "IDP_SMS_APP_ID": "nobody", "IDP_SMS_APP_KEY": ids.base64url(os.urandom(32)),
        }  # fmt: skip
        self._running: list[subprocess.Popen[bytes]] = []

    def command(self, *words: str) -> str:
        """What `python -m idp …` prints."""
        return subprocess.run(
            [sys.executable, "-m", "idp", *words], cwd=tree.ROOT, env=tree.environment(**self._settings),
            capture_output=True, text=True, check=True, timeout=60,
        ).stdout  # fmt: skip

    def init(self) -> dict[str, str]:
        """Make it; the one-time link of each role that the command prints."""
        lines = [line.split("\t") for line in self.command("init").splitlines()]
        told = [line for line in lines if line[0] in ("role", "link")]
        return {role[1]: link[1] for role, link in zip(told[::2], told[1::2], strict=True)}

    def serve(self) -> subprocess.Popen[bytes]:
        with (self.folder / "out.log").open("ab") as log:
            started = subprocess.Popen(
                [sys.executable, "-m", "idp", "serve"], cwd=tree.ROOT, env=tree.environment(**self._settings),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._running.append(started)
        until("a server", lambda: started.poll() is not None or self._is_ready())
        assert started.poll() is None, (self.folder / "out.log").read_text()
        return started

    def kill(self) -> None:
        """As a machine that loses its power."""
        for process in self._running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(20)

    def close(self) -> None:
        for process in self._running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self._running:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What is written in the database, read past the service."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)) as database:
            return database.execute(statement, values).fetchall()

    def alter(self, statement: str, *values: Any) -> int:
        """By hand, past the service; how many rows it met."""
        with closing(sqlite3.connect(self.database, timeout=20)) as database, database:
            return database.execute(statement, values).rowcount

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.centre}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def enrol(officer: Visitor, link: str, login: str) -> str:
    """Choose a password and take over the authenticator's secret from the page; the secret."""
    officer.open(link)
    secret = officer.page.inner_text(".scan code").strip()
    officer.fill(login=login, password=PASSWORD, password_again=PASSWORD, otp=code(secret))
    officer.press("continue")
    assert officer.is_at("/admin/sign-in"), officer.text
    return secret


def with_authenticator(officer: Visitor) -> None:
    """Give this browser a device that keeps passkeys and knows its owner."""
    devices = officer.context.new_cdp_session(officer.page)
    devices.send("WebAuthn.enable")
    devices.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                     "isUserVerified": True, "automaticPresenceSimulation": True}},
    )  # fmt: skip
