"""A list as another system gave it: CSV or XLSX, read into rows of named cells; nothing is judged here but the shape."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

from idp.bulk import sheet
from idp.bulk.errors import EmptyList, ListTooLong, UnknownColumn, UnreadableList
from idp.core.identifiers.text import half_width

LONGEST_FILE = 16 * 1024 * 1024
MOST_ROWS = 100_000
_LONGEST_CELL = 512
SPOILED = sheet.SPOILED

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "phone": ("手机号", "手机号码", "联系电话"),
    "username": ("账户名", "用户名", "登录名"),
    "name": ("姓名", "真实姓名"),
    "document_kind": ("证件类型", "证件种类"),
    "document_number": ("证件号码", "身份证号", "公民身份号码"),
    "document_country": ("签发国",),
    "proven_at": ("实名时间", "核验时间"),
    "password_hash": ("密码散列", "密码摘要", "密码"),
}
_NAMES = {alias: name for name, aliases in COLUMNS.items() for alias in (name, *aliases)}

Row = dict[str, str]


def read(content: bytes) -> tuple[list[str], list[tuple[int, Row]]]:
    """The names of the columns, and the rows under them with their numbers; by content, whatever the file is called.

    Numbers count as a spreadsheet does: from 1, empty lines too, though these are left out. UnreadableList, UnknownColumn
    (naming it), EmptyList or ListTooLong.
    """
    table = ((n, cells) for n, cells in enumerate(_table(content), 1) if any(cells))
    _, header = next(table, (0, None))
    if header is None:
        raise EmptyList
    columns = [_column(cell) for cell in _trimmed(header)]
    if len(set(columns)) < len(columns) or "phone" not in columns:
        raise UnknownColumn("phone" if "phone" not in columns else "")
    rows: list[tuple[int, Row]] = []
    for number, cells in table:
        if len(rows) >= MOST_ROWS:
            raise ListTooLong
        row = {name: cell[:_LONGEST_CELL] for name, cell in zip(columns, cells, strict=False) if cell}
        rows.append((number, row))
    if not rows:
        raise EmptyList
    return columns, rows


def _table(content: bytes) -> Iterator[list[str]]:
    return _sheet(content) if content.startswith(b"PK") else _text(content)


def _column(cell: str) -> str:
    name = half_width(cell).strip().strip("*").lower()
    if name not in _NAMES:
        raise UnknownColumn(cell[:32])
    return _NAMES[name]


def _trimmed(header: Sequence[str]) -> Sequence[str]:
    """Without the empty cells that spreadsheets leave at the end."""
    last = max((place for place, cell in enumerate(header) if cell), default=-1)
    return header[: last + 1]


def _text(content: bytes) -> Iterator[list[str]]:
    if b"\x00" in content:
        raise UnreadableList
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise UnreadableList
    first = text.partition("\n")[0]
    delimiter = max(",\t;", key=first.count)
    try:
        for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            yield [cell.strip() for cell in line]
    except csv.Error as broken:
        raise UnreadableList from broken


def _sheet(content: bytes) -> Iterator[list[str]]:
    """The first sheet of a workbook."""
    try:
        yield from sheet.rows(content, most=MOST_ROWS + 1)
    except sheet.TooLong as bomb:
        raise ListTooLong from bomb
    except sheet.Broken as broken:
        raise UnreadableList from broken
