"""The road to Alipay: one gateway for every operation, requests signed by us, answers believed when they are Alipay's.

Nothing is sent twice. The platform allows two repetitions of what failed with 20000 or on the way, but not of a code exchange;
a repetition here would hide a sick source from the breaker and eat the deadline of the next way, and a poll comes again anyway.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from idp.core import clock, logging
from idp.core.deadline import Deadline
from idp.core.http import HttpClient, HttpUnavailable
from idp.realname.adapters.alipay import answers, asking, trust
from idp.realname.adapters.alipay.answers import Answer, AnswerBroken
from idp.realname.adapters.alipay.asking import Asked, Writer
from idp.realname.adapters.alipay.options import Options, aes_key_of
from idp.realname.adapters.alipay.trust import Trust, Untrusted

_SUCCEEDED: Final = "10000"
_TOKEN: Final = "alipay.system.oauth.token"
_DOWNLOAD: Final = "alipay.open.app.alipaycert.download"
_CODE = re.compile(r"[0-9A-Za-z._-]{1,40}")
_log = logging.get("alipay")


class GatewayUnavailable(Exception):
    """No answer that counts; `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class GatewayRefused(GatewayUnavailable):
    """Alipay itself said no, signed: `code` and `sub_code` as published; `reason` names both."""

    def __init__(self, code: str, sub_code: str) -> None:
        super().__init__(":".join(filter(None, ("gateway", code, sub_code))))
        self.code = code
        self.sub_code = sub_code


@dataclass(frozen=True, slots=True)
class Gateway:
    """Asks Alipay for one source."""

    source: str
    options: Options
    http: HttpClient
    _writer: Writer = field(repr=False)
    _trust: Trust = field(repr=False)
    _aes_key: bytes = field(repr=False)

    @classmethod
    def of(cls, source: str, options: Options, http: HttpClient) -> "Gateway":
        return cls(source, options, http, Writer.of(options), trust.of(options), aes_key_of(options))

    def call(self, asked: Asked, deadline: Deadline) -> dict[str, Any]:
        """The verified answer of an operation that succeeded; GatewayRefused or GatewayUnavailable otherwise."""
        answer = self._answer(asked, deadline)
        if answer.signature is None and (refusal := _code_of(answer)) not in {"", _SUCCEEDED}:
            raise GatewayUnavailable(
                ":".join(filter(None, ("unsigned", refusal, _sub_code_of(answer))))
            )  # a request that could not be read is answered so
        try:
            self._trust.verify(answer, lambda number: self._download(number, deadline))
            value = self._opened(answer)
        except Untrusted as altered:
            _log.error("answer_untrusted", source=self.source, operation=asked.method)
            raise GatewayUnavailable("untrusted") from altered
        return _successful(asked.method, answer.name, value)

    def page_url(self, asked: Asked) -> str:
        """The address of a page of Alipay's: the same signed request, all of it in the query, opened by the person."""
        signed = self._writer.write(asked, clock.now())
        return f"{self.options.gateway_url}?{signed.query}&{signed.body}"

    def _answer(self, asked: Asked, deadline: Deadline) -> Answer:
        signed = self._writer.write(asked, clock.now())
        try:
            answer = self.http.request(
                "POST",
                f"{self.options.gateway_url}?{signed.query}",
                headers={"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"},
                body=signed.body.encode(),
                deadline=deadline.within(self.options.answer_seconds),
            )
        except HttpUnavailable as lost:
            raise GatewayUnavailable(lost.reason) from lost
        if answer.status != 200:
            raise GatewayUnavailable(f"http_{answer.status}")
        try:
            return answers.read(answer.body, asked.method)
        except AnswerBroken as broken:
            raise GatewayUnavailable("broken_answer") from broken

    def _download(self, number: str, deadline: Deadline) -> Answer:
        return self._answer(Asked(_DOWNLOAD, {"alipay_cert_sn": number}, is_public=True), deadline)

    def _opened(self, answer: Answer) -> dict[str, Any]:
        if isinstance(answer.value, dict):
            return answer.value
        if not self._aes_key:
            raise GatewayUnavailable("broken_answer")
        try:
            return answers.read_object(asking.decrypted(self._aes_key, answer.value))
        except ValueError as broken:
            raise GatewayUnavailable("broken_answer") from broken


def _successful(method: str, name: str, value: dict[str, Any]) -> dict[str, Any]:
    code = value.get("code")
    if name == answers.ERROR or code is not None:
        if code != _SUCCEEDED or name == answers.ERROR:
            raise GatewayRefused(_clean(code), _clean(value.get("sub_code")))
    elif method != _TOKEN or "access_token" not in value:  # of all operations this one succeeds without a code
        raise GatewayUnavailable("broken_answer")
    return value


def _code_of(answer: Answer) -> str:
    return _clean(answer.value.get("code")) if isinstance(answer.value, dict) else ""


def _sub_code_of(answer: Answer) -> str:
    return _clean(answer.value.get("sub_code")) if isinstance(answer.value, dict) else ""


def _clean(code: object) -> str:
    """A code fit for a log; what is none becomes a question mark."""
    if code is None:
        return ""
    return code if isinstance(code, str) and _CODE.fullmatch(code) else "?"
