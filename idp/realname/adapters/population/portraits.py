"""Live photos, checked before they are sent: a JPEG of a size and measure that the registry can compare."""

from collections.abc import Iterator

LEAST_BYTES, MOST_BYTES = 10 * 1024, 40 * 1024
_LEAST_SIDE, _MOST_SIDE = 100, 4096
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended and progressive frames tell the measures
_DATA = 0xDA


def is_comparable(jpeg: bytes) -> bool:
    """Whether it is a whole JPEG within the registry's bounds; nothing of the face itself is looked at."""
    if not LEAST_BYTES <= len(jpeg) <= MOST_BYTES:
        return False
    if not jpeg.startswith(b"\xff\xd8\xff") or not jpeg.endswith(b"\xff\xd9"):
        return False
    for marker, content in _segments(jpeg):
        if marker in _FRAMES and len(content) >= 5:
            height, width = int.from_bytes(content[1:3]), int.from_bytes(content[3:5])
            return all(_LEAST_SIDE <= side <= _MOST_SIDE for side in (height, width))
    return False


def _segments(jpeg: bytes) -> Iterator[tuple[int, bytes]]:
    """Markers with their contents up to the picture's data (ITU-T T.81 annex B)."""
    at = 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF and jpeg[at + 1] != _DATA:
        if jpeg[at + 1] == 0xFF:  # fill bytes may stand in front of a marker
            at += 1
            continue
        length = int.from_bytes(jpeg[at + 2 : at + 4])
        yield jpeg[at + 1], jpeg[at + 4 : at + 2 + length]
        at += 2 + max(length, 2)
