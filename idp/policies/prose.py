"""How the texts that people agree to are written: headings, paragraphs, lists and tables in plain text, made into safe HTML.

`## ` begins a heading, `- ` an entry of a list, `|` a row of a table: the first row names the columns, and a line `|: …`
before it the table, for those who hear it. Blank lines part paragraphs. Nothing else means anything, markup least of all.
"""

from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import Final

_HEADING: Final = "## "
_ENTRY: Final = "- "
_CAPTION: Final = "|:"


def html(text: str) -> str:
    """The text as HTML; whatever was typed, it holds no other elements than these."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(block for kind, group in groupby(lines, _kind) for block in _blocks(kind, list(group)))


def _kind(line: str) -> str:
    for mark, kind in ((_HEADING, "heading"), (_ENTRY, "list"), ("|", "table")):
        if line.startswith(mark):
            return kind
    return "paragraph" if line else ""


def _blocks(kind: str, lines: list[str]) -> Iterator[str]:
    match kind:
        case "heading":
            yield from (f"<h2>{escape(line.removeprefix(_HEADING).strip())}</h2>" for line in lines)
        case "list":
            yield "<ul>"
            yield from (f"<li>{escape(line.removeprefix(_ENTRY).strip())}</li>" for line in lines)
            yield "</ul>"
        case "table":
            yield from _table(lines)
        case "paragraph":
            yield f"<p>{'<br>'.join(escape(line) for line in lines)}</p>"


def _table(lines: list[str]) -> Iterator[str]:
    label = ""
    if lines[0].startswith(_CAPTION):
        label = escape(lines[0].removeprefix(_CAPTION).strip())
        lines = lines[1:]
    named = f' role="region" aria-label="{label}"' if label else ""
    yield f'<div class="scroll" tabindex="0"{named}>'
    yield "<table>"
    for number, line in enumerate(lines):
        cells = [escape(cell.strip()) for cell in line.strip().strip("|").split("|")]
        if number == 0:
            names = "".join(f'<th scope="col">{cell}</th>' for cell in cells)
            yield f"<thead><tr>{names}</tr></thead>"
        else:
            row = "".join(f"<td>{cell}</td>" for cell in cells)
            yield ("<tbody>\n" if number == 1 else "") + f"<tr>{row}</tr>"
    if len(lines) > 1:
        yield "</tbody>"
    yield "</table>"
    yield "</div>"
