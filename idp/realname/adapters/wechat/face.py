"""A face scan in our mini program (version 2 of WeChat's interface for public services).

The person opens the mini program by a link or its QR code; it carries an address of ours, by which the mini program asks us for a
`verify_id` (step `begin`) and says when the scan is over (step `done` or `cancel`). What it says of the result counts for
nothing: that is asked of WeChat, with the hash of the person whom we meant.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

from idp.core import ids
from idp.core.deadline import Deadline
from idp.realname.adapters.wechat.api import WechatRefused, WechatTrouble
from idp.realname.adapters.wechat.mini_program import MiniProgram
from idp.realname.adapters.wechat.refusals import SIGN_IN_REFUSED, Verdict, of_scan
from idp.realname.adapters.wechat.tickets import Ticket
from idp.realname.adapters.wechat.who import Who
from idp.realname.ports import (
    Applicant,
    AssuranceLevel,
    Capability,
    CheckMethod,
    Outcome,
    Pending,
    Progress,
    Refutation,
    Refuted,
    Said,
    Scene,
    Started,
    SubjectKind,
    Unavailable,
    Verified,
)

ATTESTED: Final = frozenset({"name", "resident_id"})
LASTS: Final = timedelta(minutes=5)
PASSED: Final = 10000
_RESIDENT_ID: Final = "IDENTITY_CARD"
_LONGEST_PROOF = 256


@dataclass(frozen=True, slots=True)
class FaceScan:
    """Name, resident number and face, compared by WeChat."""

    mini: MiniProgram
    link: str
    cost: int = 0
    source: str = "wechat"
    new_number: Callable[[], str] = field(default=ids.new_id)

    channel = "wechat_mini_program"

    @property
    def capability(self) -> Capability:
        return Capability(
            subject_kind=SubjectKind.NATURAL_PERSON,
            attests=ATTESTED,
            assurance_level=AssuranceLevel.REAL_PERSON,
            evidence="electronic_record",
            check_method=CheckMethod.BIOMETRIC_REMOTE,
            is_face=True,
            cost=self.cost,
        )

    def start(self, applicant: Applicant, scene: Scene, deadline: Deadline) -> Started | Refuted | Unavailable:
        """Nothing is said of the person yet; that our token is there tells whether WeChat can be reached at all."""
        number = self.new_number()
        if applicant.document.kind not in self.capability.documents:
            return Unavailable("document_not_served", number)
        if not scene.app_url:
            return Unavailable("no_address_for_the_application", number)
        try:
            self.mini.token.get(deadline)
        except (WechatRefused, WechatTrouble) as trouble:
            return Unavailable(trouble.reason, number)
        link = f"{self.link}{'&' if '?' in self.link else '?'}task={quote(scene.app_url, safe='')}"
        return Started(Ticket(number).written(), link, number, LASTS)

    def converse(
        self, applicant: Applicant, progress: Progress, message: Mapping[str, Any], deadline: Deadline
    ) -> Said | Refuted | Unavailable:
        """Who speaks here is whoever holds the link. A message that makes no sense is no fault of WeChat's: it gets an answer."""
        ticket = Ticket.read(progress.ticket)
        try:
            match message:
                case {"step": "begin", "js_code": str(js_code)}:
                    return self._begun(applicant, ticket, js_code, deadline)
                case {"step": "done"} if ticket.proof:
                    return self._over(ticket, message)
                case {"step": "cancel"}:
                    return said({"status": "cancelled"}, replace(ticket, is_cancelled=True))
        except WechatTrouble as trouble:
            return Unavailable(trouble.reason, ticket.number)
        except WechatRefused as refused:
            if refused.verdict in SIGN_IN_REFUSED:
                return said({"error": "sign_in_again"}, ticket)
            return Unavailable(refused.reason, ticket.number)
        return said({"error": "unknown_step"}, ticket)

    def poll(self, applicant: Applicant, progress: Progress, deadline: Deadline) -> Outcome:
        """WeChat is asked when the phone says that the scan is over, and once more at the end.

        A number that we do not know says nothing of WeChat's health: the phone may have said so too early, or lied. Until
        the end it is as if nothing had been said, and at the end nobody finished: a breaker that took it for trouble could
        be opened by whoever begins scans and leaves them.
        """
        ticket = Ticket.read(progress.ticket)
        if ticket.is_cancelled:
            return Refuted(Refutation.ABANDONED, ticket.number)
        if not ticket.proof or not (ticket.is_done or progress.is_last):
            return Pending(ticket.number)
        try:
            return self._judged(applicant, ticket, deadline)
        except WechatTrouble as trouble:
            return Unavailable(trouble.reason, ticket.number)
        except WechatRefused as refused:
            if refused.verdict is Verdict.UNKNOWN:
                return Refuted(Refutation.ABANDONED, ticket.number) if progress.is_last else Pending(ticket.number)
            return Unavailable(refused.reason, ticket.number)

    def _begun(self, applicant: Applicant, ticket: Ticket, js_code: str, deadline: Deadline) -> Said:
        """The first who begins goes on; whoever opens the same link later is somebody else."""
        who = self.mini.who_signed_in(js_code, deadline)
        if who is None or who.is_snapshot:
            return said({"error": "sign_in_again"}, ticket)
        if ticket.openid not in ("", who.openid):
            return said({"error": "other_person"}, ticket)
        if not ticket.proof:
            ticket = replace(ticket, openid=who.openid, proof=self._proof(applicant, ticket, who, deadline))
        return said(self._for_the_phone(ticket), ticket)

    def _proof(self, applicant: Applicant, ticket: Ticket, who: Who, deadline: Deadline) -> str:
        person = {
            "cert_type": _RESIDENT_ID,
            "cert_name": applicant.name,
            "cert_no": applicant.resident_id,
        }
        asked = {"out_seq_no": ticket.number, "cert_info": person, "openid": who.openid}
        return text_of(self.mini.ask("/cityservice/face/identify/getverifyid", asked, deadline), "verify_id")

    def _for_the_phone(self, ticket: Ticket) -> dict[str, Any]:
        return {"verify_id": ticket.proof}

    def _over(self, ticket: Ticket, message: Mapping[str, Any]) -> Said:
        return said({"status": "ok"}, replace(ticket, is_done=True))

    def _judged(self, applicant: Applicant, ticket: Ticket, deadline: Deadline) -> Outcome:
        asked = {
            "verify_id": ticket.proof,
            "out_seq_no": ticket.number,
            "cert_hash": cert_hash(applicant),
            "openid": ticket.openid,
        }
        told = self.mini.ask("/cityservice/face/identify/queryverifyinfo", asked, deadline)
        return outcome_of(told, "verify_ret", PASSED, ticket.number)


