"""Names of sites in every language: `client_name_en` becomes `client_name#en` (OpenID Registration §2.1)

Revision 0003, after 0002.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

_clients = sa.table("clients", sa.column("client_id", sa.String), sa.column("metadata", sa.JSON))


def upgrade() -> None:
    _rename("client_name_en", "client_name#en")


def downgrade() -> None:
    _rename("client_name#en", "client_name_en")


def _rename(old: str, new: str) -> None:
    _rewrite(lambda kept: {new if name == old else name: value for name, value in kept.items()})


def _rewrite(change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    connection = op.get_bind()
    for client_id, kept in connection.execute(sa.select(_clients.c.client_id, _clients.c.metadata)).all():
        if (changed := change(kept)) != kept:
            connection.execute(sa.update(_clients).where(_clients.c.client_id == client_id).values(metadata=changed))
