"""Opaque access tokens: 256 random bits, kept by digest in the short-lived store, alive only while their family is."""

from dataclasses import dataclass
from typing import Any, ClassVar

from idp.core import clock, ids
from idp.db.unit_of_work import Database
from idp.oidc import authorizations
from idp.store.records import Record
from idp.store.redis import Store


@dataclass(frozen=True, slots=True)
class AccessToken(Record):
    """What an access token stands for; without `authorization_id` it is a client's own (client credentials)."""

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


class AccessTokens:
    """Issues, reads and withdraws access tokens."""

    def __init__(self, store: Store, database: Database, lifetime_seconds: int) -> None:
        self._store = store
        self._database = database
        self.lifetime_seconds = lifetime_seconds

    def new(self, client_id: str, scope: str, **family: Any) -> tuple[str, AccessToken]:
        """A token and its record, not yet kept; `family` names authorization_id, account_id, subject, sid and claims."""
        now = clock.epoch()
        return ids.new_secret(), AccessToken(client_id, scope, now, now + self.lifetime_seconds, **family)

    def keep(self, token: str, record: AccessToken) -> None:
        self._store.put(token, record, seconds=self.lifetime_seconds)

    def read(self, token: str) -> AccessToken | None:
        """The record of a token that is neither expired nor withdrawn, whose family and account are alive."""
        record = self._store.get(AccessToken, token)
        if record is None or self.is_over(record):
            return None
        if record.authorization_id is None:
            return record
        with self._database.glance() as db:
            return record if authorizations.alive(db, record.authorization_id) is not None else None

    def is_over(self, record: AccessToken) -> bool:
        return record.exp <= clock.epoch()

    def find(self, token: str) -> AccessToken | None:
        """The record alone; whether it is alive is another question."""
        return self._store.get(AccessToken, token)

    def withdraw(self, token: str) -> None:
        self._store.delete(AccessToken, token)
