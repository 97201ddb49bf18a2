"""`check`: says everything that would stop the service, or trouble it."""

import sys

import click

from idp import checks, config
from idp.checks import Problem
from idp.cli.installation import bare_database
from idp.store.redis import open_store


@click.command("check")
@click.option("--role", type=click.Choice(["serve", "worker"]), default="serve", help="Check for this kind of process.")
def command(role: checks.Role) -> None:
    """Check the settings, the database and the store, and say all problems at once with what to do instead.

    Ends with 0 when the service may start, 1 when it would refuse to.
    """
    settings = config.from_environment()
    with bare_database(settings) as (_, database):
        problems = checks.problems(settings, role=role, database=database, store=open_store(settings.redis_url))
    say(problems)
    if any(problem.is_fatal for problem in problems):
        sys.exit(1)
    click.echo("The service may start.")


def say(problems: list[Problem]) -> None:
    for problem in problems:
        click.echo(f"{'refused' if problem.is_fatal else 'warning'}: {problem}", err=True)
