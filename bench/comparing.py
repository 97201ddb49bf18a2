"""One interleaved run: the service on its pairs, the peer and the floor take turns at every operation."""

import argparse
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from bench import installation, pairs, peer
from bench.accounting import Party
from bench.installation import Filled
from bench.operations import NAMES, Caller, drive
from bench.pairs import Pair
from bench.report import Measured
from bench.targets import Serving, Target, free_port, granian

PORTS = (8300, 8350)
_COUNTED = 40  # operations driven through the counting proxies
_WARM = 60
_WITHOUT_PAGES = tuple(name for name in NAMES if not name.startswith("sign_in"))


def run(asked: argparse.Namespace, stack: ExitStack, folder: Path) -> list[Measured]:
    targets = []
    serving = Serving(asked.processes, asked.threads, tuple(asked.granian))
    if asked.pair in {"production", "both"}:
        pair = stack.enter_context(pairs.production())
        targets.append(ours(pair, stack, folder, serving, asked))
        filled = targets[0].filled
        if asked.peer:
            targets.append(_peer(pair, stack, folder, filled))
        if asked.two:
            targets.append(_with_two(pair, stack, folder, serving, filled))
        if asked.floor:
            targets.append(_floor(pair, stack, folder, serving, filled))
    if asked.pair in {"embedded", "both"}:
        targets.append(ours(pairs.embedded(folder), stack, folder, serving, asked))
    names = [name for name in NAMES if name in asked.only]
    results = [Measured(target.name, name) for name in names for target in targets if name in target.operations]
    measure(results, {target.name: target for target in targets}, asked)
    for target in targets:
        if target.counters:
            _count([m for m in results if m.target == target.name], target)
    return results


MORE: dict[str, str] = {}
"""Further settings of the service, for runs that need them."""


def ours(pair: Pair, stack: ExitStack, folder: Path, serving: Serving, asked: argparse.Namespace) -> Target:
    """The service on a pair, and a second one behind counting proxies where there is something to count."""
    master = installation.new_master_key()
    print(f"filling {pair.name}: {asked.accounts} accounts, {asked.sessions} sessions", file=sys.stderr)
    filled = installation.fill(pair.database_url, master, accounts=asked.accounts, sessions=asked.sessions)
    counters: dict[str, object] = {}
    if pair.redis_url and asked.counts:
        behind = pair.counted()
        port, _ = service(behind, stack, folder, Serving(), filled.master_key)
        counters = {"port": port, **behind.counters}
    port, pid = service(pair, stack, folder, serving, filled.master_key)
    return Target(pair.name, port, filled, (Party("service", (pid,)), *pair.parties), NAMES, counters)


def service(pair: Pair, stack: ExitStack, folder: Path, serving: Serving, master: str) -> tuple[int, int]:
    """Start the service on a pair; its port and the process id of its root."""
    port = free_port(*PORTS)
    environment = {
        "IDP_ISSUER": f"http://localhost:{port}",
        "IDP_DATABASE_URL": pair.database_url,
        "IDP_REDIS_URL": pair.redis_url,
        "IDP_MASTER_KEY": master,
        "IDP_EMBEDDED_WORKER": "false",
        "IDP_LOG_FILE": str(folder / f"log-{port}.jsonl"),
        **MORE,
    }
    return port, stack.enter_context(granian("idp.cli.serving:application", port, folder, serving, environment))


def _with_two(pair: Pair, stack: ExitStack, folder: Path, serving: Serving, filled: Filled) -> Target:
    """The same installation served by two processes."""
    port, pid = service(pair, stack, folder, Serving(2, serving.threads, serving.extra), filled.master_key)
    return Target("two", port, filled, (Party("service", (pid,)), *pair.parties), _WITHOUT_PAGES)


def _peer(pair: Pair, stack: ExitStack, folder: Path, filled: Filled) -> Target:
    port = free_port(*PORTS)
    installed = peer.install()
    pid = stack.enter_context(peer.running(installed, port, pair.redis_url, filled, folder / "peer.log"))
    redis_party = tuple(party for party in pair.parties if party.name == "redis")
    parties = (Party("service", (pid,)), *redis_party)
    return Target("peer", port, peer.signed_in(port, filled), parties, _WITHOUT_PAGES)


def _floor(pair: Pair, stack: ExitStack, folder: Path, serving: Serving, filled: Filled) -> Target:
    port = free_port(*PORTS)
    pid = stack.enter_context(
        granian("bench.floor:create_app", port, folder, serving, {"FLOOR_REDIS_URL": pair.redis_url})
    )
    redis_party = tuple(party for party in pair.parties if party.name == "redis")
    return Target("floor", port, filled, (Party("service", (pid,)), *redis_party), _WITHOUT_PAGES)


def measure(results: list[Measured], targets: dict[str, Target], asked: argparse.Namespace) -> None:
    """All targets take turns in every round, so that what disturbs one disturbs the other."""
    callers = {
        name: [Caller(target.connect(), target.filled, n) for n in range(asked.connections)]
        for name, target in targets.items()
    }
    for number in range(asked.rounds):
        print(f"round {number + 1} of {asked.rounds}", file=sys.stderr)
        for measured in results:
            target, mine = targets[measured.target], callers[measured.target]
            for caller in mine:
                caller.prepare(measured.operation)
            if number == 0:
                drive(mine, measured.operation, seconds=2, at_most=_WARM)
            before = {party.name: party.cpu_seconds() for party in target.parties}
            began = time.monotonic()
            done = drive(mine, measured.operation, seconds=asked.seconds, at_most=asked.at_most)
            took = time.monotonic() - began
            spent = {party.name: party.cpu_seconds() - before[party.name] for party in target.parties}
            measured.take({name: cpu * 1000 / done for name, cpu in spent.items()}, done / took, done)
    for mine in callers.values():
        for caller in mine:
            caller.connection.close()


def _count(results: list[Measured], target: Target) -> None:
    """Drive each operation once more through the proxies, one at a time, and divide."""
    counters = {kind: counter for kind, counter in target.counters.items() if kind != "port"}
    behind = Target(target.name, int(str(target.counters["port"])), target.filled, (), NAMES)
    for measured in results:
        caller = Caller(behind.connect(), behind.filled, 0)
        caller.prepare(measured.operation)
        drive([caller], measured.operation, seconds=10, at_most=10)
        before = {kind: counter.turns for kind, counter in counters.items()}  # type: ignore[attr-defined]
        done = drive([caller], measured.operation, seconds=20, at_most=_COUNTED)
        measured.round_trips = {kind: (c.turns - before[kind]) / done for kind, c in counters.items()}  # type: ignore[attr-defined]
        caller.connection.close()
