"""Clients of every kind: registered by themselves, with assertions, for resource servers; what a person says of themselves

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

from idp.db.base import Utc


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('initial_access_tokens',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('digest', sa.String(length=43), nullable=False),
    sa.Column('label', sa.String(length=64), nullable=False),
    sa.Column('uses_left', sa.Integer(), nullable=True),
    sa.Column('created_at', Utc(), nullable=False),
    sa.Column('expires_at', Utc(), nullable=False),
    sa.Column('revoked_at', Utc(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_initial_access_tokens')),
    sa.UniqueConstraint('digest', name=op.f('uq_initial_access_tokens_digest'))
    )
    op.create_table('spent_assertions',
    sa.Column('digest', sa.String(length=43), nullable=False),
    sa.Column('expires_at', Utc(), nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_spent_assertions'))
    )
    with op.batch_alter_table('spent_assertions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_spent_assertions_expires_at'), ['expires_at'], unique=False)

    op.create_table('account_details',
    sa.Column('account_id', sa.String(length=32), nullable=False),
    sa.Column('sealed', sa.Text(), nullable=False),
    sa.Column('updated_at', Utc(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_account_details_account_id_accounts')),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_account_details'))
    )
    op.create_table('resource_servers',
    sa.Column('identifier', sa.String(length=255), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('client_id', sa.String(length=64), nullable=True),
    sa.Column('scopes', sa.JSON(), nullable=False),
    sa.Column('token_format', sa.String(length=64), nullable=False),
    sa.Column('signing_alg', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('created_at', Utc(), nullable=False),
    sa.Column('updated_at', Utc(), nullable=False),
    sa.ForeignKeyConstraint(['client_id'], ['clients.client_id'], name=op.f('fk_resource_servers_client_id_clients')),
    sa.PrimaryKeyConstraint('identifier', name=op.f('pk_resource_servers'))
    )
    with op.batch_alter_table('authorizations', schema=None) as batch_op:
        batch_op.alter_column('code_digest',
               existing_type=sa.VARCHAR(length=43),
               nullable=True)

    with op.batch_alter_table('client_secrets', schema=None) as batch_op:
        batch_op.add_column(sa.Column('sealed', sa.Text(), nullable=True))

    with op.batch_alter_table('clients', schema=None) as batch_op:
        batch_op.add_column(sa.Column('origin', sa.String(length=64), server_default='operator', nullable=False))
        batch_op.add_column(sa.Column('registration_digest', sa.String(length=43), nullable=True))



def downgrade() -> None:
    with op.batch_alter_table('clients', schema=None) as batch_op:
        batch_op.drop_column('registration_digest')
        batch_op.drop_column('origin')

    with op.batch_alter_table('client_secrets', schema=None) as batch_op:
        batch_op.drop_column('sealed')

    with op.batch_alter_table('authorizations', schema=None) as batch_op:
        batch_op.alter_column('code_digest',
               existing_type=sa.VARCHAR(length=43),
               nullable=False)

    op.drop_table('resource_servers')
    op.drop_table('account_details')
    with op.batch_alter_table('spent_assertions', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_spent_assertions_expires_at'))

    op.drop_table('spent_assertions')
    op.drop_table('initial_access_tokens')
