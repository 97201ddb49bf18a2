"""Counts of days and of months, and how far into the trail they reach."""

from datetime import date

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from idp.db.base import Code, Model


class StatisticsDay(Model):
    """How often something happened on one day in Beijing.

    Sums are kept beside the parts, so that every chart reads one range of the key: `client_id` is a site or empty for all
    of them, `region` a division with everything that lies in it (county, city, province) or empty for the whole.
    """

    __tablename__ = "statistics_days"
    __table_args__ = (
        Index("ix_statistics_days_region_day", "measure", "region", "day"),
        Index("ix_statistics_days_day", "day"),
    )

    measure: Mapped[Code] = mapped_column(primary_key=True)
    region: Mapped[Code] = mapped_column(primary_key=True)
    client_id: Mapped[Code] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    key: Mapped[Code] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)


class StatisticsMonth(Model):
    """The days of one month added up, which `day` is the first of; moved in the transaction of each of its days.

    `told` adds up what each day tells where small numbers are hidden (`small.told`): by months nobody learns more.
    """

    __tablename__ = "statistics_months"
    __table_args__ = (Index("ix_statistics_months_region_day", "measure", "region", "day"),)

    measure: Mapped[Code] = mapped_column(primary_key=True)
    region: Mapped[Code] = mapped_column(primary_key=True)
    client_id: Mapped[Code] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    key: Mapped[Code] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    told: Mapped[int] = mapped_column(BigInteger)


class StatisticsMark(Model):
    """The place in the chain up to which everything was counted; whoever moves it counts.

    A second one is the first day, as its number in the calendar, of which days are kept and not months alone.
    """

    __tablename__ = "statistics_marks"

    name: Mapped[Code] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
