"""From what a person or an operator is called by to their id, for a trail that knows ids only; nothing typed is kept."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from idp.accounts import naming
from idp.accounts.models import Account, Identifier
from idp.admin.texts import word
from idp.core.crypto import Keyring
from idp.mandates.models import Organisation, Representation
from idp.realname.models import Person
from idp.staff.models import Operator

KINDS = {
    "phone": word("手机号"),
    "document": word("证件号码"),
    "username": word("用户名"),
    "uscc": word("统一社会信用代码"),
    "account": word("账户编号"),
    "operator": word("管理人员登录名"),
}
_MOST = 20


@dataclass(frozen=True, slots=True)
class Found:
    """An account or an operator; `state` and `is_former` help to choose where there are several."""

    id: str
    state: str
    is_account: bool = True
    is_former: bool = False


def find(db: Session, keyring: Keyring, kind: str, typed: str) -> list[Found]:
    """Whoever is, or once was, called that; at most twenty. A number that changed hands leads to all who held it."""
    finder = _FINDERS.get(kind)
    return finder(db, keyring, typed) if finder is not None and typed else []


def _by_identifier(db: Session, keyring: Keyring, typed: str) -> list[Found]:
    if (looked := naming.lookup(keyring, typed)) is None:
        return []
    named = (
        select(Identifier.account_id, Identifier.released_at, Identifier.created_at, Account.state)
        .join(Account, Account.id == Identifier.account_id)
        .where(Identifier.kind == looked.kind, Identifier.value_index == looked.index)
    )
    # Apart, because each has an index of its own.
    either = union_all(
        named.where(Identifier.released_at.is_(None)), named.where(Identifier.released_at.is_not(None))
    ).subquery()
    rows = db.execute(
        select(either).order_by(either.c.released_at.is_not(None), either.c.created_at.desc()).limit(_MOST)
    )
    return [Found(row.account_id, row.state, is_former=row.released_at is not None) for row in rows]


def _by_document(db: Session, keyring: Keyring, typed: str) -> list[Found]:
    number = typed.replace(" ", "").upper()
    indexes = [keyring.blind_index("resident_id", number)]
    indexes += [keyring.blind_index(f"document:{kind}", number) for kind in _DOCUMENTS]
    return _accounts(db, select(Person.account_id).where(Person.document_index.in_(indexes)))


def _by_uscc(db: Session, _keyring: Keyring, typed: str) -> list[Found]:
    """The legal representatives of the organisation, the present one first."""
    query = (
        select(Representation.account_id, Representation.ended_at, Account.state)
        .join(Organisation, Organisation.id == Representation.organisation_id)
        .join(Account, Account.id == Representation.account_id)
        .where(Organisation.uscc == typed.replace(" ", "").upper())
        .order_by(Representation.ended_at.is_not(None), Representation.since.desc())
        .limit(_MOST)
    )
    return [Found(row.account_id, row.state, is_former=row.ended_at is not None) for row in db.execute(query)]


def _by_account(db: Session, _keyring: Keyring, typed: str) -> list[Found]:
    return _accounts(db, select(Account.id).where(Account.id == typed.lower()))


def _by_login(db: Session, _keyring: Keyring, typed: str) -> list[Found]:
    found = db.execute(select(Operator.id, Operator.state).where(Operator.login == typed.lower()))
    return [Found(row.id, row.state, is_account=False) for row in found]


def _accounts(db: Session, wanted: object) -> list[Found]:
    query = select(Account.id, Account.state).where(Account.id.in_(wanted)).limit(_MOST)  # type: ignore[arg-type]
    return [Found(row.id, row.state) for row in db.execute(query)]


_DOCUMENTS = (
    "hmt_residence_permit", "hk_macao_travel_permit", "taiwan_travel_permit", "foreign_permanent_resident",
    "prc_passport", "foreign_passport", "exit_permit_hk_macao", "exit_permit_taiwan",
)  # fmt: skip
_FINDERS: dict[str, Callable[[Session, Keyring, str], list[Found]]] = {
    "phone": _by_identifier,
    "username": _by_identifier,
    "document": _by_document,
    "uscc": _by_uscc,
    "account": _by_account,
    "operator": _by_login,
}
