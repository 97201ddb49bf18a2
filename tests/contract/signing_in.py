"""Everything that signing in needs, built over one database and one store, and people to do it."""

import itertools
import re
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier
from typing import TypeVar

from sqlalchemy import func, select

from idp.accounts.accounts import Accounts
from idp.accounts.passwords import PasswordRules
from idp.audit.models import AuditEntry
from idp.authn.code_limits import CodeLimits
from idp.authn.code_sign_in import CodeSignIn
from idp.authn.codes import OneTimeCodes
from idp.authn.guard import Guard
from idp.authn.lifecycle import Lifecycle
from idp.authn.password_change import PasswordChange
from idp.authn.password_sign_in import PasswordSignIn
from idp.authn.phone_owners import PhoneOwners
from idp.authn.recovery import Recovery
from idp.authn.registration import Registration
from idp.authn.sessions import Lifetimes, Sessions
from idp.config import PasswordPolicy
from idp.core import passwords
from idp.outbox.models import OutboxMessage
from idp.policies.kinds import ThrottlePolicy
from idp.realname.recognition import Recognition
from idp.store.redis import Store, open_store
from tests.contract.durable import Durable, durable

T = TypeVar("T")
PASSWORD = "grün-Lampe-71-schirm"
_HASH = passwords.hash_password(PASSWORD)
_numbers = itertools.count(1)


class House:
    """The services of accounts and sign-in, and short ways to what a test asks of them."""

    def __init__(self, base: Durable, store: Store) -> None:
        self.base, self.database, self.trail, self.outbox, self.store = (
            base,
            base.database,
            base.trail,
            base.outbox,
            store,
        )
        self.throttle = ThrottlePolicy()
        self.rules = PasswordRules(PasswordPolicy)
        self.accounts = Accounts(base.keyring, base.trail)
        self.guard = Guard(store, base.keyring, lambda: self.throttle)
        limits = CodeLimits(store, base.keyring, self.accounts, self.guard)
        self.codes = OneTimeCodes(base.database, limits, base.keyring, base.trail, base.outbox)
        self.sessions = Sessions(base.trail, base.outbox, lambda: Lifetimes(timedelta(minutes=30), timedelta(hours=8)))
        d, a, c, g, r, s, t = (
            base.database, self.accounts, self.codes, self.guard, self.rules, self.sessions, base.trail,
        )  # fmt: skip
        self.by_password = PasswordSignIn(d, a, t, g, r)
        self.owners = PhoneOwners(d, a, c, g, Recognition(base.keyring), t, timedelta(days=90))
        self.by_code = CodeSignIn(d, a, c, g, self.owners, t)
        self.registration = Registration(d, a, c, g, r, t)
        self.recovery = Recovery(d, a, c, g, self.owners, r, s, t)
        self.password_change = PasswordChange(d, a, g, r, s, t)
        self.lifecycle = Lifecycle(a, s)

    def phone(self) -> str:
        return f"1990000{next(_numbers):04d}"

    def address(self) -> str:
        n = next(_numbers)
        return f"10.{secrets.randbelow(250)}.{n // 250 % 250}.{n % 250}"

    def device(self) -> str:
        return secrets.token_urlsafe(16)

    def person(self, *, username: str | None = None, password_hash: str | None = _HASH) -> tuple[str, str]:
        """A registered account: id and phone."""
        phone = self.phone()
        with self.database.quick() as db:
            account_id = self.accounts.register(
                db, phone=phone, username=username, password_hash=password_hash,
                agreements={"privacy_notice": "1"}, locale="zh_CN", channel="web",
            )  # fmt: skip
        return account_id, phone

    def send(
        self, phone: str, purpose: str = "sign_in", *, device: str | None = None, address: str | None = None
    ) -> str:
        return self.codes.send(
            purpose, phone, device=device or self.device(), address=address or self.address(), locale="zh_CN"  # type: ignore[arg-type]
        )  # fmt: skip

    def messages(self, to: str) -> list[str]:
        with self.database.view() as db:
            rows = db.scalars(select(OutboxMessage).where(OutboxMessage.kind == "sms").order_by(OutboxMessage.id)).all()
        opened = [self.outbox.opened(row).payload for row in rows]
        return [each["text"] for each in opened if each["to"] == to]

    def last_code(self, phone: str) -> str:
        return re.findall(r"\d{6}", self.messages(phone)[-1])[0]

    def audited(self, act: str, account_id: str | None = None) -> list[AuditEntry]:
        with self.database.view() as db:
            mine = [AuditEntry.account_id == account_id] if account_id else []
            return list(db.scalars(select(AuditEntry).where(AuditEntry.act == act, *mine).order_by(AuditEntry.id)))

    def count(self, model: type) -> int:
        with self.database.view() as db:
            return db.scalar(select(func.count()).select_from(model)) or 0


@contextmanager
def open_house(url: str, redis_url: str) -> Iterator[House]:
    with durable(url) as base:
        yield House(base, open_store(redis_url))


def race(work: Callable[[int], T], threads: int = 12) -> list[T | Exception]:
    """Run `work(n)` in many threads that start together; what each answered or raised."""
    gate = Barrier(threads)

    def run(n: int) -> T | Exception:
        gate.wait()
        try:
            return work(n)
        except Exception as raised:
            return raised

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))
