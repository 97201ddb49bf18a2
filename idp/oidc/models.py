"""Tables of the protocol: sites and their leave to register, resource servers, consents, authorizations, tokens, keys."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db.base import Code, Digest, Id, Instant, Json, Model, Names, Sealed


class Client(Model):
    """A relying site as registered (RFC 7591 §2 names inside `metadata_`).

    In `test` mode synthetic people sign in at it and nobody else, in `live` mode everybody else. It belongs to a department,
    an organisation here, and its operators are those of the department's region (GB/T 2260).
    """

    __tablename__ = "clients"

    client_id: Mapped[Code] = mapped_column(primary_key=True)
    state: Mapped[Code]
    release_basis: Mapped[Code]
    metadata_: Mapped[Json] = mapped_column("metadata")
    origin: Mapped[Code] = mapped_column(server_default="operator")
    registration_digest: Mapped[Digest | None]
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
    mode: Mapped[Code] = mapped_column(server_default="live")
    organisation_id: Mapped[Id | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    region: Mapped[Code] = mapped_column(server_default=text("''"))


class ClientSecret(Model):
    """A secret of a client; several may be valid while one replaces another.

    Only its digest is kept, except where a method needs the secret itself (`client_secret_jwt`): then it is also sealed.
    """

    __tablename__ = "client_secrets"

    digest: Mapped[Digest] = mapped_column(primary_key=True)
    client_id: Mapped[Code] = mapped_column(ForeignKey("clients.client_id"), index=True)
    sealed: Mapped[Sealed | None]
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant | None]


class InitialAccessToken(Model):
    """Leave to register sites dynamically (RFC 7591 §3), given by an operator; kept by digest, counted down by use."""

    __tablename__ = "initial_access_tokens"

    id: Mapped[Id] = mapped_column(primary_key=True)
    digest: Mapped[Digest] = mapped_column(unique=True)
    label: Mapped[Code]
    uses_left: Mapped[int | None]
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    revoked_at: Mapped[Instant | None]


class SpentAssertion(Model):
    """The `jti` of an assertion that was accepted once (RFC 7523 §3, RFC 9700): kept until the assertion has expired."""

    __tablename__ = "spent_assertions"

    digest: Mapped[Digest] = mapped_column(primary_key=True)
    expires_at: Mapped[Instant] = mapped_column(index=True)


class ResourceServer(Model):
    """An API that access tokens are meant for (RFC 8707 §2): its identifier, the scopes it knows, the form of its tokens."""

    __tablename__ = "resource_servers"

    identifier: Mapped[str] = mapped_column(String(255), primary_key=True)
    name: Mapped[Code]
    client_id: Mapped[Code | None] = mapped_column(ForeignKey("clients.client_id"))
    scopes: Mapped[Names]
    token_format: Mapped[Code]
    signing_alg: Mapped[Code]
    state: Mapped[Code]
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]


class Consent(Model):
    """What the person lets one site know; one row a person and site, withdrawn rather than deleted."""

    __tablename__ = "consents"
    __table_args__ = (UniqueConstraint("account_id", "client_id"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"))
    client_id: Mapped[Code] = mapped_column(ForeignKey("clients.client_id"))
    scope: Mapped[Names]
    basis: Mapped[Code]
    given_at: Mapped[Instant]
    last_release_at: Mapped[Instant]
    withdrawn_at: Mapped[Instant | None]


class KnownAs(Model):
    """At this sector the account goes on under the subject of an account that was merged into it."""

    __tablename__ = "known_as"

    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    sector: Mapped[str] = mapped_column(String(255), primary_key=True)
    as_account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"))
    since: Mapped[Instant]


class KnownPrincipal(Model):
    """An organisation as a sector knows it, by the id that its sites were told; found again when they ask about it."""

    __tablename__ = "known_principals"

    sector: Mapped[str] = mapped_column(String(255), primary_key=True)
    known_as: Mapped[Digest] = mapped_column(primary_key=True)
    organisation_id: Mapped[Id] = mapped_column(ForeignKey("organisations.id"))


class Authorization(Model):
    """One answer to one authorization request: first the code, then, once that is spent, the family of its tokens.

    Without a code digest the tokens were handed out at the authorization endpoint. `extra` holds what only some requests
    have: `claims` (the claims parameter), `resource` (RFC 8707), `known_as` (the account by which the site knows the person),
    `principal` (the organisation that the person acts for).
    """

    __tablename__ = "authorizations"
    __table_args__ = (Index("ix_authorizations_account_client", "account_id", "client_id"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    code_digest: Mapped[Digest | None] = mapped_column(unique=True)
    code_expires_at: Mapped[Instant]
    code_spent_at: Mapped[Instant | None]
    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"))
    client_id: Mapped[Code]
    session_id: Mapped[Id] = mapped_column(ForeignKey("sso_sessions.id"), index=True)
    sid: Mapped[Id]
    subject: Mapped[Code]
    scope: Mapped[Sealed]
    redirect_uri: Mapped[Sealed]
    code_challenge: Mapped[Code | None]
    nonce: Mapped[Sealed | None]
    acr: Mapped[Code]
    amr: Mapped[Names]
    auth_time: Mapped[Instant]
    extra: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(index=True)
    revoked_at: Mapped[Instant | None]
    revoke_reason: Mapped[Code | None]


class DeviceRequest(Model):
    """What a device without a browser asks for a person to allow (RFC 8628); decided once, by the person, or never.

    Approval writes an authorization whose code digest is this row's, so that the device redeems it once like a code.
    """

    __tablename__ = "device_requests"

    digest: Mapped[Digest] = mapped_column(primary_key=True)
    user_code_index: Mapped[Digest] = mapped_column(unique=True)
    client_id: Mapped[Code]
    wire: Mapped[Json]
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(index=True)
    decided_at: Mapped[Instant | None]
    decision: Mapped[Code | None]


class RefreshToken(Model):
    """One refresh token of a family; spent by rotation, and remembered so that a reuse ends the family (RFC 9700 §4.14)."""

    __tablename__ = "refresh_tokens"

    digest: Mapped[Digest] = mapped_column(primary_key=True)
    authorization_id: Mapped[Id] = mapped_column(ForeignKey("authorizations.id"), index=True)
    parent_digest: Mapped[Digest | None] = mapped_column(index=True)
    scope: Mapped[Sealed]
    issued_at: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(index=True)
    spent_at: Mapped[Instant | None]


class SigningKey(Model):
    """A signing key pair; the private half wrapped, the public half published while tokens under it may live."""

    __tablename__ = "signing_keys"

    kid: Mapped[Code] = mapped_column(primary_key=True)
    alg: Mapped[Code]
    state: Mapped[Code]
    private_sealed: Mapped[Sealed]
    public_jwk: Mapped[Json]
    created_at: Mapped[Instant]
    active_at: Mapped[Instant | None]
    retired_at: Mapped[Instant | None]
