"""Tables of the staff: operators and their sign-ins, apart from citizens' accounts, and what waits for a second person."""

from enum import StrEnum

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db.base import Code, Digest, Id, Instant, Json, Model, Names, Sealed


class Role(StrEnum):
    """The three administrators (三员分立), officers of counters, and the staff of departments; nobody holds two."""

    SYSTEM = "system"
    SECURITY = "security"
    AUDIT = "audit"
    COUNTER = "counter"
    DEPARTMENT = "department"


class Operator(Model):
    """One member of the staff, and where their duty ends: a region (GB/T 2260, empty for the whole), or named clients."""

    __tablename__ = "operators"

    id: Mapped[Id] = mapped_column(primary_key=True)
    login: Mapped[Code] = mapped_column(unique=True)
    role: Mapped[Code]
    state: Mapped[Code]
    password_hash: Mapped[Sealed | None]
    totp_sealed: Mapped[Sealed | None]
    totp_last_step: Mapped[int]
    created_at: Mapped[Instant]
    region: Mapped[Code] = mapped_column(server_default=text("''"))
    clients: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    networks: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    """From where alone this operator comes in; None is everywhere."""
    past_passwords: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    password_changed_at: Mapped[Instant | None]
    enrolled_at: Mapped[Instant | None]
    """Since when there are factors to sign in with."""
    last_sign_in_at: Mapped[Instant | None]


class OperatorSession(Model):
    """One sign-in of an operator; `confirmed_at` is when a factor was last shown in it."""

    __tablename__ = "operator_sessions"

    id: Mapped[Id] = mapped_column(primary_key=True)
    secret_digest: Mapped[Digest] = mapped_column(unique=True)
    operator_id: Mapped[Id] = mapped_column(ForeignKey("operators.id"))
    created_at: Mapped[Instant]
    seen_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]
    confirmed_at: Mapped[Instant | None]
    browser: Mapped[Code] = mapped_column(server_default=text("''"))


class Invitation(Model):
    """A link that enrols factors once: of the first of a role (`setup`), of somebody new (`first`), or again (`renew`)."""

    __tablename__ = "operator_invitations"

    id: Mapped[Id] = mapped_column(primary_key=True)
    secret_digest: Mapped[Digest] = mapped_column(unique=True)
    kind: Mapped[Code]
    role: Mapped[Code]
    operator_id: Mapped[Id | None] = mapped_column(ForeignKey("operators.id"), index=True)
    made_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    used_at: Mapped[Instant | None]
    voided_at: Mapped[Instant | None]
    second_half: Mapped[Digest | None]
    """A keyed digest of the code that the approver hands over beside the link; None where one person made the link alone."""
    wrong_halves: Mapped[int] = mapped_column(server_default=text("0"))


class Passkey(Model):
    """A key of an operator's device (WebAuthn); `credential` and `public_key` are base64url."""

    __tablename__ = "operator_passkeys"

    id: Mapped[Id] = mapped_column(primary_key=True)
    operator_id: Mapped[Id] = mapped_column(ForeignKey("operators.id"), index=True)
    credential_digest: Mapped[Digest] = mapped_column(unique=True)
    credential: Mapped[Sealed]
    public_key: Mapped[Sealed]
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[Code]
    added_at: Mapped[Instant]
    last_used_at: Mapped[Instant | None]


class SpentChallenge(Model):
    """A challenge that a passkey answered; kept until it would have expired, so that no answer serves twice."""

    __tablename__ = "operator_challenges"

    digest: Mapped[Digest] = mapped_column(primary_key=True)
    expires_at: Mapped[Instant] = mapped_column(index=True)


class ApiToken(Model):
    """A bearer token that an operator made for themself; good for `scopes`, names of permissions, while it lasts."""

    __tablename__ = "operator_tokens"
    __table_args__ = (Index("ix_operator_tokens_operator", "operator_id", "id"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    operator_id: Mapped[Id] = mapped_column(ForeignKey("operators.id"))
    name: Mapped[Code]
    secret_digest: Mapped[Digest] = mapped_column(unique=True)
    scopes: Mapped[Names]
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(index=True)
    last_used_at: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]


class Approval(Model):
    """A sensitive act that one operator asked for and another has to allow; decided once, done once.

    `summary` is what the second person reads: codes and ids. What only the act needs is in `payload_sealed`. States: open,
    approved (and waiting to be done by the asker), done, refused, withdrawn, expired. One that is open or approved past its
    `expires_at` counts for nothing, before it is marked so too.
    """

    __tablename__ = "approvals"
    __table_args__ = (
        Index("uq_approvals_open", "act", "target", unique=True,
              sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'")),
        Index("ix_approvals_state", "state", "id"),
        Index("ix_approvals_asked_by", "asked_by", "id"),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    act: Mapped[Code]
    target: Mapped[Code]
    region: Mapped[Code]
    summary: Mapped[Json]
    payload_sealed: Mapped[Sealed | None]
    reason: Mapped[Code]
    asked_by: Mapped[Id] = mapped_column(ForeignKey("operators.id"))
    asked_at: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(index=True)
    state: Mapped[Code]
    decided_by: Mapped[Id | None] = mapped_column(ForeignKey("operators.id"))
    decided_at: Mapped[Instant | None]
    remark: Mapped[Code | None]
    done_at: Mapped[Instant | None]
    second_half: Mapped[Digest | None]
    """A keyed digest of the code that the approver got, where what is allowed takes both people to use."""


class Confirmation(Model):
    """A sensitive act that a program asked for by a token; done once its operator, in the console, says so.

    `act` is the route of the console that does it, `arguments` are those of its address, and its form is in `form_sealed` until
    the matter is settled. States: waiting, done, refused, withdrawn, expired, failed. One that waits past its `expires_at`, or
    whose token or operator is no more, counts for nothing, whatever is marked.
    """

    __tablename__ = "confirmations"
    __table_args__ = (
        Index("ix_confirmations_operator", "operator_id", "id"),
        Index("ix_confirmations_token", "token_id", "id"),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    operator_id: Mapped[Id] = mapped_column(ForeignKey("operators.id"))
    token_id: Mapped[Id] = mapped_column(ForeignKey("operator_tokens.id"))
    act: Mapped[Code]
    arguments: Mapped[Json]
    form_sealed: Mapped[Sealed | None]
    same_as: Mapped[Digest]
    """A keyed digest of act, arguments and form: a program that asks twice gets the one that waits."""
    network: Mapped[Code]
    asked_at: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(index=True)
    state: Mapped[Code]
    settled_at: Mapped[Instant | None]
    failure: Mapped[Code | None]
    """Why it could not be done, as the code of the refusal."""
    approval_id: Mapped[Id | None] = mapped_column(ForeignKey("approvals.id"))
    """The request for a second person that came of it."""
