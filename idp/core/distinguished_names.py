"""Distinguished names as text (RFC 4514), and whether two of them mean the same (RFC 4517 §4.2.15)."""

import re
import unicodedata
from collections.abc import Iterable

Relative = frozenset[tuple[str, str]]
"""One level of a name: pairs of attribute type (OID) and folded value."""
Name = tuple[Relative, ...]
"""A name from the most specific level to the root, as RFC 4514 §2.1 writes it."""

# RFC 4514 §3, then what command-line tools write besides.
_TYPES = {
    "CN": "2.5.4.3", "L": "2.5.4.7", "ST": "2.5.4.8", "O": "2.5.4.10", "OU": "2.5.4.11", "C": "2.5.4.6",
    "STREET": "2.5.4.9", "DC": "0.9.2342.19200300.100.1.25", "UID": "0.9.2342.19200300.100.1.1",
    "SERIALNUMBER": "2.5.4.5", "SN": "2.5.4.4", "GN": "2.5.4.42", "GIVENNAME": "2.5.4.42", "TITLE": "2.5.4.12",
    "POSTALCODE": "2.5.4.17", "BUSINESSCATEGORY": "2.5.4.15", "ORGANIZATIONIDENTIFIER": "2.5.4.97",
    "EMAILADDRESS": "1.2.840.113549.1.9.1", "E": "1.2.840.113549.1.9.1",
}  # fmt: skip
_OID = re.compile(r"(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))+", re.ASCII)
_PIECE = re.compile(r"\\([0-9A-Fa-f]{2})|\\([ \"#+,;<=>\\])|([^\\\"+,;<>\x00])")
_LONGEST = 1024


class MalformedName(ValueError):
    """A text that is no distinguished name; the message is plain ASCII."""


def parse(text: str) -> Name:
    """The name that `text` stands for; MalformedName otherwise. The form `type=#hex` is not taken."""
    if not text or len(text) > _LONGEST:
        raise MalformedName("a distinguished name has 1 to 1024 characters")
    return tuple(frozenset(_pair(each) for each in _split(level, "+")) for level in _split(text, ","))


def of_attributes(levels: Iterable[Iterable[tuple[str, str]]]) -> Name:
    """The name made of these levels, which come root first as a certificate holds them; types are OIDs."""
    made = [frozenset((oid, _folded(value)) for oid, value in level) for level in levels]
    return tuple(reversed(made))


def _split(text: str, separator: str) -> list[str]:
    parts, part, is_escaped = [], "", False
    for character in text:
        if character == separator and not is_escaped:
            parts.append(part)
            part = ""
            continue
        is_escaped = character == "\\" and not is_escaped
        part += character
    return [*parts, part]


def _pair(text: str) -> tuple[str, str]:
    kind, equals, value = text.partition("=")
    kind = kind.strip(" ")
    oid = kind if _OID.fullmatch(kind) else _TYPES.get(kind.upper())
    if not equals or oid is None:
        raise MalformedName("an attribute type is missing or not known; write an unknown one as its OID")
    if value.lstrip(" ").startswith("#"):
        raise MalformedName("values in hexadecimal form are not taken")
    return oid, _folded(_unescaped(value.lstrip(" ")))


def _unescaped(value: str) -> str:
    """The value without escapes (RFC 4514 §3); spaces at its end count only where they are escaped."""
    raw, kept, at = bytearray(), 0, 0
    while at < len(value):
        piece = _PIECE.match(value, at)
        if piece is None:
            raise MalformedName("a value holds a character that must be escaped")
        octet, escaped, plain = piece.groups()
        raw += bytes.fromhex(octet) if octet else (escaped or plain).encode("utf-8", "surrogatepass")
        kept = kept if plain == " " else len(raw)
        at = piece.end()
    try:
        made = bytes(raw[:kept]).decode("utf-8")
    except UnicodeDecodeError as odd:
        raise MalformedName("a value is not valid UTF-8") from odd
    if not made:
        raise MalformedName("a value is empty")
    return made


def _folded(value: str) -> str:
    """As caseIgnoreMatch compares: one case, one form of each character, runs of spaces as one (RFC 4518 §2)."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold()).split())
