"""How often anybody may be asked about: by account, by number, and by the network that the asking comes from."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from idp.accounts.synthetic import hold_real
from idp.core import clock
from idp.core.addresses import network_of
from idp.realname import levels, runner
from idp.realname.errors import TooManyChecks
from idp.realname.models import Evidence, IdentityAttempt
from idp.store.redis import Store

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
# The account's three bound what one account asks about one number. All accounts together get several times as many, so
# that it takes a crowd of accounts, each with a phone of its own, to stop the owner of a number for a day.
PER_ACCOUNT_A_DAY, PER_NUMBER_A_DAY, PER_NETWORK_AN_HOUR = 3, 20, 10
STARTS_A_DAY = 5
# What came to nothing uses no try up, but somebody who goes on and on with questions that a source cannot answer would
# keep its breaker open for everybody else.
IN_VAIN_AN_HOUR = 20
HOUR_SECONDS, DAY_SECONDS = 3600, 86_400
ORGANISATION = "organisation"
"""The purpose of questions about an organisation that the person speaks for: they are counted by themselves."""
_COUNTED = (levels.ASKED, levels.VERIFIED, levels.REFUTED)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many decided checks there may be, and how many challenges may be started."""

    per_account_day: int = PER_ACCOUNT_A_DAY
    per_number_day: int = PER_NUMBER_A_DAY
    per_network_hour: int = PER_NETWORK_AN_HOUR
    starts_a_day: int = STARTS_A_DAY


@dataclass(frozen=True, slots=True)
class Taken:
    """What one asking has used of the shared limits, so that it can be given back."""

    network: str
    number: str
    at: float


class SharedLimits:
    """The limits that several accounts share; each asking takes of them before anybody is asked."""

    def __init__(self, store: Store, limits: Callable[[], Limits]) -> None:
        self._store = store
        self._limits = limits

    def take(self, address: str, document_index: str) -> Taken:
        """TooManyChecks when the network or the number has had its share."""
        taken = Taken(
            f"identity:network:{network_of(address)}", f"identity:number:{document_index}", clock.now().timestamp()
        )
        limits = self._limits()
        self._hit(taken.network, limits.per_network_hour, HOUR_SECONDS, taken.at)
        self._hit(taken.number, limits.per_number_day, DAY_SECONDS, taken.at)
        return taken

    def nobody_was_asked(self, taken: Taken) -> None:
        """The number was not asked about after all; that somebody tried still counts."""
        self._store.give_back(taken.number, period=DAY_SECONDS, now=taken.at)

    def give_back(self, taken: Taken) -> None:
        """Nothing was decided: only what was decided counts."""
        self._store.give_back(taken.network, period=HOUR_SECONDS, now=taken.at)
        self.nobody_was_asked(taken)

    def _hit(self, counter: str, limit: int, period: int, at: float) -> None:
        if wait := self._store.hit(counter, limit=limit, period=period, now=at):
            raise TooManyChecks(retry_after=wait)


def hold_account(db: Session, account_id: str, limits: Limits, now: datetime) -> None:
    """Lock the account's row, so that parallel askings are counted; TooManyChecks when its day is used up."""
    hold_real(db, account_id)
    used = db.scalar(
        select(func.count()).where(
            Evidence.account_id == account_id,
            Evidence.at > now - DAY,
            Evidence.verdict.in_(_COUNTED),
            Evidence.purpose != ORGANISATION,
        )
    )
    if (used or 0) >= limits.per_account_day or is_in_vain(db, account_id, now):
        raise TooManyChecks


def is_in_vain(db: Session, account_id: str, now: datetime) -> bool:
    """Whether the account has asked too often of late without any answer; what never reached a source does not count."""
    lost = db.scalar(
        select(func.count()).where(
            Evidence.account_id == account_id,
            Evidence.at > now - HOUR,
            Evidence.verdict == levels.UNAVAILABLE,
            Evidence.reason.not_in(runner.NOT_ASKED),
        )
    )
    return (lost or 0) >= IN_VAIN_AN_HOUR


def hold_starts(db: Session, account_id: str, limits: Limits, now: datetime) -> None:
    """The same for challenges, whatever comes of them, but for those that the source could not take."""
    used = db.scalar(
        select(func.count()).where(
            IdentityAttempt.account_id == account_id,
            IdentityAttempt.started_at > now - DAY,
            IdentityAttempt.outcome.is_distinct_from(levels.UNAVAILABLE),
        )
    )
    if (used or 0) >= limits.starts_a_day:
        raise TooManyChecks
