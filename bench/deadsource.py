"""`python -m bench deadsource`: what a source that hangs does to code flows and sign-ins, beside the same source answering.

The people are there both times: what is compared is the source's silence, not their own pages.
"""

import argparse
import itertools
import re
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from statistics import median, quantiles
from typing import Self
from urllib.parse import urlencode

from bench import comparing, pairs
from bench.operations import Caller
from bench.targets import Serving, Target
from bench.wire import Answer, Connection, expect

OPERATIONS = ("code_flow", "sign_in")
LIMIT = 1.2
_HOPEFUL = 4
_LIMITS = ("PER_ACCOUNT_DAY", "PER_NUMBER_DAY", "PER_NETWORK_HOUR")
_UNKNOWN = b'{"head":{"status":"0"},"data":{"cxjg":[{"gmsfzh_ppddm":"2","xm_ppddm":"2"}]}}'
_DOWN = "暂时无法".encode()
_CSRF = re.compile(rb'name="csrf_token"[^>]*value="([^"]+)"')
_BLOCK = """[population]
endpoint = "http://127.0.0.1:{port}"
app_id = "bench"
app_key = "bench"
channel = "aksk"
envelope = "json"
"""


def run(asked: argparse.Namespace, stack: ExitStack, folder: Path) -> str:
    """Rounds of each operation, with the source answering and with it silent, in turns on one installation."""
    sources, source = folder / "sources.toml", stack.enter_context(_Source())
    sources.write_text(_BLOCK.format(port=source.port), encoding="ascii")
    asked.counts = False
    comparing.MORE |= {"IDP_SOURCES_FILE": str(sources), **{f"IDP_IDENTITY_{name}": "1000000" for name in _LIMITS}}
    pair = stack.enter_context(pairs.production())
    target = comparing.ours(pair, stack, folder, Serving(asked.processes, asked.threads), asked)
    lines = [f"{'operation':12} {'answers p99':>12} {'hangs p99':>12}   ratio  (ms, median of {asked.rounds} rounds)"]
    for operation in OPERATIONS:
        taken: dict[bool, list[float]] = {True: [], False: []}
        for turn in range(2 * asked.rounds):
            source.answers = turn % 4 in (0, 3)  # A B B A
            with _people_at_the_source(target, source) as asking:
                taken[source.answers].append(_p99(target, operation, asked))
            how = "answers" if source.answers else "hangs"
            print(f"{operation}: {how} {taken[source.answers][-1]:.1f} ms, {next(asking)} attempts", file=sys.stderr)
        alive, dead = median(taken[True]), median(taken[False])
        verdict = "holds" if dead <= LIMIT * alive else "is slowed"
        lines.append(f"{operation:12} {alive:12.1f} {dead:12.1f} {dead / alive:7.2f}  {verdict}")
    return "\n".join(lines)


class _Source(socketserver.ThreadingTCPServer):
    """A population registry that does not know the number, or takes the call and says nothing."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        self.answers, self.port, self.released = True, int(self.server_address[1]), threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self.shutdown()
        self.server_close()


class _Call(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        source = self.server
        assert isinstance(source, _Source)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not source.answers:
            source.released.wait(60)
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(_UNKNOWN)))
        self.end_headers()
        self.wfile.write(_UNKNOWN)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
        """Nothing is worth a line."""


@contextmanager
def _people_at_the_source(target: Target, source: _Source) -> Iterator[Iterator[int]]:
    """Signed-in people who try to be proven, again and again, once the breaker stands as the source is; how often they did."""
    stop, attempts, answered = threading.Event(), itertools.count(), threading.Event()

    def done(page: bytes) -> None:
        next(attempts)
        if (_DOWN not in page) == source.answers:
            answered.set()

    threads = [threading.Thread(target=_hope, args=(target, n, stop, done)) for n in range(_HOPEFUL)]
    for thread in threads:
        thread.start()
    if not answered.wait(60):
        raise RuntimeError("the source never answered as it should")
    yield attempts
    stop.set()
    for thread in threads:
        thread.join()


def _hope(target: Target, n: int, stop: threading.Event, done: Callable[[bytes], None]) -> None:
    cookie = target.filled.people[n].cookie
    page = _once(target, lambda by: by.get("/verify-identity", {"Cookie": cookie}))
    browser = page.cookies().get("idp_browser", "")
    found = _CSRF.search(page.body)
    csrf = found[1].decode() if found is not None else ""
    form = urlencode({"csrf_token": csrf, "name": "测试甲", "resident_id": "370199198503070017",
                      "document_kind": "resident_id", "action": "continue"}).encode()  # fmt: skip
    headers = {"Cookie": f"{cookie}; idp_browser={browser}"}
    while not stop.is_set():
        answer = _once(target, lambda by: by.post("/verify-identity", form, headers))
        expect(answer, 200, 400, 429)
        done(answer.body)
        stop.wait(1.0)  # a person reads before trying again


def _once(target: Target, ask: Callable[[Connection], Answer]) -> Answer:
    """A request over a connection of its own, as of somebody who has been reading."""
    connection = target.connect()
    try:
        return ask(connection)
    finally:
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
