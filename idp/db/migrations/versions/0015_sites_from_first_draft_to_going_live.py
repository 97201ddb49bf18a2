"""Sites from first draft to going live

Revision 0015, after 0014.
"""

import sqlalchemy as sa
from alembic import op

from idp.db.base import Utc


revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('site_secret_warnings',
    sa.Column('digest', sa.String(length=43), nullable=False),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('told_at', Utc(), nullable=False),
    sa.PrimaryKeyConstraint('digest', 'days', name=op.f('pk_site_secret_warnings'))
    )
    with op.batch_alter_table('site_secret_warnings', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_site_secret_warnings_told_at'), ['told_at'], unique=False)

    op.create_table('site_secret_wishes',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('client_id', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('asked_by', sa.String(length=32), nullable=False),
    sa.Column('asked_at', Utc(), nullable=False),
    sa.Column('expires_at', Utc(), nullable=False),
    sa.Column('decided_by', sa.String(length=32), nullable=True),
    sa.Column('decided_at', Utc(), nullable=True),
    sa.ForeignKeyConstraint(['asked_by'], ['accounts.id'], name=op.f('fk_site_secret_wishes_asked_by_accounts')),
    sa.ForeignKeyConstraint(['client_id'], ['clients.client_id'], name=op.f('fk_site_secret_wishes_client_id_clients')),
    sa.ForeignKeyConstraint(['decided_by'], ['accounts.id'], name=op.f('fk_site_secret_wishes_decided_by_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_site_secret_wishes'))
    )
    with op.batch_alter_table('site_secret_wishes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_site_secret_wishes_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index('uq_site_secret_wishes_open', ['client_id'], unique=True, sqlite_where=sa.text("state IN ('open', 'allowed')"), postgresql_where=sa.text("state IN ('open', 'allowed')"))

    op.create_table('site_versions',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('client_id', sa.String(length=64), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('document', sa.JSON(), nullable=False),
    sa.Column('made_by_kind', sa.String(length=64), nullable=False),
    sa.Column('made_by', sa.String(length=64), nullable=True),
    sa.Column('made_at', Utc(), nullable=False),
    sa.Column('was_live', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['client_id'], ['clients.client_id'], name=op.f('fk_site_versions_client_id_clients')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_site_versions')),
    sa.UniqueConstraint('client_id', 'number', name=op.f('uq_site_versions_client_id'))
    )
    with op.batch_alter_table('site_versions', schema=None) as batch_op:
        batch_op.create_index('uq_site_versions_current', ['client_id'], unique=True, sqlite_where=sa.text("state = 'current'"), postgresql_where=sa.text("state = 'current'"))
        batch_op.create_index('uq_site_versions_draft', ['client_id'], unique=True, sqlite_where=sa.text("state = 'draft'"), postgresql_where=sa.text("state = 'draft'"))

    op.create_table('site_releases',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('client_id', sa.String(length=64), nullable=False),
    sa.Column('version_id', sa.String(length=32), nullable=False),
    sa.Column('organisation_id', sa.String(length=32), nullable=False),
    sa.Column('region', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('asked_by', sa.String(length=32), nullable=False),
    sa.Column('asked_at', Utc(), nullable=False),
    sa.Column('decided_by', sa.String(length=32), nullable=True),
    sa.Column('decided_at', Utc(), nullable=True),
    sa.Column('remark', sa.Text(), nullable=True),
    sa.Column('waiver', sa.Text(), nullable=True),
    sa.Column('granted', sa.JSON(), nullable=True),
    sa.ForeignKeyConstraint(['asked_by'], ['accounts.id'], name=op.f('fk_site_releases_asked_by_accounts')),
    sa.ForeignKeyConstraint(['client_id'], ['clients.client_id'], name=op.f('fk_site_releases_client_id_clients')),
    sa.ForeignKeyConstraint(['decided_by'], ['operators.id'], name=op.f('fk_site_releases_decided_by_operators')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_site_releases_organisation_id_organisations')),
    sa.ForeignKeyConstraint(['version_id'], ['site_versions.id'], name=op.f('fk_site_releases_version_id_site_versions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_site_releases'))
    )
    with op.batch_alter_table('site_releases', schema=None) as batch_op:
        batch_op.create_index('ix_site_releases_client', ['client_id', 'id'], unique=False)
        batch_op.create_index('ix_site_releases_state', ['state', 'id'], unique=False)
        batch_op.create_index('uq_site_releases_open', ['client_id'], unique=True, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))



def downgrade() -> None:
    with op.batch_alter_table('site_releases', schema=None) as batch_op:
        batch_op.drop_index('uq_site_releases_open', sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))
        batch_op.drop_index('ix_site_releases_state')
        batch_op.drop_index('ix_site_releases_client')

    op.drop_table('site_releases')
    with op.batch_alter_table('site_versions', schema=None) as batch_op:
        batch_op.drop_index('uq_site_versions_draft', sqlite_where=sa.text("state = 'draft'"), postgresql_where=sa.text("state = 'draft'"))
        batch_op.drop_index('uq_site_versions_current', sqlite_where=sa.text("state = 'current'"), postgresql_where=sa.text("state = 'current'"))

    op.drop_table('site_versions')
    with op.batch_alter_table('site_secret_wishes', schema=None) as batch_op:
        batch_op.drop_index('uq_site_secret_wishes_open', sqlite_where=sa.text("state IN ('open', 'allowed')"), postgresql_where=sa.text("state IN ('open', 'allowed')"))
        batch_op.drop_index(batch_op.f('ix_site_secret_wishes_expires_at'))

    op.drop_table('site_secret_wishes')
    with op.batch_alter_table('site_secret_warnings', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_site_secret_warnings_told_at'))

    op.drop_table('site_secret_warnings')
