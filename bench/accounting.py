"""CPU time of whole process trees, from the kernel's own accounting; children that have ended count through their parent."""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Party:
    """One side whose work is counted: a name and the roots of its process trees."""

    name: str
    roots: tuple[int, ...]

    def cpu_seconds(self) -> float:
        """User and system time of every root and all below it since they began."""
        children = _children()
        total, waiting = 0, list(self.roots)
        while waiting:
            pid = waiting.pop()
            total += _ticks(pid)
            waiting += children.get(pid, [])
        return total / _TICKS


def on_cpu_ms(pids: Iterable[int]) -> float:
    """How long the first threads of these processes have run, to the microsecond; 0 for what runs on another machine."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            total += int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0])
    return total / 1_000_000


def parent_of(pid: int) -> int:
    """The process that started `pid`."""
    return int(_fields(pid)[1])


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found.setdefault(parent_of(int(entry.name)), []).append(int(entry.name))
            except OSError:
                continue
    return found


def _ticks(pid: int) -> int:
    try:
        fields = _fields(pid)
    except OSError:
        return 0
    return sum(int(fields[i]) for i in (11, 12, 13, 14))  # utime, stime, cutime, cstime


def _fields(pid: int) -> list[str]:
    """What follows the command's name, which may hold spaces and brackets (proc(5))."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
