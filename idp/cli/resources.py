"""`resource`: registers the APIs that access tokens are meant for."""

from typing import Any

import click

from idp.cli.installation import OPERATOR, services
from idp.core import signing
from idp.oidc import resource_servers
from idp.oidc.resource_servers import ACTIVE, DISABLED, FORMATS, OPAQUE, ResourceRefused


@click.group("resource")
def command() -> None:
    """Register resource servers (APIs), list them, change them, disable or remove them."""


@command.command("add")
@click.argument("identifier")
@click.option("--name", required=True, help="What people call it.")
@click.option("--scope", "scopes", multiple=True, required=True, help="A scope that it knows; give it once for each.")
@click.option("--client", "client_id", help="The client that represents it: it may introspect tokens meant for it.")
@click.option(
    "--format",
    "token_format",
    type=click.Choice(FORMATS),
    default=OPAQUE,
    show_default=True,
    help="Whether it asks about tokens (opaque) or reads them by itself (jwt, RFC 9068).",
)
@click.option(
    "--alg",
    "signing_alg",
    type=click.Choice(signing.ALGORITHMS),
    default="ES256",
    show_default=True,
    help="How its JWTs are signed.",
)
def add(identifier: str, **members: Any) -> None:
    """Register the resource server IDENTIFIER, an absolute URI that sites name in `resource` (RFC 8707)."""
    with services() as everything, everything.database.transaction() as db:
        try:
            resource_servers.add(
                db, everything.trail, identifier, keyring=everything.keyring, issuer=everything.settings.issuer,
                actor=OPERATOR, **members,
            )  # fmt: skip
        except ResourceRefused as wrong:
            raise click.ClickException(str(wrong)) from wrong
    click.echo(f"{identifier} is registered.")


@command.command("list")
def listing() -> None:
    """Show every resource server: identifier, state, format, client, scopes, name."""
    with services() as everything, everything.database.view() as db:
        for row in resource_servers.listing(db):
            form = row.token_format if row.token_format == OPAQUE else f"{row.token_format}:{row.signing_alg}"
            shown = (row.identifier, row.state, form, row.client_id or "-", " ".join(row.scopes), row.name)
            click.echo("\t".join(shown))


@command.command("update")
@click.argument("identifier")
@click.option("--name", help="What people call it.")
@click.option("--scope", "scopes", multiple=True, help="All of its scopes from now on; give it once for each.")
@click.option("--client", "client_id", help="The client that represents it.")
@click.option("--no-client", is_flag=True, help="No client represents it any more.")
@click.option("--format", "token_format", type=click.Choice(FORMATS), help="opaque or jwt, for tokens from now on.")
@click.option("--alg", "signing_alg", type=click.Choice(signing.ALGORITHMS), help="How its JWTs are signed.")
def update(identifier: str, no_client: bool, scopes: tuple[str, ...], **members: Any) -> None:
    """Change what is given, and nothing else."""
    changes = {name: value for name, value in members.items() if value is not None}
    if scopes:
        changes["scopes"] = list(scopes)
    if no_client:
        if "client_id" in changes:
            raise click.UsageError("--client and --no-client exclude each other")
        changes["client_id"] = None
    if not changes:
        raise click.UsageError("nothing to change")
    with services() as everything, everything.database.transaction() as db:
        try:
            known = resource_servers.update(
                db, everything.trail, identifier, keyring=everything.keyring, actor=OPERATOR, **changes
            )
        except ResourceRefused as wrong:
            raise click.ClickException(str(wrong)) from wrong
        _require(identifier, known)
    click.echo(f"{identifier} is changed.")


@command.command("remove")
@click.argument("identifier")
@click.confirmation_option("--yes", prompt="Tokens that are meant for it will be of no use. Remove it?")
def remove(identifier: str) -> None:
    """Forget a resource server, and with it its scopes."""
    with services() as everything, everything.database.transaction() as db:
        _require(identifier, resource_servers.remove(db, everything.trail, identifier, actor=OPERATOR))
    click.echo(f"{identifier} is removed.")


@command.command("disable")
@click.argument("identifier")
def disable(identifier: str) -> None:
    """Issue no token for a resource server any more; its registration is kept."""
    _set(identifier, DISABLED)


@command.command("enable")
@click.argument("identifier")
def enable(identifier: str) -> None:
    """Let a disabled resource server work again."""
    _set(identifier, ACTIVE)


def _set(identifier: str, state: str) -> None:
    with services() as everything, everything.database.transaction() as db:
        _require(identifier, resource_servers.set_state(db, everything.trail, identifier, state, actor=OPERATOR))
    click.echo(f"{identifier} is {state}.")


def _require(identifier: str, known: bool) -> None:
    if not known:
        raise click.ClickException(f"there is no resource server {identifier}")
