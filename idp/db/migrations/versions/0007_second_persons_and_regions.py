"""Second persons and regions

Revision 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

from idp.db.base import Utc


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('approvals',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('act', sa.String(length=64), nullable=False),
    sa.Column('target', sa.String(length=64), nullable=False),
    sa.Column('region', sa.String(length=64), nullable=False),
    sa.Column('summary', sa.JSON(), nullable=False),
    sa.Column('payload_sealed', sa.Text(), nullable=True),
    sa.Column('reason', sa.String(length=64), nullable=False),
    sa.Column('asked_by', sa.String(length=32), nullable=False),
    sa.Column('asked_at', Utc(), nullable=False),
    sa.Column('expires_at', Utc(), nullable=False),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('decided_by', sa.String(length=32), nullable=True),
    sa.Column('decided_at', Utc(), nullable=True),
    sa.Column('remark', sa.String(length=64), nullable=True),
    sa.Column('done_at', Utc(), nullable=True),
    sa.ForeignKeyConstraint(['asked_by'], ['operators.id'], name=op.f('fk_approvals_asked_by_operators')),
    sa.ForeignKeyConstraint(['decided_by'], ['operators.id'], name=op.f('fk_approvals_decided_by_operators')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approvals'))
    )
    with op.batch_alter_table('approvals', schema=None) as batch_op:
        batch_op.create_index('ix_approvals_asked_by', ['asked_by', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_approvals_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index('ix_approvals_state', ['state', 'id'], unique=False)
        batch_op.create_index('uq_approvals_open', ['act', 'target'], unique=True, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))

    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('region', sa.String(length=64), server_default=sa.text("''"), nullable=False))
        batch_op.add_column(sa.Column('is_synthetic', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('last_sign_in_at', Utc(), nullable=True))

    with op.batch_alter_table('clients', schema=None) as batch_op:
        batch_op.add_column(sa.Column('mode', sa.String(length=64), server_default='live', nullable=False))
        batch_op.add_column(sa.Column('organisation_id', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('region', sa.String(length=64), server_default=sa.text("''"), nullable=False))
        batch_op.create_index(batch_op.f('ix_clients_organisation_id'), ['organisation_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_clients_organisation_id_organisations'), 'organisations', ['organisation_id'], ['id'])

    with op.batch_alter_table('operator_sessions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('confirmed_at', Utc(), nullable=True))

    with op.batch_alter_table('operators', schema=None) as batch_op:
        batch_op.add_column(sa.Column('region', sa.String(length=64), server_default=sa.text("''"), nullable=False))
        batch_op.add_column(sa.Column('clients', sa.JSON(), nullable=True))

    with op.batch_alter_table('organisations', schema=None) as batch_op:
        batch_op.add_column(sa.Column('region', sa.String(length=64), server_default=sa.text("''"), nullable=False))

    op.execute('UPDATE organisations SET region = substr(uscc, 3, 6)')


def downgrade() -> None:
    with op.batch_alter_table('organisations', schema=None) as batch_op:
        batch_op.drop_column('region')

    with op.batch_alter_table('operators', schema=None) as batch_op:
        batch_op.drop_column('clients')
        batch_op.drop_column('region')

    with op.batch_alter_table('operator_sessions', schema=None) as batch_op:
        batch_op.drop_column('confirmed_at')

    with op.batch_alter_table('clients', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_clients_organisation_id_organisations'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_clients_organisation_id'))
        batch_op.drop_column('region')
        batch_op.drop_column('organisation_id')
        batch_op.drop_column('mode')

    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.drop_column('last_sign_in_at')
        batch_op.drop_column('is_synthetic')
        batch_op.drop_column('region')

    with op.batch_alter_table('approvals', schema=None) as batch_op:
        batch_op.drop_index('uq_approvals_open', sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))
        batch_op.drop_index('ix_approvals_state')
        batch_op.drop_index(batch_op.f('ix_approvals_expires_at'))
        batch_op.drop_index('ix_approvals_asked_by')

    op.drop_table('approvals')
