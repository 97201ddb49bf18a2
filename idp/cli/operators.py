"""`operator`: the staff of the console."""

import sys

import click
import qrcode

from idp.cli.installation import OPERATOR, services
from idp.core import clock
from idp.staff import operators
from idp.staff.models import Role


@click.group("operator")
def command() -> None:
    """Add, list and disable operators of the console. Nobody holds two roles, and nobody holds all."""


@command.command("add")
@click.argument("login")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    required=True,
    help="system: accounts, clients · security: policies, keys · audit: the audit trail · counter: checks at a counter.",
)
def add(login: str, role: str) -> None:
    """Make an operator. Password and TOTP secret are printed once and cannot be shown again."""
    with services() as everything:
        try:
            with everything.database.transaction() as db:
                made = operators.add(
                    db, everything.keyring, everything.trail, login=login, role=Role(role), actor=OPERATOR
                )
        except operators.LoginRefused as refused:
            raise click.ClickException(str(refused)) from refused
        click.echo(
            f"login\t{made.login}\nrole\t{made.role}\npassword\t{made.password}\ntotp_secret\t{made.totp_secret}"
        )
        uri = made.provisioning_uri(everything.settings.brand_name)
        click.echo(f"totp_uri\t{uri}")
        if sys.stdout.isatty():
            _draw(uri)


def _draw(uri: str) -> None:
    """The TOTP secret as a QR code in the terminal, for the telephone of the person beside it."""
    code = qrcode.QRCode(border=2)
    code.add_data(uri)
    code.print_ascii(invert=True)


@command.command("list")
def listing() -> None:
    """Show every operator: login, role, state, since when."""
    with services() as everything, everything.database.view() as db:
        for row in operators.listing(db):
            since = row.created_at.astimezone(clock.BEIJING).isoformat(" ", "minutes")
            click.echo(f"{row.login}\t{row.role}\t{row.state}\t{since}")


@command.command("disable")
@click.argument("login")
def disable(login: str) -> None:
    """Let an operator sign in no more; open sessions end at once."""
    with services() as everything, everything.database.transaction() as db:
        if not operators.disable(db, everything.trail, login, actor=OPERATOR):
            raise click.ClickException(f"there is no active operator {login}")
    click.echo(f"{login} is disabled.")
