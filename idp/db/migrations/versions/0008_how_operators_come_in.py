"""How operators come in

Revision 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

from idp.db.base import Utc


revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('operator_challenges',
    sa.Column('digest', sa.String(length=43), nullable=False),
    sa.Column('expires_at', Utc(), nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_operator_challenges'))
    )
    with op.batch_alter_table('operator_challenges', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_operator_challenges_expires_at'), ['expires_at'], unique=False)

    op.create_table('operator_invitations',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('secret_digest', sa.String(length=43), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('role', sa.String(length=64), nullable=False),
    sa.Column('operator_id', sa.String(length=32), nullable=True),
    sa.Column('made_at', Utc(), nullable=False),
    sa.Column('expires_at', Utc(), nullable=False),
    sa.Column('used_at', Utc(), nullable=True),
    sa.Column('voided_at', Utc(), nullable=True),
    sa.ForeignKeyConstraint(['operator_id'], ['operators.id'], name=op.f('fk_operator_invitations_operator_id_operators')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_operator_invitations')),
    sa.UniqueConstraint('secret_digest', name=op.f('uq_operator_invitations_secret_digest'))
    )
    with op.batch_alter_table('operator_invitations', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_operator_invitations_operator_id'), ['operator_id'], unique=False)

    op.create_table('operator_passkeys',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('operator_id', sa.String(length=32), nullable=False),
    sa.Column('credential_digest', sa.String(length=43), nullable=False),
    sa.Column('credential', sa.Text(), nullable=False),
    sa.Column('public_key', sa.Text(), nullable=False),
    sa.Column('sign_count', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('added_at', Utc(), nullable=False),
    sa.Column('last_used_at', Utc(), nullable=True),
    sa.ForeignKeyConstraint(['operator_id'], ['operators.id'], name=op.f('fk_operator_passkeys_operator_id_operators')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_operator_passkeys')),
    sa.UniqueConstraint('credential_digest', name=op.f('uq_operator_passkeys_credential_digest'))
    )
    with op.batch_alter_table('operator_passkeys', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_operator_passkeys_operator_id'), ['operator_id'], unique=False)

    op.create_table('operator_tokens',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('operator_id', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('secret_digest', sa.String(length=43), nullable=False),
    sa.Column('scopes', sa.JSON(), nullable=False),
    sa.Column('created_at', Utc(), nullable=False),
    sa.Column('expires_at', Utc(), nullable=False),
    sa.Column('last_used_at', Utc(), nullable=True),
    sa.Column('ended_at', Utc(), nullable=True),
    sa.ForeignKeyConstraint(['operator_id'], ['operators.id'], name=op.f('fk_operator_tokens_operator_id_operators')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_operator_tokens')),
    sa.UniqueConstraint('secret_digest', name=op.f('uq_operator_tokens_secret_digest'))
    )
    with op.batch_alter_table('operator_tokens', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_operator_tokens_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index('ix_operator_tokens_operator', ['operator_id', 'id'], unique=False)

    with op.batch_alter_table('operator_sessions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('browser', sa.String(length=64), server_default=sa.text("''"), nullable=False))

    with op.batch_alter_table('operators', schema=None) as batch_op:
        batch_op.add_column(sa.Column('networks', sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column('past_passwords', sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column('password_changed_at', Utc(), nullable=True))
        batch_op.add_column(sa.Column('enrolled_at', Utc(), nullable=True))
        batch_op.add_column(sa.Column('last_sign_in_at', Utc(), nullable=True))
        batch_op.alter_column('password_hash',
               existing_type=sa.TEXT(),
               nullable=True)
        batch_op.alter_column('totp_sealed',
               existing_type=sa.TEXT(),
               nullable=True)

    op.execute('UPDATE operators SET enrolled_at = created_at, password_changed_at = created_at')


def downgrade() -> None:
    # Whoever has a passkey alone cannot come in at the release before.
    op.execute("UPDATE operators SET state = 'disabled' WHERE password_hash IS NULL OR totp_sealed IS NULL")
    op.execute("UPDATE operators SET password_hash = coalesce(password_hash, ''), totp_sealed = coalesce(totp_sealed, '')")
    with op.batch_alter_table('operators', schema=None) as batch_op:
        batch_op.alter_column('totp_sealed',
               existing_type=sa.TEXT(),
               nullable=False)
        batch_op.alter_column('password_hash',
               existing_type=sa.TEXT(),
               nullable=False)
        batch_op.drop_column('last_sign_in_at')
        batch_op.drop_column('enrolled_at')
        batch_op.drop_column('password_changed_at')
        batch_op.drop_column('past_passwords')
        batch_op.drop_column('networks')

    with op.batch_alter_table('operator_sessions', schema=None) as batch_op:
        batch_op.drop_column('browser')

    with op.batch_alter_table('operator_tokens', schema=None) as batch_op:
        batch_op.drop_index('ix_operator_tokens_operator')
        batch_op.drop_index(batch_op.f('ix_operator_tokens_expires_at'))

    op.drop_table('operator_tokens')
    with op.batch_alter_table('operator_passkeys', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_operator_passkeys_operator_id'))

    op.drop_table('operator_passkeys')
    with op.batch_alter_table('operator_invitations', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_operator_invitations_operator_id'))

    op.drop_table('operator_invitations')
    with op.batch_alter_table('operator_challenges', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_operator_challenges_expires_at'))

    op.drop_table('operator_challenges')
