"""How an account may be named, and what a typed name or number is looked up as."""

import re
import unicodedata
from dataclasses import dataclass

from idp.accounts.errors import UsernameLooksLikeNumber, UsernameRefused, UsernameReserved
from idp.accounts.models import IdentifierKind
from idp.core.crypto import Keyring
from idp.core.identifiers import IdentifierError, MobileNumber
from idp.core.identifiers.text import half_width

# Latin letters only: look-alike letters of other scripts would let one name pose as another (UTS #39).
_SHAPE = re.compile("[A-Za-z0-9_\\-〇㐀-䶿一-鿿\U00020000-\U0003fffd]{4,32}")
_RESIDENT_ID = re.compile(r"\d{15}|\d{17}[\dx]")
_RESERVED = frozenset(
    "account accounts admin administrator anonymous api auth callback everyone guest help helpdesk idp info login"
    " logout manager me mail news nobody noreply null oauth official oidc operator postmaster public register root"
    " security self service settings sign-in signin sso staff status superuser support sys sysadmin system test"
    " undefined unknown user username webmaster www".replace("-", "").split()
)
_RESERVED_PARTS = (
    "管理员",
    "官方",
    "客服",
    "系统消息",
    "工作人员",
    "审计员",
    "身份认证",
    "政务服务",
    "公安局",
    "派出所",
)


@dataclass(frozen=True, slots=True)
class Lookup:
    """Where a typed identifier would be found: its kind and its keyed index."""

    kind: IdentifierKind
    index: str


def username(text: str) -> str:
    """The name as it is kept and shown; UsernameRefused when nobody may have it."""
    name = unicodedata.normalize("NFC", half_width(text)).strip()
    if not _SHAPE.fullmatch(name):
        raise UsernameRefused
    compact = re.sub("[-_]", "", name).casefold()
    if not compact or compact.isdecimal() or _RESIDENT_ID.fullmatch(compact):
        raise UsernameLooksLikeNumber
    if compact in _RESERVED or any(part in compact for part in _RESERVED_PARTS):
        raise UsernameReserved
    return name


def username_index(keyring: Keyring, name: str) -> str:
    """Names that differ only in case or in how a character is composed are one name."""
    return keyring.blind_index("username", unicodedata.normalize("NFC", name.casefold()))


def phone_index(keyring: Keyring, phone: MobileNumber) -> str:
    return keyring.blind_index("phone", phone.national)


def lookup(keyring: Keyring, text: str) -> Lookup | None:
    """Read what a person typed to say who they are; None when no account could be called that."""
    try:
        return Lookup(IdentifierKind.PHONE, phone_index(keyring, MobileNumber.parse(text)))
    except IdentifierError:
        pass
    name = unicodedata.normalize("NFC", half_width(text)).strip()
    if not _SHAPE.fullmatch(name):
        return None
    return Lookup(IdentifierKind.USERNAME, username_index(keyring, name))
