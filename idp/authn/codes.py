"""One-time codes by SMS: sent within limits, bound to the browser that asked, tried five times at most, spent once.

A challenge lives in SQL: `tries` and `spent_at` change in one conditional statement, so that of parallel guesses five
count and of parallel right answers one wins. Spending a code allows one act (`used_at`) within a quarter of an hour.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import orjson
from sqlalchemy import bindparam, case, insert, null, select, update
from sqlalchemy.orm import Session

from idp.accounts.errors import InvalidPhone
from idp.audit.trail import Trail
from idp.authn import sms_texts
from idp.authn.code_limits import CodeLimits
from idp.authn.errors import CodeExpired, WrongCode
from idp.authn.models import OneTimeCode
from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.core.identifiers import IdentifierError, MobileNumber, mask_mobile
from idp.db.base import Utc
from idp.db.prepared import Prepared, RawTransaction
from idp.db.unit_of_work import Database
from idp.outbox.outbox import Outbox

Purpose = Literal["register", "sign_in", "recover", "start_anew", "merge", "bind"]
"""`start_anew` is what a code becomes whose phone was another account's: it registers, and does nothing else."""

SMS = "sms"
LIFETIME = timedelta(minutes=5)
MAX_TRIES = 5
USABLE_FOR = timedelta(minutes=15)

_is_challenge = (
    (OneTimeCode.id == bindparam("wanted"))
    & (OneTimeCode.purpose == bindparam("for_purpose"))
    & (OneTimeCode.device_digest == bindparam("device"))
)
_CREATE = Prepared(
    insert(OneTimeCode).values({
        c: bindparam(c)
        for c in (
            "id", "purpose", "target_index", "target_sealed", "code_digest", "device_digest", "tries", "created_at",
            "expires_at",
        )
    })
)  # fmt: skip
_SUPERSEDE = Prepared(
    update(OneTimeCode)
    .where(
        OneTimeCode.target_index == bindparam("target"), OneTimeCode.purpose == bindparam("for_purpose"),
        OneTimeCode.device_digest == bindparam("device"), OneTimeCode.spent_at.is_(None),
        OneTimeCode.expires_at > bindparam("now"),
    )
    .values(expires_at=bindparam("now"))
)  # fmt: skip
_TRY = Prepared(
    update(OneTimeCode)
    .where(
        _is_challenge,
        OneTimeCode.spent_at.is_(None),
        OneTimeCode.tries < MAX_TRIES,
        OneTimeCode.expires_at > bindparam("now"),
    )
    .values(
        tries=OneTimeCode.tries + 1,
        spent_at=case((OneTimeCode.code_digest == bindparam("given"), bindparam("now", type_=Utc)), else_=null()),
    )
    .returning(OneTimeCode.spent_at, OneTimeCode.target_sealed)
)
_is_usable = _is_challenge & (OneTimeCode.spent_at > bindparam("spent_since")) & OneTimeCode.used_at.is_(None)
_USABLE = Prepared(select(OneTimeCode.target_sealed).where(_is_usable))
_USE = Prepared(
    update(OneTimeCode).where(_is_usable).values(used_at=bindparam("now")).returning(OneTimeCode.target_sealed)
)
_TURN = Prepared(
    update(OneTimeCode).where(_is_usable).values(purpose=bindparam("into")).returning(OneTimeCode.target_sealed)
)
_TARGET = Prepared(
    select(OneTimeCode.target_sealed).where(
        OneTimeCode.id == bindparam("wanted"), OneTimeCode.device_digest == bindparam("device")
    )
)


@dataclass(frozen=True, slots=True)
class Spent:
    """The right code, spent by this very call."""

    phone: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong code; the try is counted."""


@dataclass(frozen=True, slots=True)
class Expired:
    """No open challenge: unknown, another browser's, expired, spent, or tried too often."""


