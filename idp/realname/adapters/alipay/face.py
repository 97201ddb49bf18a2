"""A face scan in the Alipay application: begun by us, done on a phone, and asked about server to server."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote, urlsplit

from idp.core import ids
from idp.core.deadline import Deadline
from idp.realname.adapters.alipay import products
from idp.realname.adapters.alipay.gateway import Gateway, GatewayRefused, GatewayUnavailable
from idp.realname.adapters.alipay.products import Product
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
    Scene,
    Started,
    SubjectKind,
    Unavailable,
    Verified,
)

ATTESTED: Final = frozenset({"name", "resident_id"})
LASTS: Final = timedelta(minutes=5)
_BUSINESS_FAILED: Final = "40004"
_UNKNOWN_TICKET: Final = "OPEN_CERTIFY_BILL_NOT_EXIST"
_IMPOSSIBLE_PERSON: Final = frozenset({"CERT_INFO_INVALID"})  # not published for this operation: our assumption
_LONGEST_PAGE: Final = 2048
_TICKET = re.compile(r"[0-9A-Za-z_-]{1,64}")
_IN_THE_APPLICATION: Final = "alipays://platformapi/startapp?appId=20000067&url="  # its container for web pages


@dataclass(frozen=True, slots=True)
class FaceScan:
    """Name, resident number and face against the population's pictures, by any of Alipay's products for it.

    Its answers may carry pictures (`material_info`): nothing but the verdict leaves this module.
    """

    gateway: Gateway
    product: Product
    new_order_number: Callable[[], str] = field(default=ids.new_id)

    channel = "alipay_gateway"

    @property
    def source(self) -> str:
        return self.gateway.source

    @property
    def capability(self) -> Capability:
        return Capability(
            subject_kind=SubjectKind.NATURAL_PERSON,
            attests=ATTESTED,
            assurance_level=AssuranceLevel.REAL_PERSON,
            evidence="electronic_record",
            check_method=CheckMethod.BIOMETRIC_REMOTE,
            is_face=True,
            cost=self.gateway.options.cost,
        )

    def start(self, applicant: Applicant, scene: Scene, deadline: Deadline) -> Started | Refuted | Unavailable:
        """Name the person to Alipay, and say where the scan is done."""
        number = self.new_order_number()
        if applicant.document.kind not in self.capability.documents:
            return Unavailable("document_not_served", number)
        try:
            begun = self.gateway.call(self.product.initialize(applicant, number, scene.return_url), deadline)
            ticket = _fitting(begun.get(self.product.ticket_member))
            page = self._page(ticket, scene.return_url, deadline)
        except GatewayRefused as refused:
            if refused.code == _BUSINESS_FAILED and refused.sub_code in _IMPOSSIBLE_PERSON:
                return Refuted(Refutation.MISMATCH, number)
            return Unavailable(refused.reason, number)
        except GatewayUnavailable as trouble:
            return Unavailable(trouble.reason, number)
        return Started(ticket, page, number, LASTS, _IN_THE_APPLICATION + quote(page, safe=""))

    def poll(self, applicant: Applicant, progress: Progress, deadline: Deadline) -> Outcome:
        """Alipay says "passed" or not; "not" means failed as well as not done yet, until the person is done or time is up."""
        number = progress.request_number
        try:
            answer = self.gateway.call(self.product.query(progress.ticket), deadline)
        except GatewayRefused as refused:
            if refused.code == _BUSINESS_FAILED and refused.sub_code == _UNKNOWN_TICKET:
                return Refuted(Refutation.ABANDONED, number)
            return Unavailable(refused.reason, number)
        except GatewayUnavailable as trouble:
            return Unavailable(trouble.reason, number)
        return self._judged(answer, applicant, progress)

    def _judged(self, answer: dict[str, Any], applicant: Applicant, progress: Progress) -> Outcome:
        number = progress.request_number
        if products.names_another(answer, applicant):
            return Unavailable("other_person", number)
        match answer.get("passed"):
            case self.product.passed:
                return Verified(ATTESTED, number)
            case self.product.failed if progress.has_returned:
                return Refuted(Refutation.FACE_MISMATCH, number)
            case self.product.failed if progress.is_last:
                return Refuted(Refutation.ABANDONED, number)
            case self.product.failed:
                return Pending(number)
        return Unavailable("no_verdict", number)

    def _page(self, ticket: str, return_url: str, deadline: Deadline) -> str:
        asked = self.product.open(ticket, return_url)
        if self.product.is_page_signed_by_us:
            return self.gateway.page_url(asked)
        url = self.gateway.call(asked, deadline).get("certify_url")
        if not isinstance(url, str) or len(url) > _LONGEST_PAGE or urlsplit(url).scheme not in self._schemes():
            raise GatewayUnavailable("broken_answer")
        return url

    def _schemes(self) -> set[str]:
        """Of pages that Alipay hands out: https, and what its gateway itself is reached by."""
        return {"https", urlsplit(self.gateway.options.gateway_url).scheme}


def _fitting(ticket: object) -> str:
    if not isinstance(ticket, str) or not _TICKET.fullmatch(ticket):
        raise GatewayUnavailable("broken_answer")
    return ticket
