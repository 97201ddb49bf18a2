"""`python -m bench memory`: one process signs people in many thousand times; how much memory it holds on the way."""

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path

from bench import comparing, pairs
from bench.operations import Caller, drive
from bench.targets import Serving

_STEPS = 20


def run(asked: argparse.Namespace, stack: ExitStack, folder: Path) -> str:
    """Whole code flows (authorize, token, userinfo) and the resident memory of the process after each twentieth of them."""
    pair = stack.enter_context(pairs.production())
    asked.counts = False
    target = comparing.ours(pair, stack, folder, Serving(1, asked.threads), asked)
    callers = [Caller(target.connect(), target.filled, n) for n in range(asked.connections)]
    seen = [(0, resident(target.parties[0].roots[0]))]
    for _ in range(_STEPS):
        done = drive(callers, "code_flow", seconds=3600, at_most=asked.flows // _STEPS)
        seen.append((seen[-1][0] + done, resident(target.parties[0].roots[0])))
        print(f"{seen[-1][0]:8} flows  {seen[-1][1]:7.1f} MiB", file=sys.stderr)
    for caller in callers:
        caller.connection.close()
    return table(seen)


def resident(root: int) -> float:
    """MiB of the process that serves, which is the child of granian's own."""
    pids = [root]
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").iterdir():
            pids += [int(child) for child in (task / "children").read_text().split()]
    return max(_mib(pid) for pid in pids)


def _mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    line = next((line for line in status.splitlines() if line.startswith("VmRSS:")), "VmRSS: 0 kB")
    return int(line.split()[1]) / 1024


def table(seen: list[tuple[int, float]]) -> str:
    rows = [f"{flows:8} {mib:8.1f} MiB" for flows, mib in seen]
    half, last = seen[len(seen) // 2][1], seen[-1][1]
    return "\n".join(
        ["   flows   resident", *rows, f"second half: {last - half:+.1f} MiB ({(last / half - 1) * 100:+.1f} %)"]
    )
