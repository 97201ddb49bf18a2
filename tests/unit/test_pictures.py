"""A code to scan is what it says, and light enough for a page, however long the address."""

import base64
import re

import qrcode
from qrcode.constants import ERROR_CORRECT_L

from idp.web import pictures

LONG = "https://openapi.alipay.com/gateway.do?" + "sign=aB3%2F" * 60


def _drawn(address: str) -> list[list[bool]]:
    """The modules as the picture's lines fill them."""
    svg = base64.b64decode(pictures.qr(address).partition(",")[2]).decode()
    size = int(re.search(r'viewBox="0 0 (\d+)', svg)[1])
    rows = [[False] * size for _ in range(size)]
    for x, y, length in re.findall(r"M(\d+) (\d+)\.5h(\d+)", svg):
        for place in range(int(x), int(x) + int(length)):
            rows[int(y)][place] = True
    return rows


def test_the_picture_is_the_code_with_its_quiet_zone():
    for address in ("https://sso.example.gov.cn/a", LONG):
        code = qrcode.QRCode(error_correction=ERROR_CORRECT_L, border=4)
        code.add_data(address)
        assert _drawn(address) == code.get_matrix()


def test_a_signed_address_makes_no_heavy_page():
    assert len(pictures.qr(LONG)) < 32_000
