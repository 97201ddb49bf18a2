"""Operators of the console: who they are, what they may do, and their sign-ins, apart from citizens' accounts."""

from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from idp.db.base import Code, Digest, Id, Instant, Model, Sealed


class Role(StrEnum):
    """The three administrators (三员分立), and the officers of counters; nobody holds two."""

    SYSTEM = "system"
    SECURITY = "security"
    AUDIT = "audit"
    COUNTER = "counter"


class Operator(Model):
    __tablename__ = "operators"

    id: Mapped[Id] = mapped_column(primary_key=True)
    login: Mapped[Code] = mapped_column(unique=True)
    role: Mapped[Code]
    state: Mapped[Code]
    password_hash: Mapped[Sealed]
    totp_sealed: Mapped[Sealed]
    totp_last_step: Mapped[int]
    created_at: Mapped[Instant]


class OperatorSession(Model):
    __tablename__ = "operator_sessions"

    id: Mapped[Id] = mapped_column(primary_key=True)
    secret_digest: Mapped[Digest] = mapped_column(unique=True)
    operator_id: Mapped[Id] = mapped_column(ForeignKey("operators.id"))
    created_at: Mapped[Instant]
    seen_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]
