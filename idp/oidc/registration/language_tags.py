"""Members of a registration that people read, in several languages: `client_name#zh-Hans-CN` (OpenID Registration §2.1)."""

import re
from collections.abc import Mapping
from typing import Any

READ_BY_PEOPLE = ("client_name", "client_uri", "logo_uri", "policy_uri", "tos_uri")
MOST = 40
# BCP 47 in outline: a language, then subtags.
_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}", re.ASCII)
_WISHES = {
    "en": ("en",),
    "zh": ("zh-hans-cn", "zh-cn", "zh-hans", "zh"),
}


def is_tagged(member: str) -> bool:
    """Whether this is a member for people, with a language tag."""
    name, hash_mark, tag = member.partition("#")
    return bool(hash_mark) and name in READ_BY_PEOPLE and _TAG.fullmatch(tag) is not None


def best(localised: Mapping[str, Any], name: str, locale: str) -> Any | None:
    """The value of `name` in the language of the page (`zh…` or `en…`); None when none is tagged so."""
    language = "en" if locale.lower().startswith("en") else "zh"
    tagged = {
        member.partition("#")[2].lower(): value
        for member, value in localised.items()
        if member.partition("#")[0] == name
    }
    for tag in _WISHES[language]:
        if tag in tagged:
            return tagged[tag]
    return next((value for tag, value in sorted(tagged.items()) if tag.partition("-")[0] == language), None)
