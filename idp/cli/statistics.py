"""`statistics`: counts days anew from the trail."""

from datetime import datetime

import click

from idp.cli.installation import services
from idp.statistics import retention, rollup


@click.group("statistics")
def command() -> None:
    """Count the days of the statistics."""


@command.command("rebuild")
@click.option("--from", "first", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The first day (Beijing).")
def rebuild(first: datetime) -> None:
    """Count every day from the given one on anew, from the sealed trail, while the service goes on.

    The numbers are those that were there, except that people count in the region that looks after them now.
    """
    with services() as everything:
        read = rollup.rebuild(everything.database, first.date())
        with everything.database.view() as db:
            kept = retention.first_kept(db)
    click.echo(f"Counted {read} entries anew.")
    if first.date() < kept:
        click.echo(f"Days before {kept} are kept by month alone, which stays as it is.")
