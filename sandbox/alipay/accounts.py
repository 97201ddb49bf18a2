"""The Alipay accounts of the demonstration: who has one, and by what an application knows them."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox import registry

_FIRST = 720_000_000_000
_COMPANY = ("company-01", "沙箱示例科技有限公司")


@dataclass(frozen=True, slots=True)
class Account:
    """`user_id` is the platform's, `open_id` that of one application."""

    key: str
    name: str = field(repr=False)
    user_id: str
    resident_id: str = field(default="", repr=False)
    standing: str = ""

    @property
    def is_company(self) -> bool:
        return not self.resident_id

    def open_id(self, app_id: str) -> str:
        digest = hashlib.sha256(f"{app_id}|{self.user_id}".encode()).digest()
        return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")

    def identifiers(self, table: Mapping[str, Any]) -> dict[str, str]:
        """What the application is told: newer ones only learn the `open_id`."""
        both = {"user_id": self.user_id, "open_id": self.open_id(table["app_id"])}
        told = table.get("identifiers", "both")
        return both if told == "both" else {told: both[told]}

    def described(self) -> dict[str, str]:
        """What `auth_user` lets an ordinary application read."""
        return {
            "avatar": "https://sandbox.example/avatar.png",
            "nick_name": f"{self.name[:1]}**",
            "province": "山东省",
            "city": "济南市",
            "user_type": "1" if self.is_company else "2",
        }


_STANDINGS = {"other_name": "姓名与人口库不符", "dead": "", "absent": ""}
_CHILD = "person-17"


def everyone() -> list[Account]:
    """Those with a telephone, and those whom a test wants: a name that differs, a child, and a company."""
    found = []
    for number, person in enumerate(registry.people()):
        key, standing = str(person["key"]), str(person["registry"])
        if person["phone"] or standing == "other_name" or key == _CHILD:
            says = "未成年人" if key == _CHILD else _STANDINGS.get(standing, "")
            user_id = f"2088{_FIRST + number}"
            found.append(Account(key, str(person["name"]), user_id, str(person["resident_id"]), says))
    return [*found, Account(*_COMPANY, f"2088{_FIRST + 999}", standing="企业账户")]


def by_key(key: str) -> Account | None:
    return next((account for account in everyone() if account.key == key), None)