def outcome_of(told: Mapping[str, Any], member: str, passed: int, number: str) -> Outcome:
    """A pass needs both numbers to be there, and right (§5.3 and §5.4 of the vendor's pages)."""
    errcode, result = told.get("errcode"), told.get(member)
    if type(errcode) is not int or errcode != 0 or type(result) is not int:
        return Unavailable("broken_answer", number)
    if result == passed:
        return Verified(ATTESTED, number)
    if (why := of_scan(result)) is not None:
        return Refuted(why, number)
    return Unavailable(f"scan:{result}", number)


def text_of(told: Mapping[str, Any], member: str) -> str:
    value = told.get(member)
    if told.get("errcode") != 0 or not isinstance(value, str) or not 0 < len(value) <= _LONGEST_PROOF:
        raise WechatTrouble("broken_answer")
    return value


def cert_hash(applicant: Applicant) -> str:
    """By what WeChat knows that we mean the same person as at the beginning: hex SHA-256 over three members in Base64."""
    members = (("cert_type", _RESIDENT_ID), ("cert_name", applicant.name), ("cert_no", applicant.resident_id))
    whole = ids.RunningDigest()
    whole.add("&".join(f"{name}={b64encode(value.encode()).decode()}" for name, value in members).encode("ascii"))
    return whole.hex()


def said(answer: Mapping[str, Any], ticket: Ticket) -> Said:
    return Said(answer, ticket.written())
