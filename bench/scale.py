"""`python -m bench scale`: the same operations on a small and on a large installation, in turns; cost must stay flat."""

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from bench import comparing, growth, pairs
from bench.growth import BASE, LARGE, SMALL, Size
from bench.report import Measured
from bench.targets import Serving

OPERATIONS = ("client_credentials", "code_flow", "refresh", "introspection_once", "userinfo_once")
FLAT = 1.10


def run(asked: argparse.Namespace, stack: ExitStack, folder: Path) -> str:
    """Two installations on the same servers, one filled, take turns in every round."""
    serving = Serving(1, asked.threads)
    large = Size(asked.large, LARGE.clients, LARGE.sessions) if asked.large else LARGE
    targets = {}
    for name, size in (("small", SMALL), ("large", large)):
        pair = stack.enter_context(pairs.production())
        asked.accounts, asked.sessions, asked.counts = BASE.accounts, BASE.sessions, False
        target = comparing.ours(pair, stack, folder, serving, asked)
        print(f"growing {name}: {size}", file=sys.stderr)
        growth.grow(pair.database_url, size)
        targets[name] = target
    results = [Measured(name, operation) for operation in OPERATIONS for name in targets]
    comparing.measure(results, targets, asked)
    return table(results, large)


def table(results: list[Measured], large: Size) -> str:
    header = f"{'operation':20}   small   large   ratio  median"
    lines = [
        f"small: {SMALL}",
        f"large: {large}",
        "CPU ms per operation, service and stores",
        "",
        header,
        "-" * len(header),
    ]
    by_name = {(m.target, m.operation): m for m in results}
    for operation in OPERATIONS:
        small, big = by_name["small", operation], by_name["large", operation]
        ratio = big.total / small.total
        middle = median(b / s for b, s in zip(big.rounds, small.rounds, strict=True))
        verdict = "flat" if min(ratio, middle) <= FLAT else "grows"
        lines.append(f"{operation:20} {small.total:7.3f} {big.total:7.3f} {ratio:7.2f} {middle:7.2f}  {verdict}")
    return "\n".join(lines)
