"""What operators see of accounts

Revision 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op

from idp.db.base import Utc

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('account_acts',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.String(length=32), nullable=False),
    sa.Column('act', sa.String(length=64), nullable=False),
    sa.Column('operator_id', sa.String(length=32), nullable=True),
    sa.Column('role', sa.String(length=64), nullable=False),
    sa.Column('reason', sa.String(length=64), nullable=False),
    sa.Column('ticket', sa.String(length=64), nullable=False),
    sa.Column('at', Utc(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_account_acts_account_id_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account_acts'))
    )
    with op.batch_alter_table('account_acts', schema=None) as batch_op:
        batch_op.create_index('ix_account_acts_account', ['account_id', 'at'], unique=False)
        batch_op.create_index(batch_op.f('ix_account_acts_at'), ['at'], unique=False)

    op.create_table('disclosures',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.String(length=32), nullable=False),
    sa.Column('field', sa.String(length=64), nullable=False),
    sa.Column('operator_id', sa.String(length=32), nullable=False),
    sa.Column('operator_session_id', sa.String(length=32), nullable=True),
    sa.Column('role', sa.String(length=64), nullable=False),
    sa.Column('reason', sa.String(length=64), nullable=False),
    sa.Column('ticket', sa.String(length=64), nullable=False),
    sa.Column('batch', sa.String(length=32), nullable=True),
    sa.Column('at', Utc(), nullable=False),
    sa.Column('until', Utc(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_disclosures_account_id_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_disclosures'))
    )
    with op.batch_alter_table('disclosures', schema=None) as batch_op:
        batch_op.create_index('ix_disclosures_account', ['account_id', 'at'], unique=False)
        batch_op.create_index(batch_op.f('ix_disclosures_at'), ['at'], unique=False)
        batch_op.create_index('ix_disclosures_batch', ['batch'], unique=False)

    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('listed_ial', sa.Integer(), server_default=sa.text('0'), nullable=False))
        batch_op.add_column(sa.Column('listed_until', Utc(), nullable=True))
        batch_op.create_index('ix_accounts_created', ['created_at', 'id'], unique=False)
        batch_op.create_index('ix_accounts_last_sign_in', ['last_sign_in_at', 'id'], unique=False)
        batch_op.create_index('ix_accounts_listed_ial', ['listed_ial', 'created_at', 'id'], unique=False)
        batch_op.create_index('ix_accounts_listed_until', ['listed_until'], unique=False, sqlite_where=sa.text('listed_until IS NOT NULL'), postgresql_where=sa.text('listed_until IS NOT NULL'))
        batch_op.create_index('ix_accounts_region', ['region', 'created_at', 'id'], unique=False)
        batch_op.create_index('ix_accounts_state', ['state', 'created_at', 'id'], unique=False)
        batch_op.create_index('ix_accounts_synthetic', ['created_at', 'id'], unique=False, sqlite_where=sa.text('is_synthetic'), postgresql_where=sa.text('is_synthetic'))

    with op.batch_alter_table('persons', schema=None) as batch_op:
        batch_op.add_column(sa.Column('name_index', sa.String(length=43), nullable=True))
        batch_op.create_index('ix_persons_name_index', ['name_index'], unique=False)
        batch_op.create_index('ix_persons_unlisted', ['account_id'], unique=False, sqlite_where=sa.text('name_index IS NULL'), postgresql_where=sa.text('name_index IS NULL'))



def downgrade() -> None:
    with op.batch_alter_table('persons', schema=None) as batch_op:
        batch_op.drop_index('ix_persons_unlisted', sqlite_where=sa.text('name_index IS NULL'), postgresql_where=sa.text('name_index IS NULL'))
        batch_op.drop_index('ix_persons_name_index')
        batch_op.drop_column('name_index')

    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.drop_index('ix_accounts_synthetic', sqlite_where=sa.text('is_synthetic'), postgresql_where=sa.text('is_synthetic'))
        batch_op.drop_index('ix_accounts_state')
        batch_op.drop_index('ix_accounts_region')
        batch_op.drop_index('ix_accounts_listed_until', sqlite_where=sa.text('listed_until IS NOT NULL'), postgresql_where=sa.text('listed_until IS NOT NULL'))
        batch_op.drop_index('ix_accounts_listed_ial')
        batch_op.drop_index('ix_accounts_last_sign_in')
        batch_op.drop_index('ix_accounts_created')
        batch_op.drop_column('listed_until')
        batch_op.drop_column('listed_ial')

    with op.batch_alter_table('disclosures', schema=None) as batch_op:
        batch_op.drop_index('ix_disclosures_batch')
        batch_op.drop_index(batch_op.f('ix_disclosures_at'))
        batch_op.drop_index('ix_disclosures_account')

    op.drop_table('disclosures')
    with op.batch_alter_table('account_acts', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_account_acts_at'))
        batch_op.drop_index('ix_account_acts_account')

    op.drop_table('account_acts')
