"""Who has WeChat here: the people of the demonstration, each with an `openid` for every application and one `unionid`."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from sandbox import registry
from sandbox.runtime import runtime
from sandbox.wechat.part import NAME

KINDS = ("website", "official", "mini")
_MOST = 12


@dataclass(frozen=True, slots=True)
class Application:
    """One appid of the contract."""

    kind: str
    appid: str
    secret: str


def users() -> list[dict[str, Any]]:
    """The first people of the registry that have a telephone."""
    return [person for person in registry.people() if person["phone"] and person["registry"] == "alive"][:_MOST]


def user(key: str) -> dict[str, Any] | None:
    return next((person for person in users() if person["key"] == key), None)


def application(appid: str, *kinds: str) -> Application | None:
    """The application of this appid, when it is of one of these kinds."""
    agreed = runtime().of(NAME)
    for kind in kinds or KINDS:
        if appid and agreed.get(f"{kind}_appid") == appid:
            return Application(kind, appid, agreed[f"{kind}_secret"])
    return None


def openid(key: str, appid: str) -> str:
    """A different one for each application."""
    return "o" + _name(f"openid:{appid}:{key}")[:27]


def unionid(key: str) -> str:
    return "oU" + _name(f"unionid:{key}")[:26]


def _name(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
