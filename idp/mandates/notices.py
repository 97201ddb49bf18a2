"""Short messages about mandates: posted with the act that they tell of, in the language of whoever gets them."""

from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from idp.accounts.accounts import Accounts
from idp.authn.codes import SMS
from idp.outbox.outbox import Outbox

LASTS: Final = timedelta(hours=12)

_ZH: Final = {
    "offered": "{company}请您担任经办人，请登录账户中心，在“我的授权”里查看并决定是否接受。不认识该单位的请不要接受。",
    "accepted": "您以{company}名义发出的授权邀请已被接受，可在账户中心“我的单位”查看。",
    "declined": "您以{company}名义发出的授权邀请被拒绝。",
    "resigned": "{company}的一位经办人放弃了授权，可在账户中心“我的单位”查看。",
    "ended": "您为{company}办事的授权已经结束，可在账户中心“我的授权”查看。",
    "representation_ended": "您不再是本平台认定的{company}的法定代表人，您发出的授权同时结束。有疑问请在账户中心“我的单位”查看。",
    "inactive": "{company}的登记状态已变化，不能再以该单位名义办事，相关授权已经结束。",
}
_EN: Final = {
    "offered": "{company} asks you to act as its agent. Sign in and look under My mandates in your account to accept or decline. "
    "Do not accept if you do not know the organisation.",
    "accepted": "An invitation that you sent for {company} was accepted. See My organisations in your account.",
    "declined": "An invitation that you sent for {company} was declined.",
    "resigned": "An agent of {company} gave up their mandate. See My organisations in your account.",
    "ended": "Your mandate to act for {company} has ended. See My mandates in your account.",
    "representation_ended": "You are no longer known here as the legal representative of {company}; the mandates that you gave "
    "ended too. See My organisations in your account.",
    "inactive": "The register's state of {company} has changed: nobody can act for it any more, and its mandates have ended.",
}


class Notices:
    """Tells people by short message; one who has no phone here any more is told nothing."""

    def __init__(self, accounts: Accounts, outbox: Outbox) -> None:
        self._accounts = accounts
        self._outbox = outbox

    def invite(self, db: Session, phone: str, company: str) -> None:
        """Tell the phone of somebody who may not have an account yet, in the language of theirs if they do."""
        known = self._accounts.find_by_phone(db, phone)
        profile = self._accounts.profile(db, known.id) if known is not None else None
        self._post(db, phone, "offered", company, profile.locale if profile is not None else "zh_CN")

    def tell(self, db: Session, account_id: str, what: str, company: str) -> None:
        profile = self._accounts.profile(db, account_id)
        if profile is not None and profile.phone is not None:
            self._post(db, profile.phone.removeprefix("+86"), what, company, profile.locale)

    def _post(self, db: Session, phone: str, what: str, company: str, locale: str) -> None:
        texts = _EN if locale.lower().startswith("en") else _ZH
        lasts = int(LASTS.total_seconds())
        payload = {"to": phone, "text": texts[what].format(company=company), "lasts": lasts}
        self._outbox.post(db, SMS, recipient=SMS, payload=payload, lifetime=LASTS)
