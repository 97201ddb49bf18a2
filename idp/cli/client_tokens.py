"""`client token`: initial access tokens, with which sites register themselves."""

from datetime import timedelta

import click

from idp.cli.installation import OPERATOR, services
from idp.core import clock
from idp.oidc.registration import initial_access_tokens


@click.group("token")
def command() -> None:
    """Give and take back leave to register sites over HTTP (IDP_CLIENT_REGISTRATION=token)."""


@command.command("add")
@click.option("--label", required=True, help="Whom it is for; shown in lists, at most 64 characters.")
@click.option("--uses", type=click.IntRange(1), default=1, show_default=True, help="How many sites it may register.")
@click.option("--any-number", is_flag=True, help="As many as its holder likes.")
@click.option("--days", type=click.IntRange(1, 3650), default=7, show_default=True, help="How long it is good.")
def add(label: str, uses: int, any_number: bool, days: int) -> None:
    """Make a token. It is printed once; only its digest is kept."""
    if not 0 < len(label) <= 64:
        raise click.ClickException("the label has 1 to 64 characters")
    until = clock.now() + timedelta(days=days)
    with services() as everything, everything.database.transaction() as db:
        made = initial_access_tokens.make(
            db, everything.trail, label=label, uses=None if any_number else uses, expires_at=until, actor=OPERATOR
        )
    click.echo(f"id\t{made.id}")
    click.echo(f"initial_access_token\t{made.token}")


@command.command("list")
def listing() -> None:
    """Show every token: id, state, registrations left, end, label."""
    now = clock.now()
    with services() as everything, everything.database.view() as db:
        for row in initial_access_tokens.listing(db):
            left = "any" if row.uses_left is None else row.uses_left
            state = initial_access_tokens.state_of(row, now)
            click.echo(f"{row.id}\t{state}\t{left}\t{row.expires_at:%Y-%m-%d %H:%M}\t{row.label}")


@command.command("revoke")
@click.argument("token_id")
def revoke(token_id: str) -> None:
    """End a token at once; sites that were registered with it stay."""
    with services() as everything, everything.database.transaction() as db:
        if not initial_access_tokens.revoke(db, everything.trail, token_id, actor=OPERATOR):
            raise click.ClickException(f"there is no token {token_id}, or it is revoked already")
    click.echo(f"{token_id} is revoked.")
