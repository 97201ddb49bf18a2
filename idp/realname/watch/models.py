"""Tables of the operators' hand on the sources: every version of what they set, and the days that are over."""

from datetime import date

from sqlalchemy import Date
from sqlalchemy.orm import Mapped, mapped_column

from idp.db.base import Code, Id, Instant, Json, Model


class SourceSettings(Model):
    """One version of what operators set about all sources; the highest is in force, and none is ever changed."""

    __tablename__ = "source_settings"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    settings: Mapped[Json]
    reason: Mapped[Code]
    made_by: Mapped[Id]
    made_at: Mapped[Instant]


class SourceDay(Model):
    """What one source did on a day that is over, in Beijing's calendar; kept so that nobody counts its evidence again."""

    __tablename__ = "source_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    source: Mapped[Code] = mapped_column(primary_key=True)
    verified: Mapped[int]
    refuted: Mapped[int]
    abandoned: Mapped[int]
    unavailable: Mapped[int]
    p50_ms: Mapped[int | None]
    p95_ms: Mapped[int | None]
    cost: Mapped[int]
    """In fen, by the price of each question when it was asked."""
