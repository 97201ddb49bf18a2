"""The data keys of the installation: made once per purpose, wrapped by the master key, loaded at start."""

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.core import clock, crypto
from idp.core.crypto import DataKey, Keyring, Purpose, Suite
from idp.core.errors import ConfigurationError
from idp.db.base import Code, Instant, Model, Sealed


class DataKeyRow(Model):
    """A symmetric key for fields, indexes, subjects, audit or forms, wrapped by the master key."""

    __tablename__ = "data_keys"

    key_id: Mapped[Code] = mapped_column(primary_key=True)
    purpose: Mapped[Code]
    suite: Mapped[Code]
    wrapped: Mapped[Sealed]
    created_at: Mapped[Instant]


def load(db: Session, master: DataKey) -> Keyring:
    """Unwrap every data key; ConfigurationError when the master key is not the one they were wrapped with."""
    try:
        return Keyring(
            DataKey(row.key_id, Purpose(row.purpose), Suite(row.suite), _unwrap(master, row))
            for row in db.scalars(select(DataKeyRow))
        )
    except crypto.SealBroken as wrong:
        raise ConfigurationError("IDP_MASTER_KEY: this is not the key that the database was made with") from wrong


def complete(db: Session, master: DataKey, suite: Suite) -> list[Purpose]:
    """Make the first key of every purpose that has none; returns the purposes that were missing."""
    present = set(db.scalars(select(DataKeyRow.purpose)))
    missing = [purpose for purpose in Purpose if purpose not in present]
    for purpose in missing:
        add(db, master, purpose, suite)
    return missing


def add(db: Session, master: DataKey, purpose: Purpose, suite: Suite) -> DataKey:
    """Make a further key of a purpose; it seals from now on, the older ones still open."""
    key = crypto.new_data_key(purpose, suite)
    wrapped = crypto.seal(master, key.material, bound_to=_place(key.key_id, purpose, suite))
    db.add(DataKeyRow(key_id=key.key_id, purpose=purpose, suite=suite, wrapped=wrapped, created_at=clock.now()))
    return key


def _unwrap(master: DataKey, row: DataKeyRow) -> bytes:
    return crypto.unseal(master, row.wrapped, bound_to=_place(row.key_id, row.purpose, row.suite))


def _place(key_id: str, purpose: str, suite: str) -> str:
    """What a wrapped key is bound to: nobody can make it a key for something else."""
    return f"data_keys:{key_id}:{purpose}:{suite}"
