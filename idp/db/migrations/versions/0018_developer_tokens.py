"""Developer tokens

Revision 0018, after 0017.
"""

import sqlalchemy as sa
from alembic import op

from idp.db.base import Utc

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('developer_tokens',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('organisation_id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.String(length=32), nullable=False),
    sa.Column('mandate_id', sa.String(length=32), nullable=True),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('secret_digest', sa.String(length=43), nullable=False),
    sa.Column('scopes', sa.JSON(), nullable=False),
    sa.Column('created_at', Utc(), nullable=False),
    sa.Column('expires_at', Utc(), nullable=False),
    sa.Column('last_used_at', Utc(), nullable=True),
    sa.Column('last_network', sa.String(length=64), nullable=True),
    sa.Column('warned_days', sa.Integer(), nullable=True),
    sa.Column('ended_at', Utc(), nullable=True),
    sa.Column('ended_by', sa.String(length=32), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_developer_tokens_account_id_accounts')),
    sa.ForeignKeyConstraint(['ended_by'], ['accounts.id'], name=op.f('fk_developer_tokens_ended_by_accounts')),
    sa.ForeignKeyConstraint(['mandate_id'], ['mandates.id'], name=op.f('fk_developer_tokens_mandate_id_mandates')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_developer_tokens_organisation_id_organisations')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_developer_tokens')),
    sa.UniqueConstraint('secret_digest', name=op.f('uq_developer_tokens_secret_digest'))
    )
    with op.batch_alter_table('developer_tokens', schema=None) as batch_op:
        batch_op.create_index('ix_developer_tokens_account', ['account_id', 'organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_developer_tokens_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index('ix_developer_tokens_organisation', ['organisation_id', 'id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('developer_tokens', schema=None) as batch_op:
        batch_op.drop_index('ix_developer_tokens_organisation')
        batch_op.drop_index(batch_op.f('ix_developer_tokens_expires_at'))
        batch_op.drop_index('ix_developer_tokens_account')

    op.drop_table('developer_tokens')
