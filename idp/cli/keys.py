"""`keys`: the issuer's keys, those that sign and those that sites encrypt to."""

import click

from idp.cli.installation import OPERATOR, services
from idp.core import clock
from idp.oidc.jwt import keys, rotation
from idp.oidc.jwt.rotation import KeysChanged


@click.group("keys")
def command() -> None:
    """List, rotate and revoke the keys that sign tokens, and those that sites encrypt to us with."""


@command.command("list")
def listing() -> None:
    """Show every key: id, algorithm, state, and since when."""
    with services() as everything, everything.database.view() as db:
        for key in keys.listing(db):
            made = key.created_at.astimezone(clock.BEIJING).isoformat(" ", "minutes")
            click.echo(f"{key.kid}\t{key.alg}\t{key.state}\t{made}")


@command.command("rotate")
def rotate() -> None:
    """Let the published next keys sign from now on, and publish new next ones.

    Sites notice nothing: the next keys have been in the key set long before, the old ones stay there.
    What sites encrypt to is replaced as well; the old key opens what still comes for 30 days.
    """
    with services() as everything:
        with everything.database.view() as db:
            seen = rotation.signing_now(db)
        try:
            with everything.database.transaction() as db:
                signing = rotation.rotate_as_seen(db, everything.keyring, everything.trail, seen, actor=OPERATOR)
        except KeysChanged as raced:
            raise click.ClickException(
                "somebody else rotated the keys at the same moment; look at `keys list`"
            ) from raced
    click.echo(f"Now signing: {', '.join(signing)}.")


@command.command("revoke")
@click.argument("kid")
@click.confirmation_option("--yes", prompt="Tokens signed with this key stop being accepted at once. Revoke it?")
def revoke(kid: str) -> None:
    """Withdraw the key KID at once, for example when it may be known to others; another takes over."""
    with services() as everything, everything.database.transaction() as db:
        if not keys.revoke(db, everything.keyring, everything.trail, kid, actor=OPERATOR):
            raise click.ClickException(f"there is no key {kid} that could be revoked")
    click.echo(f"{kid} is revoked.")
