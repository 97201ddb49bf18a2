"""`python -m bench deadsource`: code flows and sign-ins beside people who are proven by a source that hangs, and without them."""

import argparse
import contextlib
import itertools
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode

from bench import comparing, pairs
from bench.installation import Filled
from bench.operations import Caller
from bench.targets import Serving, Target
from bench.wire import Connection, expect

OPERATIONS = ("code_flow", "sign_in")
LIMIT = 1.2
_HOPEFUL = 4
_CSRF = re.compile(rb'name="csrf_token"[^>]*value="([^"]+)"')
_BLOCK = """[population]
endpoint = "http://127.0.0.1:{port}"
app_id = "bench"
app_key = "bench"
channel = "aksk"
envelope = "json"
"""


def run(asked: argparse.Namespace, stack: ExitStack, folder: Path) -> str:
    """Rounds of each operation, with and without, in turns on one installation."""
    sources = folder / "sources.toml"
    sources.write_text(_BLOCK.format(port=stack.enter_context(_silence())), encoding="ascii")
    asked.counts = False
    comparing.MORE["IDP_SOURCES_FILE"] = str(sources)
    pair = stack.enter_context(pairs.production())
    target = comparing.ours(pair, stack, folder, Serving(asked.processes, asked.threads), asked)
    lines = [f"{'operation':12} {'without p99':>12} {'with p99':>12}   ratio  (ms, median of {asked.rounds} rounds)"]
    for operation in OPERATIONS:
        alone, beside = [], []
        for _ in range(asked.rounds):
            alone.append(_p99(target, operation, asked))
            with _people_at_the_dead_source(target) as attempts:
                beside.append(_p99(target, operation, asked))
            print(f"{operation}: {alone[-1]:.1f} {beside[-1]:.1f} ms, {next(attempts)} attempts", file=sys.stderr)
        ratio = median(beside) / median(alone)
        verdict = "holds" if ratio <= LIMIT else "is slowed"
        lines.append(f"{operation:12} {median(alone):12.1f} {median(beside):12.1f} {ratio:7.2f}  {verdict}")
    return "\n".join(lines)


@contextmanager
def _silence() -> Iterator[int]:
    """A port that takes every call and answers none."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as dead:
        held: list[socket.socket] = []

        def take() -> None:
            with contextlib.suppress(OSError):
                while True:
                    held.append(dead.accept()[0])

        threading.Thread(target=take, daemon=True).start()
        yield dead.getsockname()[1]
        for each in held:
            each.close()


@contextmanager
def _people_at_the_dead_source(target: Target) -> Iterator[Iterator[int]]:
    """Signed-in people who try to be proven, again and again; gives how often they did."""
    stop, attempts = threading.Event(), itertools.count()
    threads = [
        threading.Thread(target=_hope, args=(target.connect(), target.filled, n, stop, lambda: next(attempts)))
        for n in range(_HOPEFUL)
    ]
    for thread in threads:
        thread.start()
    time.sleep(1)
    yield attempts
    stop.set()
    for thread in threads:
        thread.join()


def _hope(connection: Connection, filled: Filled, n: int, stop: threading.Event, done: Callable[[], int]) -> None:
    cookie = filled.people[n].cookie
    page = connection.get("/verify-identity", {"Cookie": cookie})
    browser = page.cookies().get("idp_browser", "")
    found = _CSRF.search(page.body)
    csrf = found[1].decode() if found is not None else ""
    form = urlencode({"csrf_token": csrf, "name": "测试甲", "resident_id": "370199198503070017",
                      "document_kind": "resident_id", "action": "continue"}).encode()  # fmt: skip
    while not stop.is_set():
        answer = connection.post("/verify-identity", form, {"Cookie": f"{cookie}; idp_browser={browser}"})
        expect(answer, 200, 400, 429)
        done()
        stop.wait(1.0)  # a person reads before trying again
    connection.close()


def _p99(target: Target, operation: str, asked: argparse.Namespace) -> float:
    callers = [Caller(target.connect(), target.filled, n) for n in range(asked.connections)]
    taken: list[float] = []
    until = time.perf_counter() + asked.seconds

    def work(caller: Caller) -> None:
        caller.prepare(operation)
        while (began := time.perf_counter()) < until:
            getattr(caller, operation)()
            taken.append((time.perf_counter() - began) * 1000)

    threads = [threading.Thread(target=work, args=(caller,)) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for caller in callers:
        caller.connection.close()
    return quantiles(taken, n=100)[98]
