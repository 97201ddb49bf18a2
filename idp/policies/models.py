"""The table of policies: every version that an operator made, for ever."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from idp.db.base import Code, Id, Instant, Json, Model


class PolicyVersion(Model):
    """One version of one kind; the first of each is number 1 and lies in the settings, so rows begin with 2.

    `undoes` names the earlier version whose values it brings back.
    """

    __tablename__ = "policy_versions"

    kind: Mapped[Code] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    values: Mapped[Json]
    changed_by: Mapped[Id | None] = mapped_column(ForeignKey("operators.id"))
    changed_at: Mapped[Instant]
    reason: Mapped[Code]
    undoes: Mapped[int | None]
