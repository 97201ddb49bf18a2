"""`run.py test`: everything a clean checkout must pass, what is quick first."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from launcher import environment, machine, node, say, tree
from launcher.children import Children, Stopped, listen_for_stop

MOST_WORKERS = 4
CLIENT_JOURNEYS = tree.ROOT / "tests" / "clients" / "node"


def _commands(pytest_words: Sequence[str]) -> dict[str, list[str]]:
    """The checks by name, quickest first."""
    workers = str(max(2, min(MOST_WORKERS, os.cpu_count() or 2)))
    return {
        "lint": ["ruff", "check", "--quiet", "."],
        "format": ["ruff", "format", "--check", "--quiet", "."],
        "types": ["mypy"],
        "tests": ["pytest", "-n", workers, "--dist", "loadfile", *pytest_words],
    }


NAMES = tuple(_commands(()))


def run(*, only: Sequence[str] | None = None, pytest_words: Sequence[str] = ()) -> int:
    """Run the checks one after the other; a failed one does not hide the next."""
    listen_for_stop()
    children = Children()
    outcomes: dict[str, tuple[int, float]] = {}
    try:
        environment.prepare(children, environment.DEVELOPMENT)
        _provide_programs()
        for name, words in _commands(pytest_words).items():
            if only and name not in only:
                continue
            say.line(f"\n== {name}: {' '.join(words)}")
            began = time.monotonic()
            code = _run(children, name, words)
            outcomes[name] = (code, time.monotonic() - began)
    except Stopped:
        say.problem("Stopped.")
        return 130
    finally:
        children.stop()
    say.line()
    for name, (code, seconds) in outcomes.items():
        say.line(f"{'passed' if code == 0 else 'FAILED':<7} {name:<7} {seconds:6.1f} s")
    return 0 if outcomes and all(code == 0 for code, _ in outcomes.values()) else 1


def _run(children: Children, name: str, words: Sequence[str]) -> int:
    child = children.start(f"test-{name}", [tree.PYTHON, "-m", *words], tree.environment(), pipe=True)
    for row in child.output():
        print(row, end="", flush=True)
    return children.finish(child)


def _provide_programs() -> None:
    """Bring the servers and browsers of the tests onto a Debian where we are root; elsewhere they use what there is."""
    _provide_node()
    named = {"postgres": "TEST_DATABASE_URL", "redis-server": "TEST_REDIS_URL", "chromium": "TEST_CHROMIUM"}
    missing = machine.missing_programs(
        skip=[program for program, variable in named.items() if os.environ.get(variable)]
    )
    if not missing:
        return
    log = tree.LOGS / "apt.log"
    say.line(f"Looking for {', '.join(missing)} ...")
    if not machine.install_with_apt(missing, log):
        say.line(f"  {', '.join(missing)} could not be installed; tests fall back or are skipped.")


def _provide_node() -> None:
    """Node, and the npm packages of the relying parties that the client journeys drive."""
    log = tree.LOGS / "npm.log"
    if not node.provide(log) or node.packages(CLIENT_JOURNEYS, log) is None:
        say.line(f"  npm packages could not be installed; tests that need them are skipped (see {log.name}).")
