"""How any typed identifier is cleaned before it is read: full-width forms and stray spaces."""

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def half_width(text: str) -> str:
    """Full-width Latin letters, digits and signs become ASCII; everything else stays as it is."""
    return text.translate(_FULL_WIDTH)


def without_spaces(text: str) -> str:
    return "".join(text.split())
