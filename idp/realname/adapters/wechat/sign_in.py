"""Signing in with a WeChat account: it proves that account and no person, and raises no level.

On a desk the person scans a QR code (website application); inside WeChat the page of the service account asks, or, where only the
mini program is there, the page of its web view. In another browser of a phone WeChat cannot be offered: the QR code would be on
the very screen that should scan it, and the page for WeChat's own browser says only that it should be opened there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from idp.core.deadline import Deadline
from idp.core.secret import Secret
from idp.realname.adapters.wechat.api import WechatApi, WechatRefused, WechatTrouble, written
from idp.realname.adapters.wechat.mini_program import MiniProgram
from idp.realname.adapters.wechat.options import Options
from idp.realname.adapters.wechat.refusals import SIGN_IN_REFUSED
from idp.realname.adapters.wechat.who import Who, who_is
from idp.realname.ports import (
    AssuranceLevel,
    Begun,
    Capability,
    CheckMethod,
    ExternalIdentity,
    Refutation,
    Refuted,
    Scene,
    SubjectKind,
    Surface,
    Unavailable,
)

_WEBSITE, _OFFICIAL, _MINI = "website", "official", "mini"
_CODE = re.compile(r"[\x21-\x7e]{1,512}")
_STATE = re.compile(r"[0-9A-Za-z]{1,128}")
CAPABILITY: Final = Capability(
    subject_kind=SubjectKind.NATURAL_PERSON,
    attests=frozenset(),
    assurance_level=AssuranceLevel.REGISTERED,
    evidence="electronic_record",
    check_method=CheckMethod.SIGNED_IN,
)


@dataclass(frozen=True, slots=True)
class WechatSignIn:
    """Three kinds of application, of which the place where the person is picks one. No token of theirs is kept."""

    options: Options
    api: WechatApi
    source: str = "wechat"

    capability = CAPABILITY

    def suits(self, surface: Surface) -> bool:
        return self._kind_for(surface) is not None

    def begin(self, state: str, scene: Scene) -> Begun | Unavailable:
        """The address in the order and with the fragment that WeChat wants."""
        kind = self._kind_for(scene.surface)
        if kind is None:
            return Unavailable("not_on_this_surface")
        if not _STATE.fullmatch(state):
            return Unavailable("state")
        match kind:
            case "website":
                page = self._page("qrconnect", self.options.website_appid, "snsapi_login", state, scene)
            case "official":
                page = self._page("oauth2/authorize", self.options.official_appid, "snsapi_userinfo", state, scene)
            case _:
                asked = written({"redirect_uri": scene.return_url, "state": state})
                page = f"{self.options.mini_page}{'&' if '?' in self.options.mini_page else '?'}{asked}"
        return Begun(page, kind)

    def finish(
        self, answer: Mapping[str, str], keep: str, scene: Scene, deadline: Deadline
    ) -> ExternalIdentity | Refuted | Unavailable:
        """Exchange the code of the application that the browser was sent to, once. Who declined comes back without one."""
        code = answer.get("js_code" if keep == _MINI else "code", "")
        if not _CODE.fullmatch(code):
            return Refuted(Refutation.ABANDONED)
        try:
            found = self._exchanged(keep, code, deadline)
        except WechatRefused as refused:
            if (why := SIGN_IN_REFUSED.get(refused.verdict)) is not None:
                return Refuted(why)
            return Unavailable(refused.reason)
        except WechatTrouble as trouble:
            return Unavailable(trouble.reason)
        if found is None:
            return Refuted(Refutation.ABANDONED)
        appid, who = found
        if who.is_snapshot:
            return Refuted(Refutation.NOT_ALLOWED)
        here = f"{appid}:{who.openid}"
        if who.unionid is None:
            return ExternalIdentity(self.source, here)
        return ExternalIdentity(self.source, f"unionid:{who.unionid}", (here,))

    def _kind_for(self, surface: Surface) -> str | None:
        options = self.options
        match surface:
            case Surface.DESK if options.website_appid:
                return _WEBSITE
            case Surface.IN_WECHAT if options.official_appid:
                return _OFFICIAL
            case Surface.IN_WECHAT if options.mini_page:
                return _MINI
        return None

    def _page(self, name: str, appid: str, scope: str, state: str, scene: Scene) -> str:
        asked = {
            "appid": appid,
            "redirect_uri": scene.return_url,
            "response_type": "code",
            "scope": scope,
            "state": state,
        }
        return f"{self.options.page_url.rstrip('/')}/connect/{name}?{written(asked)}#wechat_redirect"

    def _exchanged(self, kind: str, code: str, deadline: Deadline) -> tuple[str, Who] | None:
        """Of which application the person is known by which names; None for what cannot be a code of it."""
        options = self.options
        if kind == _MINI:
            who = MiniProgram(options.mini_appid, options.mini_secret, self.api).who_signed_in(code, deadline)
            return (options.mini_appid, who) if who is not None else None
        if kind == _OFFICIAL:
            return options.official_appid, self._granted(
                options.official_appid, options.official_secret, code, deadline
            )
        return options.website_appid, self._granted(options.website_appid, options.website_secret, code, deadline)

    def _granted(self, appid: str, secret: Secret, code: str, deadline: Deadline) -> Who:
        query = {"appid": appid, "secret": secret.reveal(), "code": code, "grant_type": "authorization_code"}
        told: dict[str, Any] = self.api.exchange("/sns/oauth2/access_token", query, deadline)
        return who_is(told)
