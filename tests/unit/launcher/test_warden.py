"""The warden: whatever its owner started is gone when the owner is, also after kill -9."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from launcher import warden
from tests.architecture.source import ROOT

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def gone(group, within):
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if not warden.group_is_alive(group):
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def owner(tmp_path, monkeypatch):
    """A stand-in of run.py that starts two children, tells their groups, and waits."""
    program = textwrap.dedent("""
        import sys, time
        from launcher import tree
        from pathlib import Path
        tree.LOGS = Path(sys.argv[1])
        from launcher.children import Children
        children = Children()
        started = [children.start(name, [sys.executable, "-c", "import time; time.sleep(60)"], {}) for name in ("a", "b")]
        print(*(child.process.pid for child in started), flush=True)
        time.sleep(60)
    """)
    running = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    yield running
    running.kill()
    running.wait()
    running.stdout.close()


def test_children_do_not_survive_a_killed_owner(owner):
    groups = [int(word) for word in owner.stdout.readline().split()]
    assert all(warden.group_is_alive(group) for group in groups)

    owner.send_signal(signal.SIGKILL)

    assert all(gone(group, within=5) for group in groups)


def test_a_stubborn_group_is_killed_after_its_grace():
    process = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, start_new_session=True)
    process.stdout.readline()
    warden.stop_groups({process.pid: signal.SIGTERM}, grace=0.2)
    assert process.wait(timeout=5) == -signal.SIGKILL
    process.stdout.close()


def test_lines_add_and_remove_groups():
    groups = {}
    for line in ("+12", "+13 QUIT", "", "-12", "-99"):
        warden.obey(groups, line)
    assert groups == {13: signal.SIGQUIT}
