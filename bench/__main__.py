"""`python -m bench`: start the service on both pairs, drive each operation in turns, print CPU and round trips of one."""

import argparse
import json
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from bench import installation, machine, pairs, report
from bench.accounting import Party
from bench.installation import Filled
from bench.operations import NAMES, Caller, drive
from bench.pairs import Pair
from bench.report import Measured
from bench.targets import Serving, Target, free_port, granian
from bench.wire import Unexpected

PORTS = (8300, 8350)
_COUNTED = 40  # operations driven through the counting proxies
_WARM = 60


def main(arguments: list[str] | None = None) -> int:
    asked = _arguments().parse_args(arguments)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        os.chmod(folder, 0o755)
        try:
            results = run(asked, stack, folder)
        except Unexpected as failure:
            print(f"{failure}\n{_last_error(folder)}", file=sys.stderr)
            return 1
    known = machine.facts()
    print(report.table(results, known))
    if asked.json is not None:
        report.save(asked.json, results, known, {k: str(v) for k, v in vars(asked).items()})
    return 0


def run(asked: argparse.Namespace, stack: ExitStack, folder: Path) -> list[Measured]:
    targets = []
    serving = Serving(asked.processes, asked.threads, tuple(asked.granian))
    if asked.pair in {"production", "both"}:
        pair = stack.enter_context(pairs.production())
        targets.append(_ours(pair, stack, folder, serving, asked))
        if asked.floor:
            targets.append(_floor(pair, stack, folder, serving, targets[0].filled))
    if asked.pair in {"embedded", "both"}:
        targets.append(_ours(pairs.embedded(folder), stack, folder, serving, asked))
    names = [name for name in NAMES if name in asked.only]
    results = [Measured(target.name, name) for name in names for target in targets if name in target.operations]
    _measure(results, {target.name: target for target in targets}, asked)
    for target in targets:
        if target.counters:
            _count([m for m in results if m.target == target.name], target)
    return results


def _ours(pair: Pair, stack: ExitStack, folder: Path, serving: Serving, asked: argparse.Namespace) -> Target:
    """The service on a pair, and a second one behind counting proxies where there is something to count."""
    master = installation.new_master_key()
    print(f"filling {pair.name}: {asked.accounts} accounts, {asked.sessions} sessions", file=sys.stderr)
    filled = installation.fill(pair.database_url, master, accounts=asked.accounts, sessions=asked.sessions)
    counters: dict[str, object] = {}
    if pair.redis_url:
        behind = pair.counted()
        port, _ = _service(behind, stack, folder, Serving(), master)
        counters = {"port": port, **behind.counters}
    port, pid = _service(pair, stack, folder, serving, master)
    return Target(pair.name, port, filled, (Party("service", (pid,)), *pair.parties), NAMES, counters)


def _service(pair: Pair, stack: ExitStack, folder: Path, serving: Serving, master: str) -> tuple[int, int]:
    port = free_port(*PORTS)
    environment = {
        "IDP_ISSUER": f"http://localhost:{port}",
        "IDP_DATABASE_URL": pair.database_url,
        "IDP_REDIS_URL": pair.redis_url,
        "IDP_MASTER_KEY": master,
        "IDP_EMBEDDED_WORKER": "false",
        "IDP_LOG_FILE": str(folder / f"log-{port}.jsonl"),
    }
    return port, stack.enter_context(granian("idp.app:create_app", port, folder, serving, environment))


def _floor(pair: Pair, stack: ExitStack, folder: Path, serving: Serving, filled: Filled) -> Target:
    port = free_port(*PORTS)
    pid = stack.enter_context(
        granian("bench.floor:create_app", port, folder, serving, {"FLOOR_REDIS_URL": pair.redis_url})
    )
    redis_party = tuple(party for party in pair.parties if party.name == "redis")
    operations = tuple(name for name in NAMES if not name.startswith("sign_in"))
    return Target("floor", port, filled, (Party("service", (pid,)), *redis_party), operations)


def _measure(results: list[Measured], targets: dict[str, Target], asked: argparse.Namespace) -> None:
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


def _last_error(folder: Path) -> str:
    """What the service logged of its last failure."""
    lines = [
        line
        for log in folder.glob("log-*.jsonl")
        for line in log.read_bytes().splitlines()
        if b'"level":"error"' in line
    ]
    return str(json.loads(lines[-1]).get("exception", lines[-1])) if lines else ""


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--pair", choices=("embedded", "production", "both"), default="both")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, metavar="OPERATION", help=", ".join(NAMES))
    parser.add_argument("--seconds", type=float, default=2.0, help="of each operation in each round")
    parser.add_argument("--at-most", type=int, default=20_000, help="operations in each of these")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=4, help="that ask at the same time")
    parser.add_argument("--workers", dest="processes", type=int, default=1, help="processes of the service")
    parser.add_argument("--threads", type=int, default=4, help="threads of each process")
    parser.add_argument("--granian", nargs="*", default=(), help="further options of the server")
    parser.add_argument("--accounts", type=int, default=500)
    parser.add_argument("--sessions", type=int, default=64)
    parser.add_argument("--no-floor", dest="floor", action="store_false", help="leave the bare Flask application out")
    parser.add_argument("--json", type=Path)
    return parser


if __name__ == "__main__":
    sys.exit(main())
