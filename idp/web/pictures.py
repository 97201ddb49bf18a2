"""Addresses as pictures to scan, inside the page that shows them: no address of a picture tells what it holds."""

from __future__ import annotations

import base64
from io import BytesIO

import qrcode
from qrcode.image.svg import SvgPathImage


def qr(address: str) -> str:
    """A `data:` address of the code (SVG), with the quiet zone that scanners need."""
    drawn = BytesIO()
    qrcode.make(address, image_factory=SvgPathImage, border=4).save(drawn)
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.getvalue()).decode()}"
