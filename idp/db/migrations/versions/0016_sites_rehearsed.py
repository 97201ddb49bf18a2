"""Sites rehearsed

Revision 0016, after 0015.
"""

import sqlalchemy as sa
from alembic import op

from idp.db.base import Utc


revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('synthetic_messages',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.String(length=32), nullable=False),
    sa.Column('text_sealed', sa.Text(), nullable=False),
    sa.Column('at', Utc(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_synthetic_messages_account_id_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_synthetic_messages'))
    )
    with op.batch_alter_table('synthetic_messages', schema=None) as batch_op:
        batch_op.create_index('ix_synthetic_messages_account', ['account_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_synthetic_messages_at'), ['at'], unique=False)

    op.create_table('rehearsals',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('client_id', sa.String(length=64), nullable=False),
    sa.Column('asked_by', sa.String(length=64), nullable=False),
    sa.Column('start_url', sa.String(length=512), nullable=False),
    sa.Column('page_url', sa.String(length=512), nullable=False),
    sa.Column('marker', sa.String(length=64), nullable=True),
    sa.Column('sign_out_url', sa.String(length=512), nullable=True),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('lease', sa.String(length=32), nullable=True),
    sa.Column('lease_until', Utc(), nullable=True),
    sa.Column('next_point', sa.Integer(), nullable=False),
    sa.Column('findings', sa.JSON(), nullable=False),
    sa.Column('version', sa.String(length=64), nullable=False),
    sa.Column('reason', sa.String(length=64), nullable=True),
    sa.Column('created_at', Utc(), nullable=False),
    sa.Column('finished_at', Utc(), nullable=True),
    sa.ForeignKeyConstraint(['client_id'], ['clients.client_id'], name=op.f('fk_rehearsals_client_id_clients')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rehearsals'))
    )
    with op.batch_alter_table('rehearsals', schema=None) as batch_op:
        batch_op.create_index('ix_rehearsals_client', ['client_id', 'id'], unique=False)
        batch_op.create_index('ix_rehearsals_due', ['state', 'lease_until'], unique=False)
        batch_op.create_index('uq_rehearsals_open', ['client_id'], unique=True, sqlite_where=sa.text("state IN ('waiting', 'running')"), postgresql_where=sa.text("state IN ('waiting', 'running')"))

    op.create_table('site_errors',
    sa.Column('client_id', sa.String(length=64), nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('slot', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('sent', sa.String(length=256), nullable=False),
    sa.Column('registered', sa.String(length=256), nullable=False),
    sa.Column('trace_id', sa.String(length=64), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.Column('at', Utc(), nullable=False),
    sa.ForeignKeyConstraint(['client_id'], ['clients.client_id'], name=op.f('fk_site_errors_client_id_clients')),
    sa.PrimaryKeyConstraint('client_id', 'code', 'slot', name=op.f('pk_site_errors'))
    )
    with op.batch_alter_table('site_errors', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_site_errors_at'), ['at'], unique=False)

    op.create_table('synthetic_people',
    sa.Column('account_id', sa.String(length=32), nullable=False),
    sa.Column('organisation_id', sa.String(length=32), nullable=True),
    sa.Column('client_id', sa.String(length=64), nullable=False),
    sa.Column('level', sa.Integer(), nullable=False),
    sa.Column('is_minor', sa.Boolean(), nullable=False),
    sa.Column('principal_id', sa.String(length=32), nullable=True),
    sa.Column('made_by', sa.String(length=64), nullable=False),
    sa.Column('created_at', Utc(), nullable=False),
    sa.Column('ended_at', Utc(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_synthetic_people_account_id_accounts')),
    sa.ForeignKeyConstraint(['client_id'], ['clients.client_id'], name=op.f('fk_synthetic_people_client_id_clients')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_synthetic_people_organisation_id_organisations')),
    sa.ForeignKeyConstraint(['principal_id'], ['organisations.id'], name=op.f('fk_synthetic_people_principal_id_organisations')),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_synthetic_people'))
    )
    with op.batch_alter_table('synthetic_people', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_synthetic_people_client_id'), ['client_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_synthetic_people_organisation_id'), ['organisation_id'], unique=False)

    with op.batch_alter_table('outbox_messages', schema=None) as batch_op:
        batch_op.add_column(sa.Column('again_at', Utc(), nullable=True))
        batch_op.create_index('ix_outbox_messages_recipient', ['recipient', 'id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('outbox_messages', schema=None) as batch_op:
        batch_op.drop_index('ix_outbox_messages_recipient')
        batch_op.drop_column('again_at')

    with op.batch_alter_table('synthetic_people', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_synthetic_people_organisation_id'))
        batch_op.drop_index(batch_op.f('ix_synthetic_people_client_id'))

    op.drop_table('synthetic_people')
    with op.batch_alter_table('site_errors', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_site_errors_at'))

    op.drop_table('site_errors')
    with op.batch_alter_table('rehearsals', schema=None) as batch_op:
        batch_op.drop_index('uq_rehearsals_open', sqlite_where=sa.text("state IN ('waiting', 'running')"), postgresql_where=sa.text("state IN ('waiting', 'running')"))
        batch_op.drop_index('ix_rehearsals_due')
        batch_op.drop_index('ix_rehearsals_client')

    op.drop_table('rehearsals')
    with op.batch_alter_table('synthetic_messages', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_synthetic_messages_at'))
        batch_op.drop_index('ix_synthetic_messages_account')

    op.drop_table('synthetic_messages')
