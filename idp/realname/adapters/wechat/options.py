"""What an installation was issued by WeChat: up to three applications, which one Open Platform account binds together."""

import re
from dataclasses import dataclass, field
from typing import Final

from idp.core.errors import ConfigurationError
from idp.core.secret import Secret
from idp.realname import option_rules

_KINDS: Final = ("website", "official", "mini")
_APPID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_PAGES: Final = ("mini_page", "face_link")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Each application is an appid with its secret; at least one must be there."""

    website_appid: str = ""
    """QR code on a desk: the website application."""
    website_secret: Secret = field(default=Secret(""))
    """The secret of that application."""
    official_appid: str = ""
    """Pages opened inside WeChat: the service account."""
    official_secret: Secret = field(default=Secret(""))
    """The secret of that account."""
    mini_appid: str = ""
    """The mini program."""
    mini_secret: Secret = field(default=Secret(""))
    """The secret of the mini program."""
    mini_page: str = ""
    """Page of the mini program's web view that signs in there."""
    face_link: str = ""
    """A URL link, or one that WeChat was told to open the mini program for: its face page. Without it no scan is offered."""
    face_version: int = 2
    """2, or 1 for installations that still have the older interface (which ends on 2026-06-30)."""
    page_url: str = "https://open.weixin.qq.com"
    """Where people are sent to sign in."""
    api_url: str = "https://api.weixin.qq.com"
    """Where our server asks."""
    cost: int = 100
    """What one scan costs, in fen; cheaper ways are offered first."""
    answer_seconds: float = 10.0
    """How long one request may take, at most 10."""

    def __post_init__(self) -> None:
        for kind in _KINDS:
            appid, secret = getattr(self, f"{kind}_appid"), getattr(self, f"{kind}_secret")
            if bool(appid) != bool(secret):
                raise ConfigurationError(f"{kind}_{'secret' if appid else 'appid'}: is required with the other")
            if appid and not _APPID.fullmatch(appid):
                raise ConfigurationError(f"{kind}_appid: must be letters and digits")
        if not any(getattr(self, f"{kind}_appid") for kind in _KINDS):
            raise ConfigurationError("website_appid, official_appid or mini_appid: one of them is required")
        for name in _PAGES:
            if getattr(self, name) and not self.mini_appid:
                raise ConfigurationError(f"mini_appid: is required with {name}")
        if self.face_version not in (1, 2):
            raise ConfigurationError("face_version: is 2 or 1")
        option_rules.answer_seconds(self.answer_seconds)
        option_rules.cost(self.cost)
        for name in ("page_url", "api_url"):
            option_rules.base_address(name, getattr(self, name))
        for name in _PAGES:
            if page := getattr(self, name):
                option_rules.page_address(name, page)

    @property
    def has_sign_in(self) -> bool:
        return bool(self.website_appid or self.official_appid or self.mini_page)
