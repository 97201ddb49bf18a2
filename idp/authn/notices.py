"""Tells the owner of an account by a short message what was changed in how it is opened; never a code, never a link."""

from datetime import timedelta
from typing import Literal

from sqlalchemy.orm import Session

from idp.accounts.accounts import Accounts
from idp.authn import sms_texts
from idp.authn.codes import SMS
from idp.core.identifiers import MobileNumber
from idp.outbox.outbox import Outbox

Change = Literal[
    "linked",
    "unlinked",
    "merged",
    "parted",
    "child_signed_in",
    "child_asks",
    "review_decided",
    "review_returned",
    "reset_by_staff",
]
LASTS = timedelta(hours=12)


class Notices:
    """Posted in the transaction of the change; an account without a phone reads of it in its account centre."""

    def __init__(self, accounts: Accounts, outbox: Outbox) -> None:
        self._accounts = accounts
        self._outbox = outbox

    def tell(self, db: Session, account_id: str, change: Change) -> None:
        profile = self._accounts.profile(db, account_id)
        if profile is None or profile.phone is None:
            return
        number = MobileNumber.parse(profile.phone).national
        text = sms_texts.notice(change, profile.locale)
        payload = {"to": number, "text": text, "lasts": int(LASTS.total_seconds())}
        self._outbox.post(db, SMS, recipient=SMS, payload=payload, lifetime=LASTS)
