"""Fifteen-digit resident numbers, which cards no longer bear since 2013: read only to match records that still hold them."""

import re

from idp.core.identifiers.errors import IdentifierError
from idp.core.identifiers.resident_id import check_character
from idp.core.identifiers.text import half_width, without_spaces

_SHAPE = re.compile(r"[0-9]{15}")
_CENTENARIANS = range(996, 1000)  # born 18xx: which century is meant cannot be told


def upgraded(text: str) -> str:
    """The eighteen characters that the number became; nobody registers or proves themselves with it."""
    number = without_spaces(half_width(text))
    if not _SHAPE.fullmatch(number):
        raise IdentifierError("legacy_id_shape")
    if int(number[12:]) in _CENTENARIANS:
        raise IdentifierError("legacy_id_century")
    body = f"{number[:6]}19{number[6:]}"
    return body + check_character(body)