class OneTimeCodes:
    """Sends and checks codes. What a stranger could learn from sending one is the same for every number and name."""

    def __init__(self, database: Database, limits: CodeLimits, keyring: Keyring, trail: Trail, outbox: Outbox) -> None:
        self._database = database
        self._limits = limits
        self._keyring = keyring
        self._trail = trail
        self._outbox = outbox

    def send(self, purpose: Purpose, phone: str, *, device: str, address: str, locale: str) -> str:
        """Send a code to the phone that was typed; InvalidPhone or TooManyAttempts(retry_after) instead."""
        try:
            number = MobileNumber.parse(phone)
        except IdentifierError:
            raise InvalidPhone from None
        self._limits.check_origin(device=device, address=address)
        with self._database.transaction() as db:
            self._limits.take_for_phone(db, number, device=device, address=address)
            return self._issue(db, purpose, number, asked=number.national, shown=True, device=device, locale=locale)

    def send_quietly(
        self, purpose: Purpose, phone: str | None, *, asked: str, device: str, address: str, locale: str
    ) -> str:
        """Send a code to the phone of the account that `asked` (a typed name or number) means.

        Without a phone, or when the phone's own limit is reached, it is a decoy: same limits for `asked`, same work,
        same shape, and a code that nobody has. The person is told the same in every case.
        """
        self._limits.check_origin(device=device, address=address)
        typed = _phone_or_none(asked)
        number = MobileNumber.parse(phone) if phone is not None else None
        with self._database.transaction() as db:
            self._limits.take_for_asked(db, typed.national if typed is not None else asked, device=device)
            may_send = self._limits.may_send_quietly(
                db, number, typed=typed, asked=asked, device=device, address=address
            )
            target = number if may_send else None
            subject = typed.national if typed is not None else asked.strip().casefold()[:64]
            return self._issue(
                db, purpose, target, asked=subject, shown=typed is not None, device=device, locale=locale
            )

    def check(self, challenge_id: str, purpose: Purpose, code: str, *, device: str) -> str:
        """Spend the code and answer the phone it proves; WrongCode or CodeExpired otherwise, with the try counted."""
        with self._database.transaction() as db:
            result = self.try_code(db, challenge_id, purpose, code, device=device)
        match result:
            case Spent(phone):
                return phone
            case Wrong():
                raise WrongCode
            case Expired():
                raise CodeExpired

    def try_code(
        self, db: RawTransaction | Session, challenge_id: str, purpose: Purpose, code: str, *, device: str
    ) -> Spent | Wrong | Expired:
        """Count one try and spend the code if it is right, in the caller's transaction, which must commit either way."""
        row = _TRY.first(
            db, wanted=challenge_id, for_purpose=purpose, device=ids.digest(device), now=clock.now(),
            given=self._digest(challenge_id, "".join(code.split())),
        )  # fmt: skip
        if row is None:
            self._trail.record(db, "code.refused", outcome="failure", purpose=purpose, reason="expired")
            return Expired()
        if row.spent_at is None:
            self._trail.record(db, "code.refused", outcome="failure", purpose=purpose, reason="wrong")
            return Wrong()
        self._trail.record(db, "code.accepted", purpose=purpose)
        return Spent(self._opened(challenge_id, row.target_sealed)["phone"])

    def proven_phone(
        self, db: RawTransaction | Session, challenge_id: str, purpose: Purpose, *, device: str
    ) -> str | None:
        """The phone that this browser has proven and not yet used the proof of."""
        row = _USABLE.first(db, **self._usable(challenge_id, purpose, device))
        return self._opened(challenge_id, row.target_sealed)["phone"] if row is not None else None

    def use(self, db: RawTransaction | Session, challenge_id: str, purpose: Purpose, *, device: str) -> str | None:
        """Use the proof for its one act, in the transaction of that act; None when there is none, or another was faster."""
        row = _USE.first(db, now=clock.now(), **self._usable(challenge_id, purpose, device))
        return self._opened(challenge_id, row.target_sealed)["phone"] if row is not None else None

    def turn(
        self, db: RawTransaction | Session, challenge_id: str, purpose: Purpose, into: Purpose, *, device: str
    ) -> bool:
        """Let an unused proof stand for another act instead; of this and every use of it at once, one happens."""
        return _TURN.first(db, into=into, **self._usable(challenge_id, purpose, device)) is not None

    def masked_target(self, challenge_id: str, device: str) -> str | None:
        """Where the code went, as far as this browser may know: only a number that was typed in it, `138****0001`."""
        with self._database.glance() as db:
            row = _TARGET.first(db, wanted=challenge_id, device=ids.digest(device))
        shown = self._opened(challenge_id, row.target_sealed)["shown"] if row is not None else ""
        return mask_mobile(shown) if shown else None

    def _issue(
        self,
        db: Session,
        purpose: Purpose,
        target: MobileNumber | None,
        *,
        asked: str,
        shown: bool,
        device: str,
        locale: str,
    ) -> str:
        challenge_id, code, now = ids.new_id(), ids.numeric_code(), clock.now()
        phone = target.national if target is not None else ""
        index = self._keyring.blind_index("one_time_code_target", asked)
        _SUPERSEDE(db, target=index, for_purpose=purpose, device=ids.digest(device), now=now)
        sealed = orjson.dumps({"phone": phone, "shown": asked if shown else ""}).decode()
        _CREATE(
            db,
            id=challenge_id,
            purpose=purpose,
            target_index=index,
            target_sealed=self._keyring.seal(sealed, bound_to=_place(challenge_id)),
            code_digest=self._digest(challenge_id, code if target is not None else ids.new_secret()),
            device_digest=ids.digest(device),
            tries=0,
            created_at=now,
            expires_at=now + LIFETIME,
        )
        payload = {"to": phone, "text": sms_texts.code(purpose, code, locale)}
        self._outbox.post(db, SMS, recipient=SMS, payload=payload, lifetime=LIFETIME)
        self._trail.record(db, "code.sent", purpose=purpose, is_decoy=target is None)
        return challenge_id

    def _usable(self, challenge_id: str, purpose: Purpose, device: str) -> dict[str, object]:
        return {
            "wanted": challenge_id,
            "for_purpose": purpose,
            "device": ids.digest(device),
            "spent_since": clock.now() - USABLE_FOR,
        }

    def _digest(self, challenge_id: str, code: str) -> str:
        """Keyed, because a million codes are quickly tried against a plain digest."""
        return self._keyring.blind_index("one_time_code", f"{challenge_id}:{code}")

    def _opened(self, challenge_id: str, sealed: str) -> dict[str, str]:
        opened: dict[str, str] = orjson.loads(self._keyring.open(sealed, bound_to=_place(challenge_id)))
        return opened


def _phone_or_none(text: str) -> MobileNumber | None:
    try:
        return MobileNumber.parse(text)
    except IdentifierError:
        return None


def _place(challenge_id: str) -> str:
    return f"one_time_codes.target:{challenge_id}"
