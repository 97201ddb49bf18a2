"""Links in two halves

Revision 0020, after 0019.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("approvals", schema=None) as batch_op:
        batch_op.add_column(sa.Column("second_half", sa.String(length=43), nullable=True))
    with op.batch_alter_table("operator_invitations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("second_half", sa.String(length=43), nullable=True))
        batch_op.add_column(sa.Column("wrong_halves", sa.Integer(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    """What takes two people would open to one of them in the release before: such links are void, and asked for again."""
    op.execute(
        "UPDATE operator_invitations SET voided_at = CURRENT_TIMESTAMP"
        " WHERE second_half IS NOT NULL AND used_at IS NULL AND voided_at IS NULL"
    )
    op.execute("UPDATE approvals SET state = 'expired', payload_sealed = NULL WHERE second_half IS NOT NULL AND state = 'approved'")
    with op.batch_alter_table("operator_invitations", schema=None) as batch_op:
        batch_op.drop_column("wrong_halves")
        batch_op.drop_column("second_half")
    with op.batch_alter_table("approvals", schema=None) as batch_op:
        batch_op.drop_column("second_half")
