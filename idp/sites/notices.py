"""Short messages to those who manage a department's sites: posted with what they tell of, in each one's language."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from idp.accounts.accounts import Accounts
from idp.authn.codes import SMS
from idp.core import clock
from idp.oidc.models import Client
from idp.outbox.outbox import Outbox
from idp.sites.owners import Owners

LASTS: Final = timedelta(hours=12)
_ZH: Final = {
    "approved": "应用“{site}”的上线申请已批准。请登录接入工作台查看批准的内容，并生成正式密码。",
    "returned": "应用“{site}”的上线申请被退回，请登录接入工作台查看意见。",
    "secret_wished": "有人申请更换应用“{site}”的正式密码。请登录接入工作台核对后确认；不认识这个申请请拒绝。",
    "secret_made": "应用“{site}”生成了新的密码。如果不是本部门的人操作，请马上联系平台运营人员。",
    "emergency": "平台未经审核紧急修改了应用“{site}”。请登录接入工作台核对修改和理由；有疑问请马上联系平台运营人员。",
    "secret_ends": "应用“{site}”的密码还有{days}天到期，请登录接入工作台更换。",
    "token_made": "有人为“{site}”制作了接入接口的令牌。如果不是本部门的人操作，请马上登录接入工作台吊销。",
    "token_ends": "您的接入接口令牌“{site}”还有{days}天到期，请登录接入工作台制作新的并替换。",
    "secret_ended": "应用“{site}”的密码即将到期，请马上登录接入工作台更换，否则用户不能登录。",
}
_EN: Final = {
    "approved": "The request to go live of {site} was approved. See in the workbench what was given, and make its secret.",
    "returned": "The request to go live of {site} was sent back. See the remark in the workbench.",
    "secret_wished": "Somebody asks for a new live secret of {site}. Check it in the workbench; refuse what you do not know.",
    "secret_made": "A new secret was made for {site}. If it was nobody of your department, call the operators at once.",
    "emergency": "{site} was changed without a review. See why in the workbench; if in doubt, call the operators.",
    "secret_ends": "The secret of {site} ends in {days} days. Replace it in the workbench.",
    "token_made": "A token for the API was made for {site}. If it was nobody of yours, revoke it in the workbench at once.",
    "token_ends": "Your API token {site} ends in {days} days. Make a new one in the workbench and replace it.",
    "secret_ended": "The secret of {site} is about to end. Replace it in the workbench now, or nobody can sign in.",
}


@dataclass(frozen=True, slots=True)
class Notices:
    """Tells everybody who may manage a department's sites; one without a phone reads it on the pages."""

    accounts: Accounts
    outbox: Outbox
    owners: Owners

    def to_managers(
        self, db: Session, organisation_id: str | None, what: str, client_id: str, *, but: str = "", days: int = 0
    ) -> None:
        """`but` is the account that did it and needs not be told; a site without a department has nobody to tell."""
        if organisation_id is None:
            return
        for account_id in self.owners.managers(db, organisation_id, clock.now()):
            if account_id != but:
                self._tell(db, account_id, what, db.get_one(Client, client_id), days)

    def of_token(self, db: Session, organisation_id: str, what: str, name: str, *, but: str = "") -> None:
        """To the same people, about a token of their department, which `name` names."""
        for account_id in self.owners.managers(db, organisation_id, clock.now()):
            if account_id != but:
                self.to_maker(db, account_id, what, name)

    def to_maker(self, db: Session, account_id: str, what: str, name: str, *, days: int = 0) -> None:
        """To one of them, about a token, which `name` names."""
        self._send(db, account_id, what, lambda _is_english: name, days)

    def _tell(self, db: Session, account_id: str, what: str, site: Client, days: int) -> None:
        def name(is_english: bool) -> str:
            said = site.metadata_
            english = said.get("client_name#en") if is_english else None
            return str(english or said.get("client_name") or site.client_id)

        self._send(db, account_id, what, name, days)

    def _send(self, db: Session, account_id: str, what: str, name: Callable[[bool], str], days: int) -> None:
        profile = self.accounts.profile(db, account_id)
        if profile is None or profile.phone is None:
            return
        is_english = profile.locale.lower().startswith("en")
        text = (_EN if is_english else _ZH)[what].format(site=name(is_english), days=days)
        payload = {"to": profile.phone.removeprefix("+86"), "text": text, "lasts": int(LASTS.total_seconds())}
        self.outbox.post(db, SMS, recipient=SMS, payload=payload, lifetime=LASTS)
