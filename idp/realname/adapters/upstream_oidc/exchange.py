"""One exchange of JSON with the other centre; whatever is no answer is trouble with a short reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.core import strict_json
from idp.core.deadline import Deadline
from idp.core.http import HttpClient, HttpUnavailable

_LARGEST = 131_072


class UpstreamTrouble(Exception):
    """No answer that counts; `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CodeRefused(Exception):
    """The code is worth nothing here: too old, spent, never given, or given to another browser."""


@dataclass(frozen=True, slots=True)
class Told:
    """A status, and the object that came with it."""

    status: int
    members: dict[str, Any]


def ask(
    http: HttpClient, method: str, url: str, headers: Mapping[str, str], body: bytes | None, deadline: Deadline
) -> Told:
    try:
        answer = http.request(
            method,
            url,
            headers={"Accept": "application/json", **headers},
            body=body,
            deadline=deadline,
            max_bytes=_LARGEST,
        )
    except HttpUnavailable as lost:
        raise UpstreamTrouble(lost.reason) from lost
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise UpstreamTrouble(f"http_{answer.status}" if answer.status != 200 else "media_type")
    try:
        return Told(answer.status, strict_json.load_object(answer.body))
    except ValueError as odd:
        raise UpstreamTrouble("not_json") from odd
