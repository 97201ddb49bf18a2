"""What WeChat's numbers mean to us: those of its interfaces, and those of its face scan."""

from enum import StrEnum
from typing import Final

from idp.realname.ports import Refutation


class Verdict(StrEnum):
    """What follows from an `errcode`."""

    BUSY = "busy"
    MISCONFIGURED = "misconfigured"
    FAILED = "failed"
    RENEW = "renew"  # our token has ended
    RESTART = "restart"  # the person signs in anew
    REPLAYED = "replayed"  # the same, and somebody may have used the code before
    BLOCKED = "blocked"
    BUG = "bug"
    BACK_OFF = "back_off"
    UNKNOWN = "unknown"


_VERDICTS: Final = {
    -1: Verdict.BUSY,
    40001: Verdict.MISCONFIGURED,
    40003: Verdict.FAILED,
    40013: Verdict.MISCONFIGURED,
    40014: Verdict.RENEW,
    40029: Verdict.RESTART,
    40030: Verdict.RESTART,
    40125: Verdict.MISCONFIGURED,
    40163: Verdict.REPLAYED,
    40164: Verdict.MISCONFIGURED,
    40226: Verdict.BLOCKED,
    41001: Verdict.BUG,
    41002: Verdict.BUG,
    41003: Verdict.BUG,
    41004: Verdict.BUG,
    41008: Verdict.BUG,
    41009: Verdict.BUG,
    42001: Verdict.RENEW,
    42002: Verdict.RESTART,
    42003: Verdict.RESTART,
    45009: Verdict.BACK_OFF,
    45011: Verdict.BACK_OFF,
    48001: Verdict.MISCONFIGURED,
    50001: Verdict.FAILED,
    50002: Verdict.FAILED,
}
_OF_TOKEN: Final = 40001
"""Says of a secret that it is wrong, and of a token too."""

_SCANS: Final = {
    10003: Refutation.MISMATCH,
    10004: Refutation.FACE_MISMATCH,
    10009: Refutation.NO_PHOTO,
    10026: Refutation.NOT_FOUND,
    10042: Refutation.RATE_LIMITED,
    10052: Refutation.RATE_LIMITED,
    10057: Refutation.RATE_LIMITED,
}
_SCAN_LATER: Final = frozenset({10020, 10045})

# Signing in: the person may try again, or may not. Everything else is trouble between WeChat and us.
SIGN_IN_REFUSED: Final = {
    Verdict.RESTART: Refutation.ABANDONED,
    Verdict.REPLAYED: Refutation.ABANDONED,
    Verdict.BLOCKED: Refutation.NOT_ALLOWED,
    Verdict.FAILED: Refutation.NOT_ALLOWED,
}


def verdict_of(errcode: int) -> Verdict:
    return _VERDICTS.get(errcode, Verdict.UNKNOWN)


def is_about_our_token(errcode: int) -> bool:
    return errcode == _OF_TOKEN or verdict_of(errcode) is Verdict.RENEW


def of_scan(verify_ret: int) -> Refutation | None:
    """Why a scan that was not passed says no, an unknown number too; None when WeChat had trouble and may know later."""
    return None if verify_ret in _SCAN_LATER else _SCANS.get(verify_ret, Refutation.FAILED)
