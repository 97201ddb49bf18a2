"""Access tokens: opaque, or a JWT where the resource server reads it; kept by digest, alive only while their family is.

A JWT is kept like any other token, so that it can be introspected and revoked and ends with the account.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import orjson

from idp.core import clock, ids
from idp.oidc.tokens.recently import Recently
from idp.store.records import Record
from idp.store.redis import Store


@dataclass(frozen=True, slots=True)
class AccessToken(Record):
    """What an access token stands for; without `authorization_id` it is a client's own (client credentials).

    `aud` is there when it is meant for others than the issuer, `act` when somebody uses it on behalf of its subject
    (RFC 8693 §4.1), `origin` when it was exchanged for the token of another client, `jti` when it is a JWT, `principal`
    when its person acts for an organisation (`principals.kept`).
    """

    KIND: ClassVar[str] = "access"
    SECONDS: ClassVar[int] = 600

    client_id: str
    scope: str
    iat: int
    exp: int
    authorization_id: str | None = None
    account_id: str | None = None
    subject: str | None = None
    sid: str | None = None
    claims: dict[str, Any] | None = None
    aud: list[str] | None = None
    act: dict[str, Any] | None = None
    origin: str | None = None
    jti: str | None = None
    principal: dict[str, str] | None = None

    @property
    def site(self) -> str:
        """The client at which the person is."""
        return self.origin or self.client_id

    def to_bytes(self) -> bytes:
        """What is not there takes no room."""
        return orjson.dumps({name: value for name in _MEMBERS if (value := getattr(self, name)) is not None})

    def is_for(self, resource: str, *, issuer: str) -> bool:
        """Whether the token was issued to be used there; unless it says otherwise, it is for the issuer alone."""
        return resource in self.aud if self.aud is not None else resource == issuer


_MEMBERS = tuple(each.name for each in fields(AccessToken))


class AccessTokens:
    """Issues, reads and withdraws access tokens."""

    def __init__(self, store: Store, lifetime_seconds: int, recently: Recently) -> None:
        self._store = store
        self.lifetime_seconds = lifetime_seconds
        self.recently = recently

    def new(self, client_id: str, scope: str, *, until: int | None = None, **members: Any) -> tuple[str, AccessToken]:
        """An opaque token and its record, not yet kept; `members` are those of AccessToken, `until` an earlier end."""
        now = clock.epoch()
        exp = now + self.lifetime_seconds
        return ids.new_secret(), AccessToken(client_id, scope, now, min(exp, until or exp), **members)

    def keep(self, token: str, record: AccessToken) -> None:
        self._store.put(token, record, seconds=max(1, record.exp - record.iat))
        self.recently.notes()["record", token] = record  # most are used for UserInfo at once

    def is_over(self, record: AccessToken) -> bool:
        return record.exp <= clock.epoch()

    def find(self, token: str) -> AccessToken | None:
        """The record alone; whether it is alive is another question."""
        record: AccessToken | None = self.recently.notes().get(("record", token))
        return record if record is not None else self._store.get(AccessToken, token)

    def withdraw(self, token: str) -> None:
        self._store.delete(AccessToken, token)
        self.recently.clear()


def jwt_claims(
    record: AccessToken, *, issuer: str, audience: str, subject: str, sign_in: Mapping[str, Any]
) -> dict[str, Any]:
    """The claims of a JWT access token (RFC 9068 §2.2); `sign_in` holds auth_time, acr and amr where there was one."""
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": audience,
        "sub": subject,
        "client_id": record.client_id,
        "iat": record.iat,
        "exp": record.exp,
        "jti": record.jti,
        **sign_in,
    }
    if record.scope:
        claims["scope"] = record.scope
    if record.act is not None:
        claims["act"] = record.act
    return claims
