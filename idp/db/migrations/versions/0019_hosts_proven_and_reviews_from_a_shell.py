"""Hosts proven, and reviews from a shell

Revision 0019, after 0018.
"""

import sqlalchemy as sa
from alembic import op

from idp.db.base import Utc

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site_hosts",
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("origin", sa.String(length=300), nullable=False),
        sa.Column("tried_at", Utc(), nullable=False),
        sa.Column("proven_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_site_hosts_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "origin", name=op.f("pk_site_hosts")),
    )
    with op.batch_alter_table("site_hosts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_site_hosts_tried_at"), ["tried_at"], unique=False)
    with op.batch_alter_table("rehearsals", schema=None) as batch_op:
        batch_op.add_column(sa.Column("begun_at", Utc(), nullable=True))
    with op.batch_alter_table("site_releases", schema=None) as batch_op:
        batch_op.alter_column("organisation_id", existing_type=sa.String(length=32), nullable=True)
        batch_op.alter_column("asked_by", existing_type=sa.String(length=32), nullable=True)


def downgrade() -> None:
    """What commands asked or changed at sites of no department is told by the trail alone; proofs of hosts are asked for again."""
    op.execute("DELETE FROM site_releases WHERE organisation_id IS NULL OR asked_by IS NULL")
    with op.batch_alter_table("site_releases", schema=None) as batch_op:
        batch_op.alter_column("asked_by", existing_type=sa.String(length=32), nullable=False)
        batch_op.alter_column("organisation_id", existing_type=sa.String(length=32), nullable=False)
    with op.batch_alter_table("rehearsals", schema=None) as batch_op:
        batch_op.drop_column("begun_at")
    with op.batch_alter_table("site_hosts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_site_hosts_tried_at"))
    op.drop_table("site_hosts")
