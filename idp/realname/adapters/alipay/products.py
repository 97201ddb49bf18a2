"""The face products of Alipay, which differ in little more than names: how a scan is begun, opened and asked about."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from idp.realname.adapters.alipay.asking import Asked
from idp.realname.adapters.alipay.options import Options
from idp.realname.ports import Applicant

_ZHIMA_PRODUCT: Final = "w1010100000000002978"


@dataclass(frozen=True, slots=True)
class Certify:
    """`alipay.user.certify.open.*`, and the same under the name of 数字化金融云 (`datadigital…face.certify.*`).

    The page of a scan is a request that we sign, or an address that Alipay hands out.
    """

    options: Options
    prefix: str
    is_page_signed_by_us: bool
    ticket_member: str = "certify_id"
    passed: str = "T"
    failed: str = "F"

    def initialize(self, applicant: Applicant, order_number: str, return_url: str) -> Asked:
        config = {"return_url": return_url, "face_reserve_strategy": self.options.face_reserve_strategy}
        content = {
            "outer_order_no": order_number,
            "biz_code": self.options.chosen_biz_code,
            "identity_param": _identity(applicant),
            "merchant_config": {name: value for name, value in config.items() if value},
        }
        return Asked(f"{self.prefix}.initialize", content)

    def open(self, ticket: str, return_url: str) -> Asked:
        step = "certify" if self.is_page_signed_by_us else "verify"
        return Asked(f"{self.prefix}.{step}", {self.ticket_member: ticket})

    def query(self, ticket: str) -> Asked:
        return Asked(f"{self.prefix}.query", {self.ticket_member: ticket})


@dataclass(frozen=True, slots=True)
class Zhima:
    """`zhima.customer.certification.*` of 2017, 芝麻认证: its inner objects are texts, and its page is told where to return."""

    options: Options
    ticket_member: str = "biz_no"
    passed: str = "true"
    failed: str = "false"
    is_page_signed_by_us: bool = True

    def initialize(self, applicant: Applicant, order_number: str, return_url: str) -> Asked:
        content = {
            "transaction_id": order_number,
            "product_code": _ZHIMA_PRODUCT,
            "biz_code": self.options.chosen_biz_code,
            "identity_param": json.dumps(_identity(applicant), ensure_ascii=False, separators=(",", ":")),
            "merchant_config": "{}",
            "ext_biz_param": "{}",
        }
        return Asked("zhima.customer.certification.initialize", content)

    def open(self, ticket: str, return_url: str) -> Asked:
        return Asked("zhima.customer.certification.certify", {self.ticket_member: ticket}, return_url=return_url)

    def query(self, ticket: str) -> Asked:
        return Asked("zhima.customer.certification.query", {self.ticket_member: ticket})


Product = Certify | Zhima


def of(options: Options) -> Product:
    match options.product:
        case "zhima":
            return Zhima(options)
        case "datadigital":
            return Certify(options, "datadigital.fincloud.generalsaas.face.certify", is_page_signed_by_us=False)
        case _:
            return Certify(options, "alipay.user.certify.open", is_page_signed_by_us=True)


def names_another(answer: Mapping[str, Any], applicant: Applicant) -> bool:
    """Whether the answer says about whom it is, and that is somebody else. Mostly it does not say."""
    told = answer.get("identity_info")
    if isinstance(told, str):
        try:
            told = json.loads(told)
        except (ValueError, RecursionError):
            return False
    if not isinstance(told, Mapping):
        return False
    number, name = told.get("cert_no"), told.get("cert_name")
    is_other_number = isinstance(number, str) and "*" not in number and number.upper() != applicant.resident_id
    is_other_name = isinstance(name, str) and "*" not in name and name != applicant.name
    return bool((number and is_other_number) or (name and is_other_name))


def _identity(applicant: Applicant) -> dict[str, str]:
    return {
        "identity_type": "CERT_INFO",
        "cert_type": "IDENTITY_CARD",
        "cert_name": applicant.name,
        "cert_no": applicant.resident_id,
    }
