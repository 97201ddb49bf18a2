"""Opens a workbook in a process of its own: what a few kilobytes can blow up to ends that process, and not the service.

A sheet whose last cell lies far out, or a text that a million cells point to, is as large in memory as its author wants, and the
library that reads it allocates that at once. So `rows` starts this file as a program, with bounded memory and time, which writes
the rows of the first sheet to its output, one JSON array in each line.
"""

import io
import json
import resource
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineWorkbook

SPOILED = "\N{ALMOST EQUAL TO}"
"""Begins a number that a spreadsheet rounded: its last digits are lost."""
_EXACT = 2**53
_UNPACKED = 256 * 1024 * 1024
_MEMORY, _SECONDS = 1024 * 1024 * 1024, 60
_MOST_CELLS, _LONGEST_CELL = 64, 512
_LONGEST = 128 * 1024 * 1024
_READ, _BROKEN, _TOO_LONG = 0, 2, 3


class Broken(Exception):
    """It is no workbook that can be read."""


class TooLong(Exception):
    """It holds, or unpacks to, more than a list may."""


def rows(content: bytes, *, most: int) -> Iterator[list[str]]:
    """The rows of the first sheet, at most `most` and one; Broken or TooLong."""
    try:
        done = subprocess.run(  # noqa: S603 - this very file, with arguments of our own
            [sys.executable, "-P", __file__, str(most)], input=content, capture_output=True, timeout=_SECONDS * 2, check=False
        )  # fmt: skip
    except subprocess.TimeoutExpired as slow:
        raise TooLong from slow
    if done.returncode == _TOO_LONG:
        raise TooLong
    if done.returncode != _READ:
        raise Broken
    for line in done.stdout.splitlines():
        yield json.loads(line)


def _write(content: bytes, most: int, out: BinaryIO) -> int:
    """What the process does; its exit code."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(member.file_size for member in packed.infolist()) > _UNPACKED:
                return _TOO_LONG
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            sheet = book.get_sheet_by_index(0)
            if sheet.height > most:
                return _TOO_LONG
            written = 0
            for line in sheet.iter_rows():
                told = json.dumps([_cell(value)[:_LONGEST_CELL] for value in line[:_MOST_CELLS]]).encode() + b"\n"
                written += out.write(told)
                if written > _LONGEST:
                    return _TOO_LONG
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError, IndexError, RuntimeError):
        return _BROKEN
    except MemoryError:
        return _TOO_LONG
    return _READ


def _cell(value: Any) -> str:
    match value:
        case bool():
            return ""
        case float() | int():
            if abs(value) >= _EXACT:
                return f"{SPOILED}{value:.0f}"
            return str(int(value)) if value == int(value) else str(value)
        case datetime():
            return value.isoformat(" ", "seconds")
        case date():
            return value.isoformat()
        case _:
            return str(value).strip()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(_write(sys.stdin.buffer.read(), int(sys.argv[1]), sys.stdout.buffer))
