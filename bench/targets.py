"""The servers under load: each one a real process tree on loopback, with the parties whose CPU its work takes."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.accounting import Party
from bench.installation import Filled
from bench.wire import Connection


@dataclass(frozen=True)
class Serving:
    """How granian runs the service."""

    workers: int = 1
    threads: int = 4
    extra: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    """A server that answers the operations, ready to be driven beside others."""

    name: str
    port: int
    filled: Filled
    parties: tuple[Party, ...]
    operations: tuple[str, ...]
    counters: Mapping[str, object] = field(default_factory=dict)

    def connect(self) -> Connection:
        return Connection(self.port, f"localhost:{self.port}")


class DidNotStart(Exception):
    """A server did not come up; the text says what its log says."""


@contextmanager
def granian(
    application: str, port: int, folder: Path, serving: Serving, environment: Mapping[str, str]
) -> Iterator[int]:
    """Run a WSGI factory under granian as the service itself does; gives the process id of its root."""
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--http", "1", "--no-ws",
        "--host", "127.0.0.1", "--port", str(port), "--workers", str(serving.workers),
        "--blocking-threads", str(serving.threads), "--backlog", "2048", "--backpressure", "256",
        *serving.extra, application,
    ]  # fmt: skip
    log = folder / f"server-{port}.log"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("IDP_", "GRANIAN_"))}
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            env={**clean, **environment},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        _wait(process, port, log)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port(first: int, last: int) -> int:
    """A loopback port in the range that nobody listens on."""
    for port in range(first, last + 1):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise DidNotStart(f"no free port from {first} to {last}")


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            connection = Connection(port, f"localhost:{port}")
            connection.get("/.well-known/openid-configuration")
            connection.close()
            return
        except OSError:
            time.sleep(0.1)
    process.terminate()
    raise DidNotStart(f"port {port}: {log.read_text(errors='replace')[-2000:]}")
