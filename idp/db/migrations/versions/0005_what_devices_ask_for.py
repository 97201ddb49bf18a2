"""What devices ask for

Revision 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

from idp.db.base import Utc


revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('device_requests',
    sa.Column('digest', sa.String(length=43), nullable=False),
    sa.Column('user_code_index', sa.String(length=43), nullable=False),
    sa.Column('client_id', sa.String(length=64), nullable=False),
    sa.Column('wire', sa.JSON(), nullable=False),
    sa.Column('created_at', Utc(), nullable=False),
    sa.Column('expires_at', Utc(), nullable=False),
    sa.Column('decided_at', Utc(), nullable=True),
    sa.Column('decision', sa.String(length=64), nullable=True),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_device_requests')),
    sa.UniqueConstraint('user_code_index', name=op.f('uq_device_requests_user_code_index'))
    )
    with op.batch_alter_table('device_requests', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_device_requests_expires_at'), ['expires_at'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('device_requests', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_device_requests_expires_at'))

    op.drop_table('device_requests')
