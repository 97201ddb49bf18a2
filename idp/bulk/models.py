"""Tables of lists that are brought in: the import, and its rows while they are worked on."""

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db.base import Code, Digest, Id, Instant, Model, Names, Sealed


class Import(Model):
    """One list of accounts of another system, on its way in.

    States: `received`, `checked`, `asked` (waits for a second person, because its proofs are to count), `running`, `done`,
    `cancelled`. While it is worked on, `leased_until` keeps other workers away; a killed one's lease runs out.
    """

    __tablename__ = "imports"
    __table_args__ = (
        Index("ix_imports_busy", "id",
              sqlite_where=text("state IN ('received', 'running')"),
              postgresql_where=text("state IN ('received', 'running')")),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    label: Mapped[Code]
    state: Mapped[Code]
    columns: Mapped[Names]
    rows: Mapped[int]
    trusts_proofs: Mapped[bool]
    brought_by: Mapped[Id] = mapped_column(ForeignKey("operators.id"))
    created_at: Mapped[Instant]
    started_at: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]
    leased_until: Mapped[Instant | None]


class ImportRow(Model):
    """One line of the list. What it says is sealed, and forgotten once the account is made or the import is over.

    States: `new`, `ready`, `wrong` (with `problems`, codes as `column:code`), `done`, `failed` (it was ready, and no longer is).
    """

    __tablename__ = "import_rows"
    __table_args__ = (
        Index("ix_import_rows_state", "import_id", "state", "number"),
        Index("ix_import_rows_phone", "import_id", "phone_index"),
        Index("ix_import_rows_username", "import_id", "username_index"),
        Index("ix_import_rows_document", "import_id", "document_index"),
    )

    import_id: Mapped[Id] = mapped_column(ForeignKey("imports.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[Code]
    sealed: Mapped[Sealed | None]
    problems: Mapped[Names]
    phone_index: Mapped[Digest | None]
    username_index: Mapped[Digest | None]
    document_index: Mapped[Digest | None]
    account_id: Mapped[Id | None] = mapped_column(ForeignKey("accounts.id"))
