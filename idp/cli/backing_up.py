"""`backup`: a copy of the database while the service runs."""

from pathlib import Path

import click

from idp import config
from idp.cli import dumps


@click.command("backup")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
def command(target: Path) -> None:
    """Write a consistent copy of the database to the new file TARGET, while the service goes on.

    Personal data in it stay sealed: without IDP_MASTER_KEY, which is not in the copy, they cannot be read. Keep the
    two apart, and keep both.
    """
    settings = config.from_environment()
    try:
        dumps.write(settings.database_url, target)
    except FileExistsError as there:
        raise click.ClickException(f"{target} exists already; give a new name") from there
    except (OSError, dumps.NotDone) as failed:
        raise click.ClickException(str(failed)) from failed
    click.echo(f"{target} holds the database ({target.stat().st_size} bytes).")
