"""Before a check visits a host, the department shows that it is theirs: a file at a fixed address holds a word of ours.

The word belongs to one department and one origin and can be worked out again, so nothing is kept of it. The file is read by
the guarded client, at that address only, and nothing of it is shown.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.core import clock
from idp.core.crypto import Keyring, Purpose
from idp.core.deadline import Deadline
from idp.core.http import GuardedClient, HttpUnavailable
from idp.db.unit_of_work import Database
from idp.oidc.registration.client_uris import is_loopback
from idp.sites.errors import SiteError
from idp.sites.models_checks import SiteHost

PATH: Final = "/.well-known/unified-identity.txt"
LASTS: Final = timedelta(days=90)
_PAUSE, _FORGET = timedelta(seconds=3), timedelta(days=365)
_SECONDS, _MOST_BYTES = 5.0, 16_384


class NotProven(SiteError):
    """`origins` are those of which the department has not shown that they are theirs."""

    code = "site.host_not_proven"
    sentence = "请先证明这些主机属于本部门：把下面给出的内容放到主机上，再核对。"
    status = 409

    def __init__(self, origins: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.origins = origins


@dataclass(frozen=True, slots=True)
class Ownership:
    """Knows whose hosts are whose; `is_local`: the issuer is on loopback itself, where loopback is everybody's."""

    database: Database
    keyring: Keyring
    trail: Trail
    http: GuardedClient
    is_local: bool = False

    def word(self, organisation_id: str, origin: str) -> str:
        """The line that the file of this host has to hold for this department."""
        message = f"site_host\x00{organisation_id}\x00{origin}"
        return f"unified-identity={self.keyring.derived(Purpose.BROWSER, message)}"

    def asked(self, origins: Iterable[str]) -> tuple[str, ...]:
        """Those of them that have to be shown at all."""
        return tuple(sorted(each for each in set(origins) if not self._is_free(each)))

    def proven(self, db: Session, organisation_id: str | None, at: datetime) -> dict[str, datetime]:
        """The origins that were the department's at that moment, and since when that is known."""
        if organisation_id is None:
            return {}
        known = select(SiteHost.origin, SiteHost.proven_at).where(
            SiteHost.organisation_id == organisation_id, SiteHost.proven_at > at - LASTS
        )
        return {origin: since for origin, since in db.execute(known) if since is not None}

    def require(self, db: Session, organisation_id: str | None, origins: Iterable[str], at: datetime) -> None:
        """NotProven, unless all of them are the department's."""
        known = self.proven(db, organisation_id, at)
        if missing := tuple(each for each in self.asked(origins) if each not in known):
            raise NotProven(missing)

    def open_to(self, db: Session, organisation_id: str | None, origins: Iterable[str], at: datetime) -> frozenset[str]:
        """Those of them that a check may visit."""
        known, every = self.proven(db, organisation_id, at), set(origins)
        return frozenset(every - set(self.asked(every)) | every & set(known))

    def renew(self, organisation_id: str, origins: Iterable[str], *, actor: Actor) -> None:
        """Look again at those that were proven before and are too old, for as long as one may take; the others are left."""
        now, deadline = clock.now(), Deadline.after(_SECONDS)
        old = select(SiteHost.origin).where(
            SiteHost.organisation_id == organisation_id, SiteHost.proven_at <= now - LASTS,
            SiteHost.origin.in_(self.asked(origins)),
        )  # fmt: skip
        with self.database.view() as db:
            found = db.scalars(old).all()
        for origin in found:
            if deadline.is_over():
                break
            self.prove(organisation_id, origin, actor=actor, deadline=deadline)

    def prove(self, organisation_id: str, origin: str, *, actor: Actor, deadline: Deadline | None = None) -> str:
        """Read the file of the host; empty when it holds the word, else why not (a reason of the client, or a code)."""
        now = clock.now()
        if not self._begin(organisation_id, origin, now):
            return "too_soon"
        if reason := self._read(organisation_id, origin, deadline or Deadline.after(_SECONDS)):
            return reason
        with self.database.transaction() as db:
            db.execute(
                update(SiteHost)
                .where(SiteHost.organisation_id == organisation_id, SiteHost.origin == origin)
                .values(proven_at=now)
            )
            self.trail.record(db, "site.host_proven", actor=actor, organisation=organisation_id, origin=origin)
        return ""

    def forget_old(self, db: Session, now: datetime) -> None:
        db.execute(delete(SiteHost).where(SiteHost.tried_at < now - _FORGET))

    def _begin(self, organisation_id: str, origin: str, now: datetime) -> bool:
        """One look at a host at a time, with a pause; of many at once one goes."""
        mine = (SiteHost.organisation_id == organisation_id, SiteHost.origin == origin)
        with self.database.transaction() as db:
            again = update(SiteHost).where(*mine, SiteHost.tried_at < now - _PAUSE).values(tried_at=now)
            if db.scalar(again.returning(SiteHost.origin)) is not None:
                return True
            if db.scalar(select(SiteHost.origin).where(*mine)) is not None:
                return False
        try:
            with self.database.transaction() as db:
                db.add(SiteHost(organisation_id=organisation_id, origin=origin, tried_at=now))
        except IntegrityError:
            return False
        return True

    def _read(self, organisation_id: str, origin: str, deadline: Deadline) -> str:
        with self.http.turnstile.passed() as is_in:  # a host may be as slow as it likes, and a process has few threads
            return self._fetched(organisation_id, origin, deadline) if is_in else "busy"

    def _fetched(self, organisation_id: str, origin: str, deadline: Deadline) -> str:
        try:
            answer = self.http.request(
                "GET", address_of(origin), headers={"Accept": "text/plain"}, body=None,
                deadline=deadline, max_bytes=_MOST_BYTES,
            )  # fmt: skip
        except HttpUnavailable as away:
            return away.reason
        if answer.status != 200:
            return f"HTTP {answer.status}"
        lines = [line.strip() for line in answer.body.decode("utf-8", "replace").lstrip("\ufeff").splitlines()]
        return "" if self.word(organisation_id, origin) in lines else "no_word"

    def _is_free(self, origin: str) -> bool:
        return self.is_local and is_loopback(urlsplit(origin).hostname or "")


def address_of(origin: str) -> str:
    """Where the file of a host is read."""
    scheme, _, host = origin.partition("://")
    name, _, port = host.rpartition(":")
    return f"{scheme}://{name if port == {'http': '80', 'https': '443'}[scheme] else host}{PATH}"
