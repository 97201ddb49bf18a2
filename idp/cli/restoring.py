"""`restore`: puts a copy back."""

from pathlib import Path

import click

from idp import checks, config
from idp.cli import dumps
from idp.cli.checking import say
from idp.cli.installation import bare_database


@click.command("restore")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.confirmation_option("--yes", prompt="Everything in the present database is replaced. Go on?")
def command(source: Path) -> None:
    """Replace the database by the copy SOURCE that `backup` wrote. Stop the service first.

    Afterwards run `init`, which brings an older copy to this release, and `audit verify`.
    """
    settings = config.from_environment()
    try:
        dumps.read(settings.database_url, source)
    except (OSError, dumps.NotDone) as failed:
        raise click.ClickException(str(failed)) from failed
    click.echo("The database is the one of the copy.")
    with bare_database(settings) as (_, database):
        say(checks.problems(settings, role="command", database=database))
