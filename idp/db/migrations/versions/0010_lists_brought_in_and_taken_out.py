"""Lists brought in and taken out

Revision 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op

from idp.db.base import Utc


revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('imports',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('label', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('columns', sa.JSON(), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('trusts_proofs', sa.Boolean(), nullable=False),
    sa.Column('brought_by', sa.String(length=32), nullable=False),
    sa.Column('created_at', Utc(), nullable=False),
    sa.Column('started_at', Utc(), nullable=True),
    sa.Column('ended_at', Utc(), nullable=True),
    sa.Column('leased_until', Utc(), nullable=True),
    sa.ForeignKeyConstraint(['brought_by'], ['operators.id'], name=op.f('fk_imports_brought_by_operators')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_imports'))
    )
    with op.batch_alter_table('imports', schema=None) as batch_op:
        batch_op.create_index('ix_imports_busy', ['id'], unique=False, sqlite_where=sa.text("state IN ('received', 'running')"), postgresql_where=sa.text("state IN ('received', 'running')"))

    op.create_table('import_rows',
    sa.Column('import_id', sa.String(length=32), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('sealed', sa.Text(), nullable=True),
    sa.Column('problems', sa.JSON(), nullable=False),
    sa.Column('phone_index', sa.String(length=43), nullable=True),
    sa.Column('username_index', sa.String(length=43), nullable=True),
    sa.Column('document_index', sa.String(length=43), nullable=True),
    sa.Column('account_id', sa.String(length=32), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_import_rows_account_id_accounts')),
    sa.ForeignKeyConstraint(['import_id'], ['imports.id'], name=op.f('fk_import_rows_import_id_imports')),
    sa.PrimaryKeyConstraint('import_id', 'number', name=op.f('pk_import_rows'))
    )
    with op.batch_alter_table('import_rows', schema=None) as batch_op:
        batch_op.create_index('ix_import_rows_document', ['import_id', 'document_index'], unique=False)
        batch_op.create_index('ix_import_rows_phone', ['import_id', 'phone_index'], unique=False)
        batch_op.create_index('ix_import_rows_state', ['import_id', 'state', 'number'], unique=False)
        batch_op.create_index('ix_import_rows_username', ['import_id', 'username_index'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('import_rows', schema=None) as batch_op:
        batch_op.drop_index('ix_import_rows_username')
        batch_op.drop_index('ix_import_rows_state')
        batch_op.drop_index('ix_import_rows_phone')
        batch_op.drop_index('ix_import_rows_document')

    op.drop_table('import_rows')
    with op.batch_alter_table('imports', schema=None) as batch_op:
        batch_op.drop_index('ix_imports_busy', sqlite_where=sa.text("state IN ('received', 'running')"), postgresql_where=sa.text("state IN ('received', 'running')"))

    op.drop_table('imports')
