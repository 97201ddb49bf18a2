"""The peer: npm `oidc-provider`, installed from its lock file on demand, run on the same Redis for the same site and people."""

import base64
import hashlib
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from bench.installation import REDIRECT, Filled, Person
from bench.wire import Connection, Unexpected, expect

_HERE = Path(__file__).resolve().parent
_FILES = ("package.json", "package-lock.json", "server.js", "store.js")
LASTING = "openid profile renewable"
"""The scope of tokens that can be renewed; its own `offline_access` is only granted behind prompt=consent."""


class NoPeer(Exception):
    """The peer cannot run on this machine; the text says why."""


def install() -> Path:
    """The folder with the installed peer: under BENCH_CACHE, or the user's cache; made once for each lock file."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NoPeer("node and npm are needed for the peer; --no-peer leaves it out")
    content = b"".join((_HERE / name).read_bytes() for name in _FILES)
    base = Path(os.environ.get("BENCH_CACHE", Path.home() / ".cache" / "idp-bench"))
    folder = base / f"peer-{hashlib.sha256(content).hexdigest()[:16]}"
    if not (folder / "installed").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in _FILES:
            shutil.copy(_HERE / name, folder / name)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=600)
        if done.returncode:
            raise NoPeer(f"npm ci failed: {done.stderr[-1000:]}")
        (folder / "installed").touch()
    return folder


@contextmanager
def running(folder: Path, port: int, redis_url: str, filled: Filled, log: Path) -> Iterator[int]:
    """The peer as one process, for the same client as ours; gives its process id."""
    environment = {
        **os.environ,
        "NODE_ENV": "production",
        "PEER_PORT": str(port),
        "PEER_REDIS_URL": redis_url,
        "PEER_CLIENT_ID": filled.client_id,
        "PEER_CLIENT_SECRET": filled.client_secret,
        "PEER_REDIRECT": REDIRECT,
    }
    with log.open("wb") as out:
        process = subprocess.Popen(["node", "server.js"], cwd=folder, env=environment, stdout=out, stderr=out)
    try:
        _wait(process, port, log)
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


def signed_in(port: int, filled: Filled) -> Filled:
    """The same people, each with a session at the peer, made by its own sign-in."""
    connection = Connection(port, f"localhost:{port}")
    try:
        people = tuple(Person(each.phone, _sign_in(connection, filled.client_id, each.phone)) for each in filled.people)
    finally:
        connection.close()
    return Filled(filled.client_id, filled.client_secret, people, filled.password, lasting_scope=LASTING)


def _sign_in(connection: Connection, client_id: str, person: str) -> str:
    """The Cookie header of a browser that went through the interaction once."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(secrets.token_bytes(8)).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code", "client_id": client_id, "redirect_uri": REDIRECT, "scope": LASTING, "nonce": "first",
        "code_challenge": challenge, "code_challenge_method": "S256", "login_hint": person,
    }  # fmt: skip
    path, jar = f"/authorize?{urlencode(asked)}", dict[str, str]()
    for _ in range(4):
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())} if jar else {}
        answer = expect(connection.get(path, sent), 302, 303)
        jar |= answer.cookies()
        location = answer.header(b"location")
        if location.startswith(REDIRECT):
            return "; ".join(f"{name}={value}" for name, value in jar.items() if name.startswith("_session"))
        parts = urlsplit(location)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
    raise Unexpected("the peer does not sign anybody in")


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            connection = Connection(port, f"localhost:{port}")
            expect(connection.get("/.well-known/openid-configuration"), 200)
            connection.close()
            return
        except OSError:
            time.sleep(0.1)
    raise NoPeer(f"the peer did not start: {log.read_text(errors='replace')[-1000:]}")
