"""What an installation was issued by WeChat: up to three applications, which one Open Platform account binds together."""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from idp.core.errors import ConfigurationError
from idp.core.secret import Secret

_KINDS: Final = ("website", "official", "mini")
_APPID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_ADDRESSES: Final = ("page_url", "api_url", "mini_page", "face_link")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Each application is an appid with its secret; at least one must be there.

    `website` is a website application (QR code on a desk), `official` a service account (pages opened inside WeChat),
    `mini` a mini program. `mini_page` is the page of the mini program's web view that signs in there; `face_link` is a link
    that opens its face page (a URL link, or one that WeChat was told to open the mini program for).
    """

    website_appid: str = ""
    website_secret: Secret = field(default=Secret(""))
    official_appid: str = ""
    official_secret: Secret = field(default=Secret(""))
    mini_appid: str = ""
    mini_secret: Secret = field(default=Secret(""))
    mini_page: str = ""
    face_link: str = ""
    face_version: int = 2
    """2, or 1 for installations that still have the older interface (which ends on 2026-06-30)."""
    page_url: str = "https://open.weixin.qq.com"
    api_url: str = "https://api.weixin.qq.com"
    cost: int = 100
    answer_seconds: float = 10.0

    def __post_init__(self) -> None:
        for kind in _KINDS:
            appid, secret = getattr(self, f"{kind}_appid"), getattr(self, f"{kind}_secret")
            if bool(appid) != bool(secret):
                raise ConfigurationError(f"{kind}_{'secret' if appid else 'appid'}: is required with the other")
            if appid and not _APPID.fullmatch(appid):
                raise ConfigurationError(f"{kind}_appid: must be letters and digits")
        if not any(getattr(self, f"{kind}_appid") for kind in _KINDS):
            raise ConfigurationError("website_appid, official_appid or mini_appid: one of them is required")
        for name in ("mini_page", "face_link"):
            if getattr(self, name) and not self.mini_appid:
                raise ConfigurationError(f"mini_appid: is required with {name}")
        if self.face_version not in (1, 2):
            raise ConfigurationError("face_version: is 2 or 1")
        if not 0 < self.answer_seconds <= 60:
            raise ConfigurationError("answer_seconds: must be above 0 and at most 60")
        if self.cost < 0:
            raise ConfigurationError("cost: must not be below 0")
        for name in _ADDRESSES:
            _check_address(name, getattr(self, name))

    @property
    def has_sign_in(self) -> bool:
        return bool(self.website_appid or self.official_appid or self.mini_page)


def _check_address(name: str, url: str) -> None:
    parts = urlsplit(url)
    if url and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.fragment):
        raise ConfigurationError(f"{name}: must be http(s)://host[:port][/path]")
    if name in {"page_url", "api_url"} and (not url or parts.query):
        raise ConfigurationError(f"{name}: must be http(s)://host[:port][/path]")
