"""Accounts elsewhere (WeChat, Alipay, another centre) that open an account here: found by a keyed index, linked once.

A link proves no identity. Of two accounts that link the same account elsewhere at once, the unique index lets one win.
Everything runs in the caller's transaction.
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from idp.accounts.errors import LastWayIn, LinkedElsewhere
from idp.accounts.models import Account, AccountState, ExternalLink, Identifier, IdentifierKind, Password
from idp.accounts.synthetic import require_real
from idp.audit.trail import Trail
from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.db.prepared import Prepared, RawTransaction


@dataclass(frozen=True, slots=True)
class External:
    """Somebody's account elsewhere. `aliases` are other keys by which it may have been linked before."""

    source: str
    key: str = field(repr=False)
    aliases: tuple[str, ...] = field(default=(), repr=False)
    shown: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Linked:
    """The account here that an account elsewhere opens."""

    link_id: str
    account_id: str
    state: AccountState


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link as its owner sees it; `shown` is what the source calls the account, often nothing."""

    id: str
    source: str
    shown: str = field(repr=False)
    linked_at: datetime
    last_used_at: datetime | None


_live = ExternalLink.unlinked_at.is_(None)
_FIND = Prepared(
    select(ExternalLink.id, ExternalLink.account_id, Account.state)
    .join(Account, Account.id == ExternalLink.account_id)
    .where(ExternalLink.source == bindparam("source"), ExternalLink.key_index == bindparam("key"), _live)
)
_ADD = Prepared(
    postgresql.insert(ExternalLink)  # compiles on SQLite as well
    .values(
        {
            c: bindparam(c)
            for c in ("id", "account_id", "source", "key_index", "key_sealed", "shown_sealed", "linked_at")
        }
    )
    .on_conflict_do_nothing()
    .returning(ExternalLink.id)
)
_END = Prepared(
    update(ExternalLink)
    .where(ExternalLink.id == bindparam("wanted"), ExternalLink.account_id == bindparam("account"), _live)
    .values(unlinked_at=bindparam("now"))
    .returning(ExternalLink.source)
)
_USED = Prepared(
    update(ExternalLink).where(ExternalLink.id == bindparam("wanted"), _live).values(last_used_at=bindparam("now"))
)


class Links:
    """The links of the installation."""

    def __init__(self, keyring: Keyring, trail: Trail) -> None:
        self._keyring = keyring
        self._trail = trail

    def find(self, db: RawTransaction | Session, external: External) -> Linked | None:
        """Whose it is; one that was linked by an alias goes by its key from now on."""
        if (found := self._by(db, external.source, external.key)) is not None:
            return found
        for alias in external.aliases:
            if (found := self._by(db, external.source, alias)) is not None:
                renamed = self._add(db, found.account_id, external)
                _END(db, wanted=found.link_id, account=found.account_id, now=clock.now())
                if renamed is None:  # another request did the same at this moment
                    break
                self._trail.record(db, "link.renamed", account_id=found.account_id, source=external.source)
                return Linked(renamed, found.account_id, found.state)
        # Between the two questions another request may have given it its key.
        return self._by(db, external.source, external.key) if external.aliases else None

    def link(self, db: RawTransaction | Session, account_id: str, external: External) -> bool:
        """Let it open this account; False when it does already, LinkedElsewhere when it opens another one."""
        found = self.find(db, external)
        if found is None:
            require_real(db, account_id)
            if self._add(db, account_id, external) is not None:
                self._trail.record(db, "link.added", account_id=account_id, source=external.source)
                return True
            found = self._by(db, external.source, external.key)
        if found is None or found.account_id != account_id:
            raise LinkedElsewhere
        return False

    def unlink(self, db: Session, account_id: str, link_id: str) -> str | None:
        """End a link and tell its source; None when there is none, LastWayIn when nothing else opens the account."""
        db.execute(select(Account.id).where(Account.id == account_id).with_for_update())
        if not self._has_another_way(db, account_id, link_id):
            raise LastWayIn
        ended = _END.first(db, wanted=link_id, account=account_id, now=clock.now())
        if ended is None:
            return None
        self._trail.record(db, "link.removed", account_id=account_id, source=ended.source)
        source: str = ended.source
        return source

    def used(self, db: RawTransaction | Session, link_id: str) -> None:
        _USED(db, wanted=link_id, now=clock.now())

    def of(self, db: Session, account_id: str) -> list[LinkView]:
        """The live links of an account, the oldest first."""
        rows = db.scalars(
            select(ExternalLink).where(ExternalLink.account_id == account_id, _live).order_by(ExternalLink.linked_at)
        )
        return [LinkView(r.id, r.source, self._shown(r), r.linked_at, r.last_used_at) for r in rows]

    def _has_another_way(self, db: Session, account_id: str, link_id: str) -> bool:
        """A phone, a name with a password, or another link."""
        mine = (Identifier.account_id == account_id) & Identifier.released_at.is_(None)
        kinds = set(db.scalars(select(Identifier.kind).where(mine)))
        has_password = db.scalar(select(Password.account_id).where(Password.account_id == account_id)) is not None
        other = select(ExternalLink.id).where(ExternalLink.account_id == account_id, ExternalLink.id != link_id, _live)
        return (
            IdentifierKind.PHONE in kinds
            or (has_password and IdentifierKind.USERNAME in kinds)
            or db.scalar(other.limit(1)) is not None
        )

    def _by(self, db: RawTransaction | Session, source: str, key: str) -> Linked | None:
        row = _FIND.first(db, source=source, key=self._index(source, key))
        return Linked(row.id, row.account_id, AccountState(row.state)) if row is not None else None

    def _add(self, db: RawTransaction | Session, account_id: str, external: External) -> str | None:
        """The new link's id; None when the account elsewhere is linked already."""
        link_id = ids.new_id()
        shown = self._keyring.seal(external.shown[:64], bound_to=_place(link_id, "shown")) if external.shown else None
        added = _ADD.first(
            db, id=link_id, account_id=account_id, source=external.source,
            key_index=self._index(external.source, external.key),
            key_sealed=self._keyring.seal(external.key, bound_to=_place(link_id, "key")),
            shown_sealed=shown, linked_at=clock.now(),
        )  # fmt: skip
        return link_id if added is not None else None

    def _index(self, source: str, key: str) -> str:
        return self._keyring.blind_index(f"external_link:{source}", key)

    def _shown(self, row: ExternalLink) -> str:
        return self._keyring.open(row.shown_sealed, bound_to=_place(row.id, "shown")) if row.shown_sealed else ""


def release(db: Session, account_id: str) -> None:
    """The account has ended: what opened it may open another one."""
    mine = (ExternalLink.account_id == account_id) & _live
    db.execute(update(ExternalLink).where(mine).values(unlinked_at=clock.now()))


def _place(link_id: str, column: str) -> str:
    return f"external_links.{column}:{link_id}"
