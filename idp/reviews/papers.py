"""Papers that citizens send: known by their content, bounded in size, never opened by anything that draws or runs them.

| kind | is taken when                                                                                             |
|------|-----------------------------------------------------------------------------------------------------------|
| JPEG | its segments lead to a frame header whose picture is within the bounds, and it has an end                 |
| PNG  | its chunks lead from the header to the end without a gap, and the picture is within the bounds            |
| PDF  | it has a header and an end, is not encrypted, and names nothing that runs or is carried along (by readable names: \
what is compressed inside is not looked into, so a PDF is only ever handed out as a download) |
"""

import re
from dataclasses import dataclass, field
from typing import Final

from idp.reviews.errors import PaperMissing, PaperTooLarge, PaperUnreadable

LONGEST: Final = 2 * 1024 * 1024
JPEG, PNG, PDF = "image/jpeg", "image/png", "application/pdf"
_SIDE, _PIXELS = 16_000, 50_000_000
_PNG_HEAD: Final = b"\x89PNG\r\n\x1a\n"
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_SCAN, _END = 0xDA, b"\xff\xd9"
_TAIL: Final = 1024
_ACTIVE: Final = (
    b"/Encrypt", b"/JavaScript", b"/JS", b"/Launch", b"/EmbeddedFile", b"/EmbeddedFiles", b"/OpenAction", b"/AA", b"/XFA",
    b"/RichMedia", b"/SubmitForm", b"/ImportData", b"/GoToE", b"/GoToR",
)  # fmt: skip
_NAMES: Final = re.compile(b"(?:" + b"|".join(map(re.escape, _ACTIVE)) + rb")(?![A-Za-z0-9])")
_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Paper:
    """What was sent, by the type that its content shows."""

    media_type: str
    content: bytes = field(repr=False)

    @property
    def is_picture(self) -> bool:
        return self.media_type != PDF


def read(content: bytes) -> Paper:
    """The paper in these bytes; PaperMissing, PaperTooLarge or PaperUnreadable. Names and declared types count for nothing."""
    if not content:
        raise PaperMissing
    if len(content) > LONGEST:
        raise PaperTooLarge
    if content.startswith(b"\xff\xd8\xff") and _is_jpeg(content):
        return Paper(JPEG, content)
    if content.startswith(_PNG_HEAD) and _is_png(content):
        return Paper(PNG, content)
    if content.startswith(b"%PDF-") and _is_pdf(content):
        return Paper(PDF, content)
    raise PaperUnreadable


def _is_jpeg(content: bytes) -> bool:
    """ITU-T T.81 annex B: walk the segments up to the scan."""
    at, has_frame = 2, False
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _WITHOUT_LENGTH:
            at += 2
            continue
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        if length < 2 or at + 2 + length > len(content):
            return False
        if marker in _FRAMES:
            height = int.from_bytes(content[at + 5 : at + 7], "big")
            width = int.from_bytes(content[at + 7 : at + 9], "big")
            has_frame = length >= 11 and _is_bounded(width, height)
            if not has_frame:
                return False
        if marker == _SCAN:
            return has_frame and content.find(_END, at + 2 + length) != -1
        at += 2 + length
    return False


def _is_png(content: bytes) -> bool:
    """W3C PNG §5: chunks without a gap, the header first, the end last."""
    at, is_first = len(_PNG_HEAD), True
    while at + 12 <= len(content):
        length, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        data = at + 8
        if data + length + 4 > len(content):
            return False
        if is_first:
            sides = (
                int.from_bytes(content[data : data + 4], "big"),
                int.from_bytes(content[data + 4 : data + 8], "big"),
            )
            if kind != b"IHDR" or length != 13 or not _is_bounded(*sides):
                return False
        elif kind == b"IEND":
            return length == 0 and data + 4 == len(content)
        is_first, at = False, data + length + 4
    return False


def _is_pdf(content: bytes) -> bool:
    if b"%%EOF" not in content[-_TAIL:]:
        return False
    plain = _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), content)  # ISO 32000-1 §7.3.5: #4a in a name is J
    return _NAMES.search(plain) is None


def _is_bounded(width: int, height: int) -> bool:
    return 0 < width <= _SIDE and 0 < height <= _SIDE and width * height <= _PIXELS
