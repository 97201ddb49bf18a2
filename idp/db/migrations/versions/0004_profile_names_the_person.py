"""The scope `profile` now names the person: what was released under it without a question is asked for anew

Revision 0004, after 0003. Until now `profile` told a site an account name and a nickname, and needed no consent.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_consents = sa.table("consents", sa.column("id", sa.String), sa.column("basis", sa.String), sa.column("scope", sa.JSON))


def upgrade() -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.select(_consents.c.id, _consents.c.scope).where(_consents.c.basis != "statutory_duty"))
    for row in rows.all():
        if "profile" in row.scope:
            kept = [word for word in row.scope if word != "profile"]
            connection.execute(sa.update(_consents).where(_consents.c.id == row.id).values(scope=kept))


def downgrade() -> None:
    """A yes that was taken back is not given again for anybody."""
