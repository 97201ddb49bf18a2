"""The provincial gateway: every call signed with a session secret that holds for ten minutes."""

import json
import re
import threading
from dataclasses import dataclass, field
from typing import Any, Protocol

from idp.core import clock
from idp.core.deadline import Deadline
from idp.core.http import HttpAnswer, HttpClient, HttpUnavailable
from idp.core.secret import Secret
from idp.realname.adapters.exchange import cipher
from idp.realname.adapters.exchange.road import Call, ChannelUnavailable

_LONGEST_KEPT_MS = 580_000
_RENEW_BEFORE_MS = 60_000
_LARGEST_ANSWER = 65_536
_CODE = re.compile(r"[0-9A-Za-z_-]{1,16}")


class Issued(Protocol):
    """What the gateway issued to an application, as the options of a source hold it; `endpoint` is without a path."""

    @property
    def endpoint(self) -> str: ...
    @property
    def app_id(self) -> str: ...
    @property
    def app_key(self) -> Secret: ...
    @property
    def token_path(self) -> str: ...
    @property
    def secret_expired_codes(self) -> frozenset[str]: ...
    @property
    def answer_seconds(self) -> float: ...


@dataclass(frozen=True, slots=True)
class _Session:
    secret: Secret
    fetched_ms: int
    renew_ms: int

    def is_fresh(self) -> bool:
        return self.fetched_ms <= clock.epoch_ms() < self.renew_ms  # a clock set back is no reason to trust longer


@dataclass(frozen=True, slots=True)
class _Refusal:
    """What the gateway itself said instead of the service."""

    code: str
    is_secret_expired: bool


@dataclass(slots=True)
class ProvincialGateway:
    """Signs calls with a session secret that all threads share; one of them renews it at a time."""

    options: Issued
    http: HttpClient
    _held: _Session | None = None
    _renewal: threading.Lock = field(default_factory=threading.Lock)

    name = "provincial_gateway"

    def call(self, call: Call, deadline: Deadline) -> bytes:
        """The service's answer; an expired secret is renewed once and the call, which was not processed, repeated once."""
        secret = self._secret(deadline)
        answer = self._post_service(call, secret, deadline)
        refusal = self._refusal(answer, call.answer_codes)
        if refusal is not None and refusal.is_secret_expired:
            answer = self._post_service(call, self._secret(deadline, expired=secret), deadline)
            refusal = self._refusal(answer, call.answer_codes)
        if refusal is not None:
            raise ChannelUnavailable(f"gateway:{refusal.code}")
        return answer.body

    def _secret(self, deadline: Deadline, *, expired: Secret | None = None) -> Secret:
        if (held := self._usable(expired)) is not None:
            return held
        if not self._renewal.acquire(timeout=deadline.remaining()):
            raise ChannelUnavailable("timeout")
        try:
            if (held := self._usable(expired)) is not None:  # somebody else renewed it while we waited
                return held
            self._held = self._fetch(deadline)
            return self._held.secret
        finally:
            self._renewal.release()

    def _usable(self, expired: Secret | None) -> Secret | None:
        held = self._held
        return held.secret if held is not None and held.is_fresh() and held.secret is not expired else None

    def _fetch(self, deadline: Deadline) -> _Session:
        asked_ms = clock.epoch_ms()
        answer = self._post(self.options.token_path, b"", self.options.app_key, deadline, {})
        if (refusal := self._refusal(answer, frozenset({"0"}))) is not None:
            raise ChannelUnavailable(f"token:{refusal.code}")
        match _json_of(answer):
            case {"code": "0" | 0, "body": {"access_token": str(sealed), "expires_in": lifetime}}:
                kept_ms = min(_LONGEST_KEPT_MS, _milliseconds(lifetime) - _RENEW_BEFORE_MS)
            case _:
                raise ChannelUnavailable("token:broken")
        try:
            return _Session(cipher.decrypt_secret(self.options.app_key, sealed), asked_ms, asked_ms + kept_ms)
        except cipher.SecretBroken:
            raise ChannelUnavailable("token:broken") from None

    def _post_service(self, call: Call, secret: Secret, deadline: Deadline) -> HttpAnswer:
        headers = {"Content-Type": call.content_type, **call.headers}
        return self._post(call.service, call.body, secret, deadline, headers)

    def _post(self, path: str, body: bytes, key: Secret, deadline: Deadline, headers: dict[str, str]) -> HttpAnswer:
        app_id, time = self.options.app_id, str(clock.epoch_ms())
        signed = {"gateway_appid": app_id, "gateway_rtime": time, "gateway_sig": cipher.sign(key, app_id + time)}
        try:
            return self.http.request(
                "POST",
                self.options.endpoint.rstrip("/") + path,
                headers=headers | signed,
                body=body,
                deadline=deadline.within(self.options.answer_seconds),
                max_bytes=_LARGEST_ANSWER,
            )
        except HttpUnavailable as lost:
            raise ChannelUnavailable(lost.reason) from lost

    def _refusal(self, answer: HttpAnswer, answer_codes: frozenset[str]) -> _Refusal | None:
        """The gateway's own refusal, if this is one: JSON with a code, or a status that no service gives."""
        told = _json_of(answer)
        if isinstance(told, dict) and "code" in told and (code := str(told["code"])) not in answer_codes:
            return _Refusal(code if _CODE.fullmatch(code) else "broken", code in self.options.secret_expired_codes)
        is_soap_fault = answer.status == 500 and "xml" in answer.headers.get("content-type", "")
        if answer.status == 200 or is_soap_fault:  # SOAP 1.1 §6.2
            return None
        return _Refusal(f"http_{answer.status}", answer.status == 401 and told is None)


def _json_of(answer: HttpAnswer) -> Any:  # JSON may be anything
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def _milliseconds(seconds: object) -> int:
    try:
        return int(str(seconds)[:9]) * 1000
    except ValueError:
        raise ChannelUnavailable("token:broken") from None
