"""Statistics by month: the days that are there are added up

Revision 0017, after 0016.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "statistics_months",
        sa.Column("measure", sa.String(length=64), nullable=False),
        sa.Column("region", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("measure", "region", "client_id", "day", "key", name=op.f("pk_statistics_months")),
    )
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    month = "date_trunc('month', day)::date" if is_postgresql else "date(day, 'start of month')"
    op.execute(
        f"INSERT INTO statistics_months (measure, region, client_id, day, key, count, told)"
        f" SELECT measure, region, client_id, {month}, key, sum(count), sum(count - count % 5)"
        f" FROM statistics_days GROUP BY measure, region, client_id, {month}, key"
    )
    with op.batch_alter_table("statistics_months", schema=None) as batch_op:
        batch_op.create_index("ix_statistics_months_region_day", ["measure", "region", "day"], unique=False)
    with op.batch_alter_table("statistics_days", schema=None) as batch_op:
        batch_op.create_index("ix_statistics_days_day", ["day"], unique=False)


def downgrade() -> None:
    """Months whose days are forgotten already are lost with it: the release before keeps days alone."""
    with op.batch_alter_table("statistics_days", schema=None) as batch_op:
        batch_op.drop_index("ix_statistics_days_day")
    op.drop_table("statistics_months")
