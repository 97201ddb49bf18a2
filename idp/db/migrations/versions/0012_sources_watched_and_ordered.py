"""Sources watched and ordered

Revision 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op

from idp.db.base import Utc


revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('source_settings',
    sa.Column('version', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('settings', sa.JSON(), nullable=False),
    sa.Column('reason', sa.String(length=64), nullable=False),
    sa.Column('made_by', sa.String(length=32), nullable=False),
    sa.Column('made_at', Utc(), nullable=False),
    sa.PrimaryKeyConstraint('version', name=op.f('pk_source_settings'))
    )
    op.create_table('source_days',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('source', sa.String(length=64), nullable=False),
    sa.Column('verified', sa.Integer(), nullable=False),
    sa.Column('refuted', sa.Integer(), nullable=False),
    sa.Column('abandoned', sa.Integer(), nullable=False),
    sa.Column('unavailable', sa.Integer(), nullable=False),
    sa.Column('p50_ms', sa.Integer(), nullable=True),
    sa.Column('p95_ms', sa.Integer(), nullable=True),
    sa.Column('cost', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('day', 'source', name=op.f('pk_source_days'))
    )
    with op.batch_alter_table('evidence', schema=None) as batch_op:
        batch_op.add_column(sa.Column('took_ms', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('cost', sa.Integer(), server_default='0', nullable=False))
        batch_op.create_index('ix_evidence_source_at', ['source', 'at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('evidence', schema=None) as batch_op:
        batch_op.drop_index('ix_evidence_source_at')
        batch_op.drop_column('cost')
        batch_op.drop_column('took_ms')

    op.drop_table('source_days')
    op.drop_table('source_settings')
