"""Days counted, and the trail found quickly

Revision 0014, after 0013.

The indexes are built while the trail cannot be written: on a large installation stop the service for the upgrade.
"""

import sqlalchemy as sa
from alembic import op

from idp.db.base import Utc


revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

_INDEXES = (
    ('ix_audit_entries_act', ['act', 'id'], None),
    ('ix_audit_entries_client', ['client_id', 'id'], "client_id IS NOT NULL"),
    ('ix_audit_entries_actor', ['actor_id', 'id'], "actor_id <> account_id OR account_id IS NULL"),
    ('ix_audit_entries_trace', ['trace_id'], None),
)


def upgrade() -> None:
    op.create_table('statistics_days',
    sa.Column('measure', sa.String(length=64), nullable=False),
    sa.Column('region', sa.String(length=64), nullable=False),
    sa.Column('client_id', sa.String(length=64), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('count', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('measure', 'region', 'client_id', 'day', 'key', name=op.f('pk_statistics_days'))
    )
    with op.batch_alter_table('statistics_days', schema=None) as batch_op:
        batch_op.create_index('ix_statistics_days_region_day', ['measure', 'region', 'day'], unique=False)

    op.create_table('statistics_marks',
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_statistics_marks'))
    )
    op.create_table('audit_verifications',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('asked_by', sa.String(length=64), nullable=False),
    sa.Column('asked_at', Utc(), nullable=False),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('lease', sa.String(length=32), nullable=True),
    sa.Column('lease_until', Utc(), nullable=True),
    sa.Column('seen', sa.BigInteger(), nullable=False),
    sa.Column('expected', sa.BigInteger(), nullable=False),
    sa.Column('ended_at', Utc(), nullable=True),
    sa.Column('verdict', sa.JSON(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_verifications'))
    )
    with op.batch_alter_table('audit_verifications', schema=None) as batch_op:
        batch_op.create_index('uq_audit_verifications_open', ['state'], unique=True, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))

    with op.batch_alter_table('audit_entries', schema=None) as batch_op:
        for name, columns, where in _INDEXES:
            condition = sa.text(where) if where is not None else None
            batch_op.create_index(name, columns, unique=False, sqlite_where=condition, postgresql_where=condition)
    released = sa.text("released_at IS NOT NULL")
    with op.batch_alter_table('account_identifiers', schema=None) as batch_op:
        batch_op.create_index('ix_account_identifiers_released', ['value_index'], unique=False, sqlite_where=released, postgresql_where=released)


def downgrade() -> None:
    with op.batch_alter_table('account_identifiers', schema=None) as batch_op:
        batch_op.drop_index('ix_account_identifiers_released')
    with op.batch_alter_table('audit_entries', schema=None) as batch_op:
        for name, _, _ in reversed(_INDEXES):
            batch_op.drop_index(name)
    op.drop_table('audit_verifications')
    op.drop_table('statistics_marks')
    op.drop_table('statistics_days')
