"""The code drawn is the code meant: every module of the matrix, and no other."""

import base64
import re

import pytest
import qrcode
from qrcode.constants import ERROR_CORRECT_L

from idp.edge import pictures


@pytest.mark.parametrize(
    "address", ["https://id.example/a", "https://openapi.example/gateway.do?" + "biz=%7B%22a%22" * 60]
)
def test_the_lines_of_a_code_cover_its_dark_modules(address: str) -> None:
    svg = base64.b64decode(pictures.qr(address).partition(",")[2]).decode()
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_L, border=4)
    code.add_data(address)
    rows = code.get_matrix()

    x, y, drawn = 0, 0, [[False] * len(rows) for _ in rows]
    for right, down, length in re.findall(r"m(-?\d+) (-?\d+)h(\d+)", svg):
        x, y = x + int(right), y + int(down)
        drawn[y][x : x + int(length)] = [True] * int(length)
        x += int(length)
    assert drawn == rows
