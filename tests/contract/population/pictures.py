"""Synthetic JPEGs: sound by header and size, with no face in them; a comment tells the sandbox which answer is wanted."""


def segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2) + content


def jpeg(*, says: str = "", size: int = 12_000, width: int = 320, height: int = 400) -> bytes:
    """A picture of so many bytes; `says` is the comparison code that the sandbox is to answer."""
    frame = b"\x08" + height.to_bytes(2) + width.to_bytes(2) + b"\x01\x01\x11\x00"
    comment = segment(0xFE, f"sandbox: {says}".encode()) if says else b""
    head = b"\xff\xd8" + segment(0xE0, b"JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00") + comment + segment(0xC0, frame)
    data = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")
    return head + data + b"\x55" * (size - len(head) - len(data) - 2) + b"\xff\xd9"
