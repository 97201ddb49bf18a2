"""What programs ask for, until their operator confirms it

Revision 0021, after 0020.
"""

import sqlalchemy as sa
from alembic import op

from idp.db.base import Utc

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "confirmations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("operator_id", sa.String(length=32), nullable=False),
        sa.Column("token_id", sa.String(length=32), nullable=False),
        sa.Column("act", sa.String(length=64), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("form_sealed", sa.Text(), nullable=True),
        sa.Column("same_as", sa.String(length=43), nullable=False),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("asked_at", Utc(), nullable=False),
        sa.Column("expires_at", Utc(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("settled_at", Utc(), nullable=True),
        sa.Column("failure", sa.String(length=64), nullable=True),
        sa.Column("approval_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["approval_id"], ["approvals.id"], name=op.f("fk_confirmations_approval_id_approvals")),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_confirmations_operator_id_operators")
        ),
        sa.ForeignKeyConstraint(
            ["token_id"], ["operator_tokens.id"], name=op.f("fk_confirmations_token_id_operator_tokens")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmations")),
    )
    with op.batch_alter_table("confirmations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_confirmations_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index("ix_confirmations_operator", ["operator_id", "id"], unique=False)
        batch_op.create_index("ix_confirmations_token", ["token_id", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("confirmations", schema=None) as batch_op:
        batch_op.drop_index("ix_confirmations_token")
        batch_op.drop_index("ix_confirmations_operator")
        batch_op.drop_index(batch_op.f("ix_confirmations_expires_at"))
    op.drop_table("confirmations")
