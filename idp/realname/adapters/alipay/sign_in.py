"""Signing in with an Alipay account: it proves that account, and no person (OAuth of the open platform)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from idp.core.deadline import Deadline
from idp.realname.adapters.alipay.asking import Asked
from idp.realname.adapters.alipay.gateway import Gateway, GatewayRefused, GatewayUnavailable
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

CAPABILITY: Final = Capability(
    subject_kind=SubjectKind.NATURAL_PERSON,
    attests=frozenset(),
    assurance_level=AssuranceLevel.REGISTERED,
    evidence="electronic_record",
    check_method=CheckMethod.SIGNED_IN,
)
_AUTH_CODE = re.compile(r"[\x21-\x7e]{1,256}")
_TOKEN = re.compile(r"[\x21-\x7e]{1,512}")
_OPEN_ID = re.compile(r"[\x21-\x7e]{1,128}")
_USER_ID = re.compile(r"2088[0-9]{12}")
_SECONDS = re.compile(r"[0-9]{1,12}")
_LONGEST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class AlipaySignIn:
    """The authorisation page, and the exchange of what it brings back. No token is kept."""

    gateway: Gateway

    capability = CAPABILITY

    @property
    def source(self) -> str:
        return self.gateway.source

    def suits(self, surface: Surface) -> bool:
        """Anywhere but inside WeChat, which does not open Alipay's pages."""
        return surface is not Surface.IN_WECHAT

    def begin(self, state: str, scene: Scene) -> Begun | Unavailable:
        """`auth_base` tells who it is and no more; `auth_user` also asks the person for consent to be described."""
        options = self.gateway.options
        asked = {
            "app_id": options.app_id,
            "scope": "auth_user" if options.user_info else "auth_base",
            "redirect_uri": scene.return_url,
            "state": state,
        }
        return Begun(f"{options.authorize_url}?{urlencode(asked)}")

    def finish(
        self, answer: Mapping[str, str], keep: str, scene: Scene, deadline: Deadline
    ) -> ExternalIdentity | Refuted | Unavailable:
        """Exchange the code, once. Who declined comes back without one."""
        if answer.get("app_id", self.gateway.options.app_id) != self.gateway.options.app_id:
            return Refuted(Refutation.NOT_ALLOWED)  # the browser's word, which says nothing about how Alipay is
        code = answer.get("auth_code", "")
        if not _AUTH_CODE.fullmatch(code):
            return Refuted(Refutation.ABANDONED)
        try:
            granted = self.gateway.call(_exchange(code), deadline)
            keys = self._keys(granted)
            shown = self._shown(granted, keys, deadline) if self.gateway.options.user_info else ""
        except GatewayRefused as refused:
            is_spent = (refused.code, refused.sub_code) == ("40002", "isv.code-invalid")
            return Refuted(Refutation.ABANDONED) if is_spent else Unavailable(refused.reason)
        except GatewayUnavailable as trouble:
            return Unavailable(trouble.reason)
        return ExternalIdentity(self.source, keys[0], keys, shown)

    def _keys(self, granted: Mapping[str, Any]) -> tuple[str, ...]:
        """By what this person is found again: `open_id` where the application is given it, else `user_id`."""
        lasts = granted.get("expires_in")
        if not _SECONDS.fullmatch(str(lasts)) or isinstance(lasts, bool):  # a number, or its digits as text
            raise GatewayUnavailable("broken_answer")
        return _keys_of(self.gateway.options.app_id, granted)

    def _shown(self, granted: Mapping[str, Any], keys: tuple[str, ...], deadline: Deadline) -> str:
        """The nickname, when Alipay tells it; an account without one is none the worse."""
        token = granted.get("access_token")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise GatewayUnavailable("broken_answer")
        try:
            told = self.gateway.call(Asked("alipay.user.info.share", auth_token=token), deadline)
        except GatewayRefused:
            return ""
        if not set(_keys_of(self.gateway.options.app_id, told)) & set(keys):
            raise GatewayUnavailable("other_person")
        name = told.get("nick_name")
        return "".join(each for each in name if each.isprintable())[:_LONGEST_SHOWN] if isinstance(name, str) else ""


def _exchange(code: str) -> Asked:
    return Asked("alipay.system.oauth.token", plain={"grant_type": "authorization_code", "code": code})


def _keys_of(app_id: str, told: Mapping[str, Any]) -> tuple[str, ...]:
    found = []
    for member, shape in (("open_id", _OPEN_ID), ("user_id", _USER_ID)):
        value = told.get(member)
        if value is None or value == "":
            continue
        if not isinstance(value, str) or not shape.fullmatch(value):
            raise GatewayUnavailable("broken_answer")
        found.append(f"{app_id}:{member}:{value}")
    if not found:
        raise GatewayUnavailable("no_identity")
    return tuple(found)
