"""Names of natural persons, exactly as the card and the population registry have them."""

import re
import unicodedata

from idp.core.identifiers.errors import IdentifierError
from idp.core.identifiers.text import half_width

SEPARATOR = "·"  # U+00B7, between the parts of a minority name
_LONGEST = 60

# Ideographs, number zero, radicals, and every ideograph of the supplementary planes and private-use areas.
_HAN = (
    "\u2e80-\u2fdf\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ue000-\uf8ff\U00020000-\U0003ffff\U000f0000-\U0010ffff"
)
_SEPARATORS = re.compile(rf"(?<=[{_HAN}])\s*[·•‧・．.]\s*(?=[{_HAN}])")
_SPACE_IN_HAN = re.compile(rf"(?<=[{_HAN}])\s+(?=[{_HAN}])")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_PUNCTUATION = frozenset(" '’-.,·")


def normalise_name(text: str) -> str:
    """NFC, half-width, one separator for minority names; Latin in capitals with single spaces.

    No character is converted or dropped: traditional stays traditional, and rare characters stay as they are.
    """
    name = " ".join(half_width(unicodedata.normalize("NFC", text)).split())
    name = _SPACE_IN_HAN.sub("", _SEPARATORS.sub(SEPARATOR, name))
    if _LATIN.search(name):
        name = name.upper()
    if not 1 <= len(name) <= _LONGEST:
        raise IdentifierError("name_length")
    if not all(_may_stand_in_a_name(character) for character in name) or not any(map(_is_letter, name)):
        raise IdentifierError("name_characters")
    return name


def has_rare_character(name: str) -> bool:
    """Whether a registry may hold a private-use code in place of one of the characters."""
    return any(ord(c) > 0xFFFF or 0xE000 <= ord(c) <= 0xF8FF or 0x3400 <= ord(c) <= 0x4DBF for c in name)


def _is_letter(character: str) -> bool:
    category = unicodedata.category(character)
    if category == "Cn":  # an ideograph newer than this Python's tables
        return 0x20000 <= ord(character) <= 0x3FFFD
    return category[0] == "L" or category == "Co" or character == "〇"


def _may_stand_in_a_name(character: str) -> bool:
    return character in _PUNCTUATION or _is_letter(character) or unicodedata.category(character)[0] == "M"
