"""The claims on offer: which scope brings which, and which of them exist in several languages (OpenID Core §5.1, §5.4)."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

SCOPE_CLAIMS: Final[Mapping[str, tuple[str, ...]]] = {
    "profile": (
        "name", "family_name", "given_name", "middle_name", "nickname", "preferred_username",
        "profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
    ),
    "email": ("email", "email_verified"),
    "address": ("address",),
    "phone": ("phone_number", "phone_number_verified"),
    # Ours: what an authority confirmed, and how surely.
    "realname": ("name", "resident_id", "birthdate", "gender", "ial", "verified_at"),
    # Ours: the organisation that the person acts for, as its register describes it.
    "legal": ("legal",),
}  # fmt: skip
PROTOCOL_CLAIMS: Final = (
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "sid",
    "at_hash",
    "auth_level",
    "principal",
    "act",
    "mandate",
)
NAMES: Final = tuple(dict.fromkeys(name for names in SCOPE_CLAIMS.values() for name in names))
"""Every claim about a person, each once, in the order in which scopes bring them."""

LOCALISED: Final = frozenset({"name", "family_name", "given_name", "middle_name", "nickname", "address"})
"""Claims that a person may write in a second language."""
LOCALES: Final = ("zh-Hans-CN", "en")
_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}", re.ASCII)  # BCP 47, in the lengths that occur


def of_scope(scope: Iterable[str]) -> frozenset[str]:
    """The claims that these scope words stand for."""
    return _of_known(frozenset(scope).intersection(SCOPE_CLAIMS))


@lru_cache(maxsize=64)
def _of_known(words: frozenset[str]) -> frozenset[str]:
    return frozenset(name for word in words for name in SCOPE_CLAIMS[word])


def base(name: str) -> str:
    """`family_name` of `family_name#en` (OpenID Core §5.2)."""
    return name.partition("#")[0]


def is_tag(text: str) -> bool:
    """Whether this looks like a language tag."""
    return _TAG.fullmatch(text) is not None


def is_offered(name: str) -> bool:
    """Whether this is a claim of ours, with a language tag only where there can be one."""
    plain, hash_sign, tag = name.partition("#")
    return plain in NAMES and (not hash_sign or (plain in LOCALISED and is_tag(tag)))
