"""Our mini program, seen from our server: who opened it, and the questions that the server asks for it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from idp.core.deadline import Deadline
from idp.core.secret import Secret
from idp.realname.adapters.wechat.api import WechatApi, WechatRefused
from idp.realname.adapters.wechat.refusals import is_about_our_token
from idp.realname.adapters.wechat.server_token import ServerToken
from idp.realname.adapters.wechat.who import Who, who_is

_JS_CODE = re.compile(r"[\x21-\x7e]{1,256}")


@dataclass(frozen=True, slots=True)
class MiniProgram:
    """Of one appid."""

    appid: str
    secret: Secret
    api: WechatApi
    token: ServerToken = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "token", ServerToken(self.appid, self.secret, self.api))

    def who_signed_in(self, js_code: str, deadline: Deadline) -> Who | None:
        """Spend what `wx.login` gave; None for what cannot be such a code. The `session_key` that comes along is dropped."""
        if not _JS_CODE.fullmatch(js_code):
            return None
        query = {
            "appid": self.appid,
            "secret": self.secret.reveal(),
            "js_code": js_code,
            "grant_type": "authorization_code",
        }
        return who_is(self.api.exchange("/sns/jscode2session", query, deadline))

    def ask(self, path: str, body: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        """A question under our token, which is renewed once when WeChat does not take it."""
        token = self.token.get(deadline)
        try:
            return self.api.ask(path, {"access_token": token.reveal()}, body, deadline)
        except WechatRefused as refused:
            if not is_about_our_token(refused.errcode):
                raise
        token = self.token.get(deadline, refused=token)
        return self.api.ask(path, {"access_token": token.reveal()}, body, deadline)
