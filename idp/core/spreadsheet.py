"""CSV for spreadsheets: cells that no program takes for a formula, in an encoding that Excel reads."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")  # in full width too
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


def cell(value: object) -> str:
    """The text of a cell; what would begin a formula gets an apostrophe before it (OWASP, CSV injection)."""
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """A whole file, line by line, with the byte order mark by which Excel knows UTF-8."""
    yield (BOM + _line(header)).encode()
    for row in rows:
        yield _line(row).encode()


def _line(values: Sequence[object]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([cell(value) for value in values])
    return written.getvalue()
