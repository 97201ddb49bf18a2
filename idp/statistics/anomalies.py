"""What is unusual about a day: held against the same weekday of the four weeks before, by the median and its deviation.

The median and the median absolute deviation (MAD) bear one strange week among the four, which a mean would not; counts
vary by about their root anyway, and by a tenth without any reason, so less than that is never unusual.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from idp.statistics import measures
from idp.statistics.models import StatisticsDay as D

WEEKS = 4
WATCHED = (
    measures.SIGN_IN, measures.SIGN_IN_FAILED, measures.NEW_ACCOUNT, measures.PROOF, measures.SITE_SIGN_IN,
    measures.SITE_ERROR, measures.DELIVERY_FAILED, measures.CONSENT_REFUSED,
)  # fmt: skip
_NORMAL = 1.4826  # the MAD of a normal distribution times this is its standard deviation
_FAR = 5.0
_MUCH, _LITTLE, _MANY = 1.5, 0.6, 20


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A measure that was unusually high or low on a day; `key` is what changed most, empty where nothing stands out."""

    measure: str
    day: date
    count: int
    median: float
    key: str
    is_high: bool

    @property
    def times(self) -> float:
        return self.count / self.median


def judge(count: int, before: Sequence[int], *, is_over: bool = True) -> tuple[float, bool] | None:
    """The median and whether the count is high; None when it is usual. A day that is not over can only be high.

    Before three of the four weeks have any count there is nothing to hold it against.
    """
    if sum(each > 0 for each in before) < WEEKS - 1:
        return None
    middle = float(median(before))
    spread = max(_NORMAL * median(abs(each - middle) for each in before), sqrt(middle), middle / 10)
    if count - middle >= max(_MANY, _FAR * spread) and count >= _MUCH * middle:
        return middle, True
    if is_over and middle - count >= max(_MANY, min(_FAR * spread, middle * _LITTLE)) and count <= _LITTLE * middle:
        return middle, False
    return None


def of_day(db: Session, day: date, *, region: str = "", is_over: bool = True) -> list[Anomaly]:
    """What was unusual on the day in a division, in the order of `WATCHED`. One statement."""
    days = [day - timedelta(days=7 * week) for week in range(WEEKS + 1)]
    query = (
        select(D.measure, D.day, D.key, func.sum(D.count).label("times"))
        .where(D.measure.in_(WATCHED), D.region == region, D.client_id == "", D.day.in_(days))
        .group_by(D.measure, D.day, D.key)
    )
    counts: dict[str, dict[str, dict[date, int]]] = {}
    for row in db.execute(query):
        counts.setdefault(row.measure, {}).setdefault(row.key, {})[row.day] = int(row.times)
    found = (_of_measure(measure, counts.get(measure, {}), days, is_over) for measure in WATCHED)
    return [each for each in found if each is not None]


def _of_measure(
    measure: str, keys: Mapping[str, Mapping[date, int]], days: list[date], is_over: bool
) -> Anomaly | None:
    totals = [sum(by_day.get(day, 0) for by_day in keys.values()) for day in days]
    if (judged := judge(totals[0], totals[1:], is_over=is_over)) is None:
        return None
    middle, is_high = judged
    changed = {
        key: by_day.get(days[0], 0) - median(by_day.get(day, 0) for day in days[1:])
        for key, by_day in keys.items()
        if key
    }
    most = sorted(changed.items(), key=lambda each: (-each[1] if is_high else each[1], each[0]))[:1]
    key = most[0][0] if most and (most[0][1] > 0) is is_high and most[0][1] != 0 else ""
    return Anomaly(measure, days[0], totals[0], middle, key, is_high)
