"""The commands of the service: one group, each command in its own module, loaded when it is asked for."""

import importlib
import sys
from typing import Any

import click

from idp.core.errors import ConfigurationError, DomainError

_COMMANDS = {
    "init": "idp.cli.initialise",
    "serve": "idp.cli.serving",
    "worker": "idp.cli.working",
    "check": "idp.cli.checking",
    "operator": "idp.cli.operators",
    "client": "idp.cli.clients",
    "resource": "idp.cli.resources",
    "keys": "idp.cli.keys",
    "audit": "idp.cli.audit",
    "statistics": "idp.cli.statistics",
    "account": "idp.cli.accounts",
    "backup": "idp.cli.backing_up",
    "restore": "idp.cli.restoring",
}


class Commands(click.Group):
    """Loads a command's module when it is used, and says what is wrong with the settings instead of a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = importlib.import_module(_COMMANDS[cmd_name]).command
        if not isinstance(command, click.Command):
            raise TypeError(cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigurationError as wrong:
            for line in str(wrong).splitlines():
                click.echo(line, err=True)
            sys.exit(2)
        except DomainError as refused:
            raise click.ClickException(f"{refused.code}: {refused.sentence}") from refused


@click.group(cls=Commands, name="idp", context_settings={"help_option_names": ["-h", "--help"]})
def group() -> None:
    """Unified identity: one account and one sign-in for government sites.

    Every command reads the same settings: IDP_* variables, or IDP_*_FILE with the path of a file that holds the value.
    """


def main() -> None:
    """Run the command of this process's arguments."""
    group(prog_name="python -m idp")
