"""Sources organisations and mandates

Revision 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

from idp.db.base import Utc


revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('organisations',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('uscc', sa.String(length=64), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('legal_representative_sealed', sa.Text(), nullable=False),
    sa.Column('legal_representative_index', sa.String(length=43), nullable=False),
    sa.Column('source', sa.String(length=64), nullable=False),
    sa.Column('request_number', sa.String(length=64), nullable=True),
    sa.Column('created_at', Utc(), nullable=False),
    sa.Column('checked_at', Utc(), nullable=False),
    sa.Column('recheck_at', Utc(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisations')),
    sa.UniqueConstraint('uscc', name=op.f('uq_organisations_uscc'))
    )
    with op.batch_alter_table('organisations', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_organisations_recheck_at'), ['recheck_at'], unique=False)

    op.create_table('account_merges',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('kept_account_id', sa.String(length=32), nullable=False),
    sa.Column('merged_account_id', sa.String(length=32), nullable=False),
    sa.Column('moved', sa.JSON(), nullable=False),
    sa.Column('merged_at', Utc(), nullable=False),
    sa.Column('undo_until', Utc(), nullable=False),
    sa.Column('undone_at', Utc(), nullable=True),
    sa.ForeignKeyConstraint(['kept_account_id'], ['accounts.id'], name=op.f('fk_account_merges_kept_account_id_accounts')),
    sa.ForeignKeyConstraint(['merged_account_id'], ['accounts.id'], name=op.f('fk_account_merges_merged_account_id_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account_merges'))
    )
    with op.batch_alter_table('account_merges', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_account_merges_kept_account_id'), ['kept_account_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_account_merges_merged_account_id'), ['merged_account_id'], unique=False)

    op.create_table('external_links',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.String(length=32), nullable=False),
    sa.Column('source', sa.String(length=64), nullable=False),
    sa.Column('key_index', sa.String(length=43), nullable=False),
    sa.Column('key_sealed', sa.Text(), nullable=False),
    sa.Column('shown_sealed', sa.Text(), nullable=True),
    sa.Column('linked_at', Utc(), nullable=False),
    sa.Column('last_used_at', Utc(), nullable=True),
    sa.Column('unlinked_at', Utc(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_external_links_account_id_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_external_links'))
    )
    with op.batch_alter_table('external_links', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_external_links_account_id'), ['account_id'], unique=False)
        batch_op.create_index('uq_external_links_live', ['source', 'key_index'], unique=True, sqlite_where=sa.text('unlinked_at IS NULL'), postgresql_where=sa.text('unlinked_at IS NULL'))

    op.create_table('face_consents',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.String(length=32), nullable=False),
    sa.Column('version', sa.String(length=64), nullable=False),
    sa.Column('given_at', Utc(), nullable=False),
    sa.Column('withdrawn_at', Utc(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_face_consents_account_id_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_face_consents'))
    )
    with op.batch_alter_table('face_consents', schema=None) as batch_op:
        batch_op.create_index('uq_face_consents_live', ['account_id'], unique=True, sqlite_where=sa.text('withdrawn_at IS NULL'), postgresql_where=sa.text('withdrawn_at IS NULL'))

    op.create_table('guardianships',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('guardian_account_id', sa.String(length=32), nullable=False),
    sa.Column('child_account_id', sa.String(length=32), nullable=False),
    sa.Column('relation', sa.String(length=64), nullable=False),
    sa.Column('consent_version', sa.String(length=64), nullable=False),
    sa.Column('consented_at', Utc(), nullable=False),
    sa.Column('seen_by', sa.String(length=32), nullable=True),
    sa.Column('seen_at', Utc(), nullable=True),
    sa.Column('ended_at', Utc(), nullable=True),
    sa.ForeignKeyConstraint(['child_account_id'], ['accounts.id'], name=op.f('fk_guardianships_child_account_id_accounts')),
    sa.ForeignKeyConstraint(['guardian_account_id'], ['accounts.id'], name=op.f('fk_guardianships_guardian_account_id_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guardianships'))
    )
    with op.batch_alter_table('guardianships', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_guardianships_child_account_id'), ['child_account_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_guardianships_guardian_account_id'), ['guardian_account_id'], unique=False)
        batch_op.create_index('uq_guardianships_live', ['child_account_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.create_table('guardian_requests',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('child_account_id', sa.String(length=32), nullable=False),
    sa.Column('client_id', sa.String(length=64), nullable=False),
    sa.Column('words', sa.JSON(), nullable=False),
    sa.Column('asked_at', Utc(), nullable=False),
    sa.Column('decided_at', Utc(), nullable=True),
    sa.Column('decision', sa.String(length=64), nullable=True),
    sa.ForeignKeyConstraint(['child_account_id'], ['accounts.id'], name=op.f('fk_guardian_requests_child_account_id_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guardian_requests'))
    )
    with op.batch_alter_table('guardian_requests', schema=None) as batch_op:
        batch_op.create_index('uq_guardian_requests_open', ['child_account_id', 'client_id'], unique=True, sqlite_where=sa.text('decided_at IS NULL'), postgresql_where=sa.text('decided_at IS NULL'))

    op.create_table('known_as',
    sa.Column('account_id', sa.String(length=32), nullable=False),
    sa.Column('sector', sa.String(length=255), nullable=False),
    sa.Column('as_account_id', sa.String(length=32), nullable=False),
    sa.Column('since', Utc(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_known_as_account_id_accounts')),
    sa.ForeignKeyConstraint(['as_account_id'], ['accounts.id'], name=op.f('fk_known_as_as_account_id_accounts')),
    sa.PrimaryKeyConstraint('account_id', 'sector', name=op.f('pk_known_as'))
    )
    op.create_table('known_principals',
    sa.Column('sector', sa.String(length=255), nullable=False),
    sa.Column('known_as', sa.String(length=43), nullable=False),
    sa.Column('organisation_id', sa.String(length=32), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_known_principals_organisation_id_organisations')),
    sa.PrimaryKeyConstraint('sector', 'known_as', name=op.f('pk_known_principals'))
    )
    op.create_table('mandates',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('organisation_id', sa.String(length=32), nullable=False),
    sa.Column('role', sa.String(length=64), nullable=False),
    sa.Column('given_by', sa.String(length=32), nullable=False),
    sa.Column('parent_id', sa.String(length=32), nullable=True),
    sa.Column('agent_account_id', sa.String(length=32), nullable=True),
    sa.Column('agent_name_sealed', sa.Text(), nullable=False),
    sa.Column('phone_index', sa.String(length=43), nullable=False),
    sa.Column('phone_sealed', sa.Text(), nullable=False),
    sa.Column('services', sa.JSON(), nullable=False),
    sa.Column('may_delegate', sa.Boolean(), nullable=False),
    sa.Column('starts_at', Utc(), nullable=False),
    sa.Column('ends_at', Utc(), nullable=True),
    sa.Column('offered_at', Utc(), nullable=False),
    sa.Column('offer_until', Utc(), nullable=False),
    sa.Column('accepted_at', Utc(), nullable=True),
    sa.Column('ended_at', Utc(), nullable=True),
    sa.Column('ended_by', sa.String(length=32), nullable=True),
    sa.Column('end_reason', sa.String(length=64), nullable=True),
    sa.ForeignKeyConstraint(['agent_account_id'], ['accounts.id'], name=op.f('fk_mandates_agent_account_id_accounts')),
    sa.ForeignKeyConstraint(['given_by'], ['accounts.id'], name=op.f('fk_mandates_given_by_accounts')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_mandates_organisation_id_organisations')),
    sa.ForeignKeyConstraint(['parent_id'], ['mandates.id'], name=op.f('fk_mandates_parent_id_mandates')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mandates'))
    )
    with op.batch_alter_table('mandates', schema=None) as batch_op:
        batch_op.create_index('ix_mandates_agent', ['agent_account_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_mandates_ends_at'), ['ends_at'], unique=False)
        batch_op.create_index('ix_mandates_organisation', ['organisation_id', 'offered_at'], unique=False)
        batch_op.create_index('ix_mandates_parent', ['parent_id'], unique=False)
        batch_op.create_index('ix_mandates_phone', ['phone_index'], unique=False)

    op.create_table('organisation_uses',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('organisation_id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.String(length=32), nullable=False),
    sa.Column('role', sa.String(length=64), nullable=False),
    sa.Column('mandate_id', sa.String(length=32), nullable=True),
    sa.Column('client_id', sa.String(length=64), nullable=False),
    sa.Column('at', Utc(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_organisation_uses_account_id_accounts')),
    sa.ForeignKeyConstraint(['mandate_id'], ['mandates.id'], name=op.f('fk_organisation_uses_mandate_id_mandates')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_organisation_uses_organisation_id_organisations')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation_uses'))
    )
    with op.batch_alter_table('organisation_uses', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_organisation_uses_at'), ['at'], unique=False)
        batch_op.create_index('ix_organisation_uses_account', ['account_id'], unique=False)
        batch_op.create_index('ix_organisation_uses_mandate', ['mandate_id'], unique=False)
        batch_op.create_index('ix_organisation_uses_organisation', ['organisation_id', 'at'], unique=False)

    op.create_table('representations',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('organisation_id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.String(length=32), nullable=False),
    sa.Column('licence_until', Utc(), nullable=True),
    sa.Column('by_number', sa.Boolean(), nullable=False),
    sa.Column('since', Utc(), nullable=False),
    sa.Column('ended_at', Utc(), nullable=True),
    sa.Column('ended_by', sa.String(length=32), nullable=True),
    sa.Column('end_reason', sa.String(length=64), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_representations_account_id_accounts')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_representations_organisation_id_organisations')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_representations'))
    )
    with op.batch_alter_table('representations', schema=None) as batch_op:
        batch_op.create_index('ix_representations_account', ['account_id'], unique=False)
        batch_op.create_index('ix_representations_organisation', ['organisation_id'], unique=False)
        batch_op.create_index('uq_representations_live', ['organisation_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.create_table('counter_cases',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.String(length=32), nullable=False),
    sa.Column('client_id', sa.String(length=64), nullable=True),
    sa.Column('code_index', sa.String(length=43), nullable=False),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('applicant_sealed', sa.Text(), nullable=True),
    sa.Column('created_at', Utc(), nullable=False),
    sa.Column('expires_at', Utc(), nullable=False),
    sa.Column('seen_by', sa.String(length=32), nullable=True),
    sa.Column('seen_at', Utc(), nullable=True),
    sa.Column('decided_by', sa.String(length=32), nullable=True),
    sa.Column('decided_at', Utc(), nullable=True),
    sa.Column('reason', sa.String(length=64), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_counter_cases_account_id_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_counter_cases')),
    sa.UniqueConstraint('code_index', name=op.f('uq_counter_cases_code_index'))
    )
    with op.batch_alter_table('counter_cases', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_counter_cases_account_id'), ['account_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_counter_cases_expires_at'), ['expires_at'], unique=False)

    op.create_table('identity_attempts',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('handle_digest', sa.String(length=43), nullable=False),
    sa.Column('evidence_id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.String(length=32), nullable=False),
    sa.Column('client_id', sa.String(length=64), nullable=True),
    sa.Column('browser_digest', sa.String(length=43), nullable=False),
    sa.Column('phone_digest', sa.String(length=43), nullable=False),
    sa.Column('phone_browser', sa.String(length=43), nullable=True),
    sa.Column('source', sa.String(length=64), nullable=False),
    sa.Column('request_number', sa.String(length=64), nullable=True),
    sa.Column('applicant_sealed', sa.Text(), nullable=True),
    sa.Column('ticket_sealed', sa.Text(), nullable=True),
    sa.Column('open_url_sealed', sa.Text(), nullable=True),
    sa.Column('app_url_sealed', sa.Text(), nullable=True),
    sa.Column('surface', sa.String(length=64), nullable=False),
    sa.Column('started_at', Utc(), nullable=False),
    sa.Column('expires_at', Utc(), nullable=False),
    sa.Column('returned_at', Utc(), nullable=True),
    sa.Column('asked_at', Utc(), nullable=True),
    sa.Column('settled_at', Utc(), nullable=True),
    sa.Column('outcome', sa.String(length=64), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_identity_attempts_account_id_accounts')),
    sa.ForeignKeyConstraint(['evidence_id'], ['evidence.id'], name=op.f('fk_identity_attempts_evidence_id_evidence')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity_attempts')),
    sa.UniqueConstraint('evidence_id', name=op.f('uq_identity_attempts_evidence_id')),
    sa.UniqueConstraint('handle_digest', name=op.f('uq_identity_attempts_handle_digest')),
    sa.UniqueConstraint('phone_digest', name=op.f('uq_identity_attempts_phone_digest'))
    )
    with op.batch_alter_table('identity_attempts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_identity_attempts_account_id'), ['account_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_identity_attempts_expires_at'), ['expires_at'], unique=False)

    with op.batch_alter_table('account_identifiers', schema=None) as batch_op:
        batch_op.add_column(sa.Column('merged_from', sa.String(length=32), nullable=True))

    with op.batch_alter_table('evidence', schema=None) as batch_op:
        batch_op.add_column(sa.Column('purpose', sa.String(length=64), server_default='self', nullable=False))
        batch_op.add_column(sa.Column('evidence_type', sa.String(length=64), server_default='electronic_record', nullable=False))
        batch_op.add_column(sa.Column('check_method', sa.String(length=64), server_default='data', nullable=False))
        batch_op.add_column(sa.Column('document_kind', sa.String(length=64), server_default='resident_id', nullable=False))

    with op.batch_alter_table('persons', schema=None) as batch_op:
        batch_op.add_column(sa.Column('document_country', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('facts_sealed', sa.Text(), nullable=True))

    with op.batch_alter_table('sso_session_sites', schema=None) as batch_op:
        batch_op.add_column(sa.Column('organisation_id', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('principal_chosen_at', Utc(), nullable=True))



def downgrade() -> None:
    with op.batch_alter_table('sso_session_sites', schema=None) as batch_op:
        batch_op.drop_column('principal_chosen_at')
        batch_op.drop_column('organisation_id')

    with op.batch_alter_table('persons', schema=None) as batch_op:
        batch_op.drop_column('facts_sealed')
        batch_op.drop_column('document_country')

    with op.batch_alter_table('evidence', schema=None) as batch_op:
        batch_op.drop_column('document_kind')
        batch_op.drop_column('check_method')
        batch_op.drop_column('evidence_type')
        batch_op.drop_column('purpose')

    with op.batch_alter_table('identity_attempts', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_identity_attempts_expires_at'))
        batch_op.drop_index(batch_op.f('ix_identity_attempts_account_id'))

    op.drop_table('identity_attempts')
    with op.batch_alter_table('counter_cases', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_counter_cases_expires_at'))
        batch_op.drop_index(batch_op.f('ix_counter_cases_account_id'))

    op.drop_table('counter_cases')
    with op.batch_alter_table('representations', schema=None) as batch_op:
        batch_op.drop_index('uq_representations_live', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
        batch_op.drop_index('ix_representations_organisation')
        batch_op.drop_index('ix_representations_account')

    op.drop_table('representations')
    with op.batch_alter_table('organisation_uses', schema=None) as batch_op:
        batch_op.drop_index('ix_organisation_uses_organisation')
        batch_op.drop_index('ix_organisation_uses_mandate')
        batch_op.drop_index('ix_organisation_uses_account')
        batch_op.drop_index(batch_op.f('ix_organisation_uses_at'))

    op.drop_table('organisation_uses')
    with op.batch_alter_table('mandates', schema=None) as batch_op:
        batch_op.drop_index('ix_mandates_phone')
        batch_op.drop_index('ix_mandates_parent')
        batch_op.drop_index('ix_mandates_organisation')
        batch_op.drop_index(batch_op.f('ix_mandates_ends_at'))
        batch_op.drop_index('ix_mandates_agent')

    op.drop_table('mandates')
    with op.batch_alter_table('account_identifiers', schema=None) as batch_op:
        batch_op.drop_column('merged_from')

    op.drop_table('known_principals')
    op.drop_table('known_as')
    with op.batch_alter_table('guardian_requests', schema=None) as batch_op:
        batch_op.drop_index('uq_guardian_requests_open', sqlite_where=sa.text('decided_at IS NULL'), postgresql_where=sa.text('decided_at IS NULL'))

    op.drop_table('guardian_requests')
    with op.batch_alter_table('guardianships', schema=None) as batch_op:
        batch_op.drop_index('uq_guardianships_live', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_guardianships_guardian_account_id'))
        batch_op.drop_index(batch_op.f('ix_guardianships_child_account_id'))

    op.drop_table('guardianships')
    with op.batch_alter_table('face_consents', schema=None) as batch_op:
        batch_op.drop_index('uq_face_consents_live', sqlite_where=sa.text('withdrawn_at IS NULL'), postgresql_where=sa.text('withdrawn_at IS NULL'))

    op.drop_table('face_consents')
    with op.batch_alter_table('external_links', schema=None) as batch_op:
        batch_op.drop_index('uq_external_links_live', sqlite_where=sa.text('unlinked_at IS NULL'), postgresql_where=sa.text('unlinked_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_external_links_account_id'))

    op.drop_table('external_links')
    with op.batch_alter_table('account_merges', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_account_merges_merged_account_id'))
        batch_op.drop_index(batch_op.f('ix_account_merges_kept_account_id'))

    op.drop_table('account_merges')
    with op.batch_alter_table('organisations', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_organisations_recheck_at'))

    op.drop_table('organisations')
