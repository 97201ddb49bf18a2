"""What a person may write about themselves: each kind of text checked and brought into one form, or refused in words.

An email address is taken as written: nothing sends letters to confirm it yet, so it leaves with `email_verified` false.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from idp.core.errors import DomainError
from idp.core.identifiers import IdentifierError, normalise_name
from idp.core.identifiers.text import half_width

_EMAIL = re.compile(
    r"(?=.{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?=.{4,253}\Z)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?:[A-Za-z]{2,63}|xn--[A-Za-z0-9-]{1,59})",
    re.ASCII,
)  # RFC 5321 §4.1.2, without quoted local parts and address literals
_LATIN_NAME = re.compile(r"[A-Za-z\u00c0-\u024f](?:[A-Za-z\u00c0-\u024f' .-]*[A-Za-z\u00c0-\u024f.])?")
_POSTAL_CODE = re.compile(r"[A-Z0-9](?:[A-Z0-9 -]{1,8}[A-Z0-9])", re.ASCII)
_LONGEST_URL: Final = 500
# Letters that are not seen, or that turn the direction of others (UAX #9), have no place in what others will read.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

ADDRESS_PARTS: Final[Mapping[str, int]] = {
    "country": 40, "region": 60, "locality": 60, "street_address": 120, "postal_code": 10,
}  # fmt: skip
"""The parts of an address that are written, with their greatest lengths; `formatted` follows from them (Core §5.1.1)."""


class DetailRefused(DomainError):
    code = "detail_refused"
    sentence = "这里有看不见的特殊字符，或者内容太长，请检查后重新输入。"


class InvalidEmail(DetailRefused):
    code = "invalid_email"
    sentence = "请输入完整的邮箱地址，例如 name@example.com。"


class InvalidWebAddress(DetailRefused):
    code = "invalid_web_address"
    sentence = "请输入以 https:// 开头的完整网址，网址里不能有空格、汉字、账号或密码。"


class InvalidNamePart(DetailRefused):
    code = "invalid_name_part"
    sentence = "这里只能填写姓名用字，请检查后重新输入。"


class InvalidLatinName(DetailRefused):
    code = "invalid_latin_name"
    sentence = "请用拉丁字母填写，例如 Xiaoming。"


class InvalidPostalCode(DetailRefused):
    code = "invalid_postal_code"
    sentence = "邮政编码只有数字和字母，例如 250001。"


def read(name: str, text: str) -> Any:
    """The member `name` as it is kept; an empty text clears it. DetailRefused when it cannot stand there."""
    cleaned = " ".join(unicodedata.normalize("NFC", text).split(" ")).strip()
    if not cleaned:
        return None
    if any(unicodedata.category(letter) in _UNSEEN for letter in cleaned):
        raise DetailRefused
    return _READERS[name](cleaned)


def read_address(parts: Mapping[str, str]) -> dict[str, str] | None:
    """An address from its parts; None when none is filled in. DetailRefused names the part as its field."""
    made: dict[str, str] = {}
    for part, longest in ADDRESS_PARTS.items():
        try:
            value = read(f"address.{part}", parts.get(part, ""))
        except DetailRefused as refused:
            raise type(refused)(field=part) from None
        if value and len(value) > longest:
            raise DetailRefused(field=part)
        made |= {part: value} if value else {}
    return made or None


def _email(text: str) -> str:
    address = half_width(text)
    if not _EMAIL.fullmatch(address):
        raise InvalidEmail
    local, _at, domain = address.rpartition("@")
    return f"{local}@{domain.lower()}"


def _web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidWebAddress from None
    is_plain = text.isascii() and all("!" <= letter <= "~" and letter not in '"<>\\^`{|}' for letter in text)
    if not is_plain or len(text) > _LONGEST_URL or parts.scheme != "https" or "." not in host or "@" in parts.netloc:
        raise InvalidWebAddress
    return text


def _nickname(text: str) -> str:
    if len(text) > 32:
        raise DetailRefused
    return text


def _name_part(text: str) -> str:
    try:
        return normalise_name(text)
    except IdentifierError:
        raise InvalidNamePart from None


def _latin_name(text: str) -> str:
    name = half_width(text)
    if len(name) > 60 or not _LATIN_NAME.fullmatch(name):
        raise InvalidLatinName
    return name


def _postal_code(text: str) -> str:
    code = half_width(text).upper()
    if not _POSTAL_CODE.fullmatch(code):
        raise InvalidPostalCode
    return code


def _as_written(text: str) -> str:
    return text


_READERS: Final[Mapping[str, Callable[[str], str]]] = {
    "family_name": _name_part,
    "given_name": _name_part,
    "middle_name": _name_part,
    "family_name#en": _latin_name,
    "given_name#en": _latin_name,
    "middle_name#en": _latin_name,
    "nickname": _nickname,
    "nickname#en": _nickname,
    "email": _email,
    "website": _web_address,
    "profile": _web_address,
    "picture": _web_address,
    "address.postal_code": _postal_code,
    **{f"address.{part}": _as_written for part in ADDRESS_PARTS if part != "postal_code"},
}
