"""The road to WeChat: one question, one JSON answer.

Secrets, codes and tokens travel in the query of the address (the vendor wants it so). Therefore no exception that leaves here
has the address in its text, nor in those that it was raised from; what is logged is the path, WeChat's number and its `rid`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from idp.core import logging, strict_json
from idp.core.deadline import Deadline
from idp.core.http import HttpAnswer, HttpClient, HttpUnavailable
from idp.realname.adapters.wechat.refusals import Verdict, verdict_of

_log = logging.get("realname.wechat")
_LARGEST_ANSWER = 65_536
_RID = re.compile(r"\brid: ?([0-9a-z-]{1,64})")


class WechatTrouble(Exception):
    """No answer that counts; `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class WechatRefused(Exception):
    """WeChat answered with an `errcode` of its own."""

    def __init__(self, errcode: int) -> None:
        super().__init__(f"errcode:{errcode}")
        self.errcode = errcode
        self.verdict = verdict_of(errcode)

    @property
    def reason(self) -> str:
        return f"{self.verdict}:{self.errcode}"


@dataclass(frozen=True, slots=True)
class WechatApi:
    """Asks; raises WechatTrouble or WechatRefused for whatever is no success."""

    url: str
    answer_seconds: float
    http: HttpClient

    def exchange(self, path: str, query: Mapping[str, str], deadline: Deadline) -> dict[str, Any]:
        """Spend a code of the person: asked once, whatever comes of it."""
        return self._asked("GET", path, query, None, deadline)

    def ask(self, path: str, query: Mapping[str, str], body: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        """A question that may be repeated: once more when WeChat is busy."""
        try:
            return self._asked("POST", path, query, body, deadline)
        except WechatRefused as refused:
            if refused.verdict is not Verdict.BUSY:
                raise
        return self._asked("POST", path, query, body, deadline)

    def _asked(
        self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any] | None, deadline: Deadline
    ) -> dict[str, Any]:
        told = _read(self._sent(method, path, query, body, deadline))
        errcode = told.get("errcode", 0)
        if type(errcode) is not int:
            raise WechatTrouble("broken_answer")
        if errcode != 0:
            refused = WechatRefused(errcode)
            rid = _RID.search(str(told.get("errmsg", "")))
            _log.warning(
                "refused", path=path, errno=errcode, verdict=refused.verdict.value, rid=rid[1] if rid else None
            )
            raise refused
        return told

    def _sent(
        self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any] | None, deadline: Deadline
    ) -> HttpAnswer:
        reason = ""
        try:
            return self.http.request(
                method,
                f"{self.url.rstrip('/')}{path}{'?' if query else ''}{written(query)}",
                headers={"Content-Type": "application/json"} if body is not None else {},
                body=orjson.dumps(body) if body is not None else None,
                deadline=deadline.within(self.answer_seconds),
                max_bytes=_LARGEST_ANSWER,
            )
        except HttpUnavailable as lost:
            reason = lost.reason
        raise WechatTrouble(reason)  # outside of the handler: nothing that quotes the address comes along


def written(query: Mapping[str, str]) -> str:
    """A query in the order given, each value in percent encoding."""
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())


def _read(answer: HttpAnswer) -> dict[str, Any]:
    """The JSON object, whatever the Content-Type says: WeChat sends text/plain, too."""
    if answer.status != 200:
        raise WechatTrouble(f"http_{answer.status}")
    try:
        return strict_json.load_object(answer.body)
    except ValueError:
        pass
    raise WechatTrouble("broken_answer")
