"""What every platform does before its service is reached: refusals, times, session secrets, and faults of the gateway."""

import re
import secrets
from dataclasses import dataclass

import flask
from flask.typing import ResponseReturnValue

from sandbox import faults
from sandbox.runtime import Runtime

NAME = "population"
AT_TOKEN = frozenset(
    {"hang", "garbage", "server_error", "closed", "wrong_signature", "stale_time", "token_garbage", "quota"}
)
SECRET_LOST = frozenset({"expired_secret", "wrong_signature", "token_garbage"})
SERVICES = ("GK_GXFW_SFHC", "GK_GXFW_RKKRXBD")

_SKEW_MS = 5 * 60 * 1000
_RTIME = re.compile(r"[0-9]{1,15}")
_GARBAGE = bytes(range(256))


@dataclass(frozen=True)
class Refused(Exception):
    """A gateway turns the call away before any service sees it; `code` is the provincial one, others have theirs."""

    status: int
    code: str
    message: str


UNKNOWN_APP = Refused(401, "401001", "未知的应用")
BAD_SIGNATURE = Refused(401, "401002", "签名错误或会话密钥已过期")
STALE = Refused(401, "401003", "时间戳超出允许范围")
REPLAYED = Refused(401, "401004", "请求重复")
NOT_GRANTED = Refused(403, "403001", "服务未授权")


def fault_of(here: Runtime, places: frozenset[str] | None = None) -> str:
    return faults.active(here.state, NAME, places)


def answer_fault(here: Runtime, fault: str) -> ResponseReturnValue | None:
    """What a gateway in trouble says; None when this fault is not the gateway's."""
    match fault:
        case "hang":
            here.hang()
        case "garbage":
            return flask.Response(_GARBAGE, mimetype="text/xml")
        case "server_error":
            return flask.Response("<html><body>500 Internal Server Error</body></html>", status=500)
        case "closed":
            raise Refused(503, "500001", "不在服务时间，请于工作日 08:30 至 17:30 调用")
        case "quota":
            raise Refused(429, "429001", "超过调用次数")
        case "stale_time":
            raise STALE
    return None


def check_time(here: Runtime, rtime: str) -> None:
    """Milliseconds since 1970, at most five minutes from now."""
    if not _RTIME.fullmatch(rtime) or abs(here.now_ms() - int(rtime)) > _SKEW_MS:
        raise STALE


def check_grant(here: Runtime, service: str, fault: str) -> None:
    if fault == "not_granted" or service not in here.of(NAME).get("services", SERVICES):
        raise NOT_GRANTED


def issue_secret(here: Runtime, owner: str, seconds: int) -> str:
    """A new session secret of one application at one platform."""
    secret, now = secrets.token_urlsafe(24), here.now_ms()
    here.state.add_secret(owner, secret, expires_ms=now + seconds * 1000, now_ms=now)
    return secret


def live_secrets(here: Runtime, owner: str) -> list[str]:
    return here.state.live_secrets(owner, now_ms=here.now_ms())
