"""Requests to one platform, and what of its answers is the platform's own and not the service's."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from idp.core import strict_json
from idp.core.deadline import Deadline
from idp.core.http import HttpAnswer, HttpClient, HttpUnavailable
from idp.core.secret import Secret
from idp.realname.adapters.exchange.road import ChannelUnavailable

_LARGEST_ANSWER = 65_536
_CODE = re.compile(r"[0-9A-Za-z_-]{1,16}")


class Issued(Protocol):
    """What a platform issued to an application, as the options of a source hold it; `endpoint` is without a path."""

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
class Contract:
    """The same as plain values, for sources whose options hold more than one platform's."""

    endpoint: str
    app_id: str
    app_key: Secret
    token_path: str = ""
    secret_expired_codes: frozenset[str] = frozenset()
    answer_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the platform itself said instead of the service."""

    code: str
    is_secret_expired: bool


@dataclass(frozen=True, slots=True)
class Post:
    """Sends to one platform."""

    issued: Issued
    http: HttpClient

    def __call__(self, path: str, body: bytes, headers: dict[str, str], deadline: Deadline) -> HttpAnswer:
        try:
            return self.http.request(
                "POST",
                self.issued.endpoint.rstrip("/") + path,
                headers=headers,
                body=body,
                deadline=deadline.within(self.issued.answer_seconds),
                max_bytes=_LARGEST_ANSWER,
            )
        except HttpUnavailable as lost:
            raise ChannelUnavailable(lost.reason) from lost

    def refusal(self, answer: HttpAnswer, answer_codes: frozenset[str]) -> Refusal | None:
        """The platform's own refusal, if this is one: JSON with a code, or a status that no service gives."""
        told = json_of(answer.body)
        if isinstance(told, dict) and "code" in told and (code := str(told["code"])) not in answer_codes:
            return Refusal(code if _CODE.fullmatch(code) else "broken", code in self.issued.secret_expired_codes)
        is_soap_fault = answer.status == 500 and "xml" in answer.headers.get("content-type", "")
        if answer.status == 200 or is_soap_fault:  # SOAP 1.1 §6.2
            return None
        return Refusal(f"http_{answer.status}", answer.status == 401 and told is None)

    def admitted(self, answer: HttpAnswer, answer_codes: frozenset[str]) -> bytes:
        """The service's answer; ChannelUnavailable when it is the platform's."""
        if (refusal := self.refusal(answer, answer_codes)) is not None:
            raise ChannelUnavailable(f"gateway:{refusal.code}")
        return answer.body

    def token(self, answer: HttpAnswer, good_code: str) -> Any:
        """The answer to a request for a session secret; ChannelUnavailable when it was refused."""
        if (refusal := self.refusal(answer, frozenset({good_code}))) is not None:
            raise ChannelUnavailable(f"token:{refusal.code}")
        return json_of(answer.body)

    def with_secret(
        self,
        send: Callable[[Secret], HttpAnswer],
        secret_other_than: Callable[[Secret | None], Secret],
        answer_codes: frozenset[str],
    ) -> bytes:
        """Call with the session secret; an expired one is renewed once, and the call, which was not processed, repeated."""
        secret = secret_other_than(None)
        answer = send(secret)
        refusal = self.refusal(answer, answer_codes)
        if refusal is not None and refusal.is_secret_expired:
            answer = send(secret_other_than(secret))
        return self.admitted(answer, answer_codes)


def json_of(body: bytes) -> Any:  # JSON may be anything
    """What an answer says as JSON; None for anything else, as for what could be read in two ways."""
    try:
        return strict_json.loads(body)
    except ValueError:
        return None


def number_of(value: object) -> int:
    """A whole number that a platform may have sent as text; ChannelUnavailable for anything else."""
    text = str(value)
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise ChannelUnavailable("token:broken")
    return int(text)
