"""Whether somebody who says who they are is the person an account stands for: compared here, no register is asked."""

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from idp.core import ids
from idp.core.crypto import Keyring
from idp.core.identifiers import Document, DocumentKind, IdentifierError, normalise_name
from idp.core.identifiers.text import half_width, without_spaces
from idp.db.prepared import Prepared, RawTransaction
from idp.realname import persons
from idp.realname.models import Person

_PERSON = Prepared(
    select(Person.document_kind, Person.document_country, Person.document_index, Person.name_sealed).where(
        Person.account_id == bindparam("account")
    )
)


class Recognition:
    """Answers yes or no, and tells nothing else of the person."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def stands_for_person(self, db: RawTransaction | Session, account_id: str) -> bool:
        """Whether the account was ever proven, also when the proof has expired."""
        return _PERSON.first(db, account=account_id) is not None

    def is_person(self, db: RawTransaction | Session, account_id: str, *, name: str, number: str) -> bool:
        """Whether name and document number, as typed, are those of the account's person."""
        row = _PERSON.first(db, account=account_id)
        if row is None:
            return False
        typed = without_spaces(half_width(number)).upper()[:32]
        document = Document(DocumentKind(row.document_kind), typed, row.document_country)
        known_name = self._keyring.open(row.name_sealed, bound_to=f"persons.name:{account_id}")
        is_number = ids.same(persons.document_index(self._keyring, document), row.document_index)
        return _is_name(name, known_name) and is_number


def _is_name(typed: str, known: str) -> bool:
    try:
        return ids.same(normalise_name(typed), known)
    except IdentifierError:
        return False
