"""Small papers for tests: whole pictures and a plain PDF, made here byte by byte."""

import struct
import zlib


def png_of(width: int, height: int) -> bytes:
    """A grey PNG that says to have these sides; whole if they are small."""
    rows = b"".join(b"\x00" + b"\x80" * width for _ in range(height)) if width * height < 4096 else b""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def jpeg_of(width: int, height: int) -> bytes:
    """The segments of a JPEG that says to have these sides."""
    app = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    scan = b"\xff\xda" + struct.pack(">HB", 8, 1) + b"\x01\x00\x00\x3f\x00"
    return b"\xff\xd8" + app + frame + scan + b"\x12\x34" + b"\xff\xd9"


def pdf_of(inside: bytes = b"") -> bytes:
    return b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R" + inside + b">>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


PNG, JPEG, PDF = png_of(8, 8), jpeg_of(640, 480), pdf_of()
