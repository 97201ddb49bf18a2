"""Addresses as pictures to scan, inside the page that shows them: no address of a picture tells what it holds."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import groupby

import qrcode
from qrcode.constants import ERROR_CORRECT_L

_QUIET = 4  # modules around it, which scanners need (ISO/IEC 18004 §5.3.8)


def qr(address: str) -> str:
    """A `data:` address of the code (SVG). Signed addresses are long: few corrections and whole runs keep it coarse and light."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_L, border=_QUIET)
    code.add_data(address)
    rows = code.get_matrix()
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {len(rows)} {len(rows)}" shape-rendering="crispEdges">'
        f'<path stroke="#000" d="M0 .5{"".join(_runs(rows))}"/></svg>'
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}"


def _runs(rows: list[list[bool]]) -> Iterator[str]:
    """The dark modules of each row, as lines one module thick; each begins from where the one before ended."""
    at_x = at_y = 0
    for y, row in enumerate(rows):
        x = 0
        for is_dark, run in groupby(row):
            length = len(list(run))
            if is_dark:
                yield f"m{x - at_x} {y - at_y}h{length}"
                at_x, at_y = x + length, y
            x += length
