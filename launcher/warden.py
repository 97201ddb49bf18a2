"""A small process that outlives its owner just long enough to stop what the owner started.

Started as a script. It learns process groups from its standard input (`+GROUP [SIGNAL]`, `-GROUP`, one a line) or from its
arguments. When the owner is gone (end of input, or `--owner PID` has exited, however it died), every group still known is
sent its signal, then SIGKILL when it has not ended in time. It sits in a session of its own, so that a Ctrl-C or a signal
to the owner's group does not reach it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import select
import shutil
import signal
import sys
import time

GRACE_SECONDS = 10.0


def group_is_alive(group: int) -> bool:
    """Whether any process of the group still runs; a zombie nobody collects (PID 1 of many containers) does not count."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    states = _states_in_group(group)
    return not states or any(state not in "ZX" for state in states)


def _states_in_group(group: int) -> list[str]:
    """The state letter of each process of the group, from /proc where there is one (proc(5), fields 3 and 5 of stat)."""
    states = []
    with contextlib.suppress(OSError):
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                with contextlib.suppress(OSError, IndexError), open(f"/proc/{entry}/stat", "rb") as stat:
                    fields = stat.read().rpartition(b")")[2].split()
                    if int(fields[2]) == group:
                        states.append(fields[0].decode())
    return states


def stop_groups(groups: dict[int, int], *, grace: float = GRACE_SECONDS) -> None:
    """Send every group its signal, wait, and kill what is left."""
    for group, number in groups.items():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline and any(group_is_alive(group) for group in groups):
        time.sleep(0.05)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def obey(groups: dict[int, int], line: str) -> None:
    """Take one line of the owner's into account."""
    words = line.split()
    if not words:
        return
    if words[0].startswith("-"):
        groups.pop(int(words[0][1:]), None)
        return
    number = getattr(signal, "SIG" + words[1]) if len(words) > 1 else signal.SIGTERM
    groups[int(words[0].lstrip("+"))] = number


def wait_for_end_of_input(groups: dict[int, int]) -> None:
    """Follow the owner's lines until the pipe closes, which the kernel does for an owner killed with SIGKILL too."""
    for line in sys.stdin:
        obey(groups, line)


def wait_for_exit(owner: int) -> None:
    """Return when the process with this id has exited."""
    if hasattr(os, "pidfd_open"):
        with contextlib.suppress(OSError):
            handle = os.pidfd_open(owner)
            select.select([handle], [], [])
            os.close(handle)
            return
    while True:
        try:
            os.kill(owner, 0)
        except ProcessLookupError:
            return
        except PermissionError:
            pass
        time.sleep(1)


def main() -> None:
    """Read the arguments, wait for the owner to go, clean up."""
    reader = argparse.ArgumentParser(description="stop process groups when their owner is gone")
    reader.add_argument("--owner", type=int, help="process id to watch instead of standard input")
    reader.add_argument("--group", action="append", default=[], metavar="GROUP[:SIGNAL]")
    reader.add_argument("--remove", action="append", default=[], metavar="PATH", help="remove afterwards")
    reader.add_argument("--tidy", action="append", default=[], metavar="FOLDER", help="remove afterwards if empty")
    asked = reader.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: dict[int, int] = {}
    for group in asked.group:
        obey(groups, group.replace(":", " "))
    if asked.owner:
        wait_for_exit(asked.owner)
    else:
        wait_for_end_of_input(groups)
    stop_groups(groups)
    for path in asked.remove:
        shutil.rmtree(path, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.unlink(path)
    for folder in asked.tidy:
        with contextlib.suppress(OSError):
            os.rmdir(folder)


if __name__ == "__main__":
    main()
