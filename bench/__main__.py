"""`python -m bench`: the service beside its peer, operation by operation; `scale` and `memory`: what must not grow.

`deadsource`: whom a source that hangs slows down. `populate`: a synthetic province in a database, and `console`: how fast
the operators' console answers there.
"""

import argparse
import json
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench import comparing, console, deadsource, machine, memory, populate, report, scale
from bench.operations import NAMES
from bench.peer import NoPeer
from bench.wire import Unexpected


def main(arguments: list[str] | None = None) -> int:
    asked = _arguments().parse_args(arguments)
    if asked.what == "populate":
        print(populate.run(asked))
        return 0
    if asked.what == "console":
        told, is_fine = console.run(asked)
        print(told)
        return 0 if is_fine else 1
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        os.chmod(folder, 0o755)
        try:
            if asked.what != "compare":
                print(
                    {"scale": scale, "memory": memory, "deadsource": deadsource}[asked.what].run(asked, stack, folder)
                )
                return 0
            results = comparing.run(asked, stack, folder)
        except NoPeer as missing:
            print(missing, file=sys.stderr)
            return 1
        except Unexpected as failure:
            print(f"{failure}\n{_last_error(folder)}", file=sys.stderr)
            return 1
    known = machine.facts()
    print(report.table(results, known))
    if asked.json is not None:
        report.save(asked.json, results, known, {k: str(v) for k, v in vars(asked).items()})
    return 0


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
    parser.add_argument(
        "what",
        nargs="?",
        choices=("compare", "scale", "memory", "deadsource", "populate", "console"),
        default="compare",
    )
    parser.add_argument("--large", type=int, default=0, help="scale: accounts of the large installation (a million)")
    parser.add_argument("--flows", type=int, default=100_000, help="memory: how many")
    parser.add_argument("--pair", choices=("embedded", "production", "both"), default="production")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, metavar="OPERATION", help=", ".join(NAMES))
    parser.add_argument("--seconds", type=float, default=2.0, help="of each operation in each round")
    parser.add_argument("--at-most", type=int, default=20_000, help="operations in each of these")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=4, help="that ask at the same time")
    parser.add_argument("--workers", dest="processes", type=int, default=1, help="processes of the service")
    parser.add_argument("--threads", type=int, default=4, help="threads of each process")
    parser.add_argument("--granian", nargs="*", default=(), help="further options of the server")
    parser.add_argument("--accounts", type=int, default=500)
    parser.add_argument("--audit", type=int, default=100_000, help="populate: rows of the audit trail")
    parser.add_argument("--database", default="", help="populate, console: an empty, or a filled, database's URL")
    parser.add_argument("--sessions", type=int, default=64)
    parser.add_argument("--no-peer", dest="peer", action="store_false", help="leave oidc-provider out (needs node)")
    parser.add_argument("--floor", action="store_true", help="a bare Flask application beside them")
    parser.add_argument("--two", action="store_true", help="the service with two processes beside them")
    parser.add_argument("--no-counts", dest="counts", action="store_false", help="do not count round trips")
    parser.add_argument("--json", type=Path)
    return parser


if __name__ == "__main__":
    sys.exit(main())
