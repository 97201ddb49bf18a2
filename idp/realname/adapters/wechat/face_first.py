"""A face scan by version 1 of WeChat's interface, for installations that still have it (it ends on 2026-06-30).

The phone brings back a `verify_result`; our server exchanges it, and compares whom it is about with whom we meant.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from idp.core import crypto, ids
from idp.core.deadline import Deadline
from idp.realname.adapters.wechat.api import WechatRefused
from idp.realname.adapters.wechat.face import FaceScan, outcome_of, said, text_of
from idp.realname.adapters.wechat.tickets import Ticket
from idp.realname.adapters.wechat.who import Who
from idp.realname.ports import Applicant, Outcome, Pending, Refutation, Refuted, Said, Verified

_PASSED: Final = 0
_CHECK_ALIVE: Final = 2  # WeChat chooses how
_RESULT = re.compile(r"[\x21-\x7e]{1,2048}")
_NO_SUCH_SCAN: Final = frozenset({84001, 84002})


class FirstFaceScan(FaceScan):
    """The same to everybody but WeChat."""

    __slots__ = ()

    def _proof(self, applicant: Applicant, ticket: Ticket, who: Who, deadline: Deadline) -> str:
        asked = {"name": applicant.name, "id_card_number": applicant.resident_id}
        told = self.mini.ask("/cityservice/face/identify/getuseridkey", asked, deadline)
        return text_of(told, "user_id_key")

    def _for_the_phone(self, ticket: Ticket) -> dict[str, Any]:
        """The key stands for name and number, so neither goes to the phone."""
        return {"user_id_key": ticket.proof, "check_alive_type": _CHECK_ALIVE}

    def _over(self, ticket: Ticket, message: Mapping[str, Any]) -> Said:
        result = message.get("verify_result")
        if not isinstance(result, str) or not _RESULT.fullmatch(result):
            return said({"error": "no_result"}, ticket)
        return said({"status": "ok"}, replace(ticket, result=result, is_done=True))

    def _judged(self, applicant: Applicant, ticket: Ticket, deadline: Deadline) -> Outcome:
        if not ticket.result:
            return Pending(ticket.number)
        try:
            told = self.mini.ask("/cityservice/face/identify/getinfo", {"verify_result": ticket.result}, deadline)
        except WechatRefused as refused:
            if refused.errcode in _NO_SUCH_SCAN:
                return Refuted(Refutation.FAILED, ticket.number)
            raise
        outcome = outcome_of(told, "identify_ret", _PASSED, ticket.number)
        if isinstance(outcome, Verified) and not _is_about(told, applicant, ticket):
            return Refuted(Refutation.MISMATCH, ticket.number)  # a scan of somebody else, brought here
        return outcome


def _is_about(told: Mapping[str, Any], applicant: Applicant, ticket: Ticket) -> bool:
    """Whether the scan is the one that we began: name, number, WeChat account and key."""
    expected = {
        "name_utf8_md5": _md5(applicant.name),
        "id_card_number_md5": _md5(applicant.resident_id),
        "openid": ticket.openid,
        "user_id_key": ticket.proof,
    }
    return all(ids.same(str(told.get(member, "")), value) for member, value in expected.items())


def _md5(text: str) -> str:
    return crypto.md5(text.encode()).hex()
