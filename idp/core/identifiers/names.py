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
_COMPOUND_FAMILY_NAME = re.compile(
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|万俟|闻人|夏侯|诸葛|尉迟|公羊|赫连|澹台|皇甫|宗政|濮阳|公冶|太叔|申屠|公孙"
    "|慕容|仲孙|钟离|长孙|宇文|司徒|鲜于|司空|令狐|呼延|公西|第五|左丘|东郭|西门|百里|东门|南门|拓跋|轩辕"
    "|淳于|单于|完颜|耶律|纳兰|司寇|巫马|公良|漆雕|乐正|壤驷|拓拔|夹谷|宰父|谷梁|段干|梁丘|闾丘|亓官|微生|羊舌|呼延"
)
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


def split_name(name: str) -> tuple[str | None, str | None]:
    """Family name and given name of a Chinese name; nothing of one in parts, in Latin letters or of one character.

    In those nobody told us which part is which, and a guess would be wrong for somebody.
    """
    if len(name) < 2 or not all(re.match(f"[{_HAN}]", letter) for letter in name):
        return None, None
    family = 2 if len(name) > 2 and _COMPOUND_FAMILY_NAME.match(name) else 1
    return name[:family], name[family:]


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
