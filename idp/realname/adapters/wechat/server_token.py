"""The token by which our server speaks for the mini program: shared by all threads, renewed by one of them before it ends.

`stable_token` gives every process the same token until it ends, so processes need not share one among themselves.
"""

import threading
from dataclasses import dataclass, field

from idp.core import clock
from idp.core.deadline import Deadline
from idp.core.secret import Secret
from idp.realname.adapters.wechat.api import WechatApi, WechatTrouble

_PATH = "/cgi-bin/stable_token"
_RENEW_BEFORE_MS = 300_000
_LONGEST_KEPT_SECONDS = 7200
_LONGEST_TOKEN = 1024


@dataclass(frozen=True, slots=True)
class _Held:
    token: Secret
    fetched_ms: int
    renew_ms: int

    def is_fresh(self) -> bool:
        return self.fetched_ms <= clock.epoch_ms() < self.renew_ms


@dataclass(slots=True)
class ServerToken:
    """Of one appid."""

    appid: str
    secret: Secret
    api: WechatApi
    _held: _Held | None = None
    _renewal: threading.Lock = field(default_factory=threading.Lock)

    def get(self, deadline: Deadline, *, refused: Secret | None = None) -> Secret:
        """The token as it is known; another one than `refused`, if WeChat did not take that. Raises as the API does."""
        if (token := self._usable(refused)) is not None:
            return token
        if not self._renewal.acquire(timeout=deadline.remaining()):
            raise WechatTrouble("timeout")
        try:
            if (token := self._usable(refused)) is not None:  # somebody else renewed it while we waited
                return token
            self._held = self._fetch(deadline, force=refused is not None)
            return self._held.token
        finally:
            self._renewal.release()

    def _usable(self, refused: Secret | None) -> Secret | None:
        held = self._held
        return held.token if held is not None and held.is_fresh() and held.token != refused else None

    def _fetch(self, deadline: Deadline, *, force: bool) -> _Held:
        asked_ms = clock.epoch_ms()
        told = self.api.ask(
            _PATH,
            {},
            {
                "grant_type": "client_credential",
                "appid": self.appid,
                "secret": self.secret.reveal(),
                "force_refresh": force,
            },
            deadline,
        )
        token, lasts = told.get("access_token"), told.get("expires_in")
        if not isinstance(token, str) or not 0 < len(token) <= _LONGEST_TOKEN or type(lasts) is not int or lasts <= 0:
            raise WechatTrouble("broken_answer")
        kept_ms = min(lasts, _LONGEST_KEPT_SECONDS) * 1000
        return _Held(Secret(token), asked_ms, asked_ms + max(kept_ms - _RENEW_BEFORE_MS, kept_ms // 2))
