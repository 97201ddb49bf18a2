"""What a human decides

Revision 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op

from idp.db.base import Utc

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('review_requests',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.String(length=64), nullable=False),
    sa.Column('region', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('needs_second', sa.Boolean(), nullable=False),
    sa.Column('told_sealed', sa.Text(), nullable=True),
    sa.Column('remark_sealed', sa.Text(), nullable=True),
    sa.Column('filed_at', Utc(), nullable=False),
    sa.Column('submitted_at', Utc(), nullable=False),
    sa.Column('due_at', Utc(), nullable=False),
    sa.Column('expires_at', Utc(), nullable=False),
    sa.Column('claimed_by', sa.String(length=32), nullable=True),
    sa.Column('claimed_until', Utc(), nullable=True),
    sa.Column('first_by', sa.String(length=32), nullable=True),
    sa.Column('first_at', Utc(), nullable=True),
    sa.Column('decided_by', sa.String(length=32), nullable=True),
    sa.Column('decided_at', Utc(), nullable=True),
    sa.Column('minutes', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(length=64), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_review_requests_account_id_accounts')),
    sa.ForeignKeyConstraint(['claimed_by'], ['operators.id'], name=op.f('fk_review_requests_claimed_by_operators')),
    sa.ForeignKeyConstraint(['decided_by'], ['operators.id'], name=op.f('fk_review_requests_decided_by_operators')),
    sa.ForeignKeyConstraint(['first_by'], ['operators.id'], name=op.f('fk_review_requests_first_by_operators')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review_requests'))
    )
    with op.batch_alter_table('review_requests', schema=None) as batch_op:
        batch_op.create_index('ix_review_requests_account', ['account_id', 'filed_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_review_requests_decided_at'), ['decided_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_review_requests_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index('ix_review_requests_queue', ['state', 'submitted_at', 'id'], unique=False)
        batch_op.create_index('uq_review_requests_open', ['account_id', 'kind'], unique=True, sqlite_where=sa.text("state IN ('waiting', 'second', 'returned')"), postgresql_where=sa.text("state IN ('waiting', 'second', 'returned')"))

    op.create_table('review_papers',
    sa.Column('request_id', sa.String(length=32), nullable=False),
    sa.Column('media_type', sa.String(length=64), nullable=False),
    sa.Column('content_sealed', sa.Text(), nullable=False),
    sa.Column('kept_until', Utc(), nullable=False),
    sa.ForeignKeyConstraint(['request_id'], ['review_requests.id'], name=op.f('fk_review_papers_request_id_review_requests')),
    sa.PrimaryKeyConstraint('request_id', name=op.f('pk_review_papers'))
    )
    with op.batch_alter_table('review_papers', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_review_papers_kept_until'), ['kept_until'], unique=False)

    with op.batch_alter_table('counter_cases', schema=None) as batch_op:
        batch_op.create_index('ix_counter_cases_decided_by', ['decided_by', 'decided_at'], unique=False)
        batch_op.create_index('ix_counter_cases_seen_by', ['seen_by', 'seen_at'], unique=False)

    with op.batch_alter_table('organisations', schema=None) as batch_op:
        batch_op.add_column(sa.Column('reviewed_until', Utc(), nullable=True))



def downgrade() -> None:
    with op.batch_alter_table('organisations', schema=None) as batch_op:
        batch_op.drop_column('reviewed_until')

    with op.batch_alter_table('counter_cases', schema=None) as batch_op:
        batch_op.drop_index('ix_counter_cases_seen_by')
        batch_op.drop_index('ix_counter_cases_decided_by')

    with op.batch_alter_table('review_papers', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_review_papers_kept_until'))

    op.drop_table('review_papers')
    with op.batch_alter_table('review_requests', schema=None) as batch_op:
        batch_op.drop_index('uq_review_requests_open', sqlite_where=sa.text("state IN ('waiting', 'second', 'returned')"), postgresql_where=sa.text("state IN ('waiting', 'second', 'returned')"))
        batch_op.drop_index('ix_review_requests_queue')
        batch_op.drop_index(batch_op.f('ix_review_requests_expires_at'))
        batch_op.drop_index(batch_op.f('ix_review_requests_decided_at'))
        batch_op.drop_index('ix_review_requests_account')

    op.drop_table('review_requests')
