"""Who WeChat says somebody is: an `openid` for each application, and a `unionid` that all of ours share."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from idp.realname.adapters.wechat.api import WechatTrouble

_ID = re.compile(r"[\x21-\x7e]{1,64}")


@dataclass(frozen=True, slots=True)
class Who:
    """Both are opaque, and neither is ever shown."""

    openid: str = field(repr=False)
    unionid: str | None = field(repr=False)
    is_snapshot: bool = False
    """A visitor of a page's snapshot: an account that does not exist."""


def who_is(told: Mapping[str, Any]) -> Who:
    """What a token call tells; WechatTrouble when it names nobody."""
    openid, unionid = told.get("openid"), told.get("unionid")
    if not isinstance(openid, str) or not _ID.fullmatch(openid):
        raise WechatTrouble("no_identity")
    if unionid in (None, ""):
        unionid = None
    elif not isinstance(unionid, str) or not _ID.fullmatch(unionid):
        raise WechatTrouble("broken_answer")
    return Who(openid, unionid, told.get("is_snapshotuser") not in (None, 0))
