"""`client`: registers relying sites and their secrets, and gives leave to register by machine."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import IO

import click
import orjson
import pydantic
from pydantic_core import ErrorDetails
from sqlalchemy import select

from idp.cli import client_texts, client_tokens
from idp.cli.installation import OPERATOR, services
from idp.cli.past_review import is_watched, past_review, unready, went_past, wisher
from idp.core import clock
from idp.edge.services import Services
from idp.oidc.models import Client
from idp.oidc.registration import client_changes, clients
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.oidc.registration.sectors import SectorRefused
from idp.sites import by_command, versions
from idp.sites.errors import ReleaseWaits, StillWrong


@click.group("client")
def command() -> None:
    """Register relying sites, list and change them, renew their secrets, disable or delete them."""


command.add_command(client_tokens.command)
for each in (client_texts.export, client_texts.diff, client_texts.apply):
    command.add_command(each)


@command.command("add")
@click.argument("metadata", type=click.File("rb"))
@click.option("--client-id", help="An id of your choice; made when missing.")
@click.option(
    "--release-basis",
    type=click.Choice([clients.CONSENT, clients.STATUTORY_DUTY]),
    default=clients.CONSENT,
    show_default=True,
    help="Whether the citizen is asked before facts are released, or a law already says so.",
)
def add(metadata: IO[bytes], client_id: str | None, release_basis: str) -> None:
    """Register a site from METADATA, a JSON file with the names of RFC 7591 (client_name, redirect_uris, scope …).

    The secret is printed once; only its digest is kept.
    """
    with services() as everything, _explained():
        said = _checked(everything, metadata)
        with everything.database.transaction() as db:
            if client_id is not None and db.get(Client, client_id) is not None:
                raise click.ClickException(f"{client_id} is registered already")
            name, secret = clients.register(
                db,
                everything.trail,
                said,
                keyring=everything.keyring,
                release_basis=release_basis,
                actor=OPERATOR,
                client_id=client_id,
            )
    click.echo(f"client_id\t{name}")
    if secret is not None:
        click.echo(f"client_secret\t{secret}")


@command.command("list")
def listing() -> None:
    """Show every registered site: id, state, who registered it, name."""
    with services() as everything, everything.database.view() as db:
        for row in db.scalars(select(Client).order_by(Client.created_at)):
            click.echo(f"{row.client_id}\t{row.state}\t{row.origin}\t{row.metadata_.get('client_name', '')}")


@command.command("show")
@click.argument("client_id")
def show(client_id: str) -> None:
    """Show what a site registered."""
    with services() as everything, everything.database.view() as db:
        row = db.get(Client, client_id)
        if row is None:
            raise click.ClickException(f"there is no client {client_id}")
        about = {name: getattr(row, name) for name in ("client_id", "state", "origin", "release_basis")}
        shown = {**about, **row.metadata_}
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))


@command.command("update")
@click.argument("client_id")
@click.argument("metadata", type=click.File("rb"))
@click.option("--note", default="", help="What the reviewer reads beside the change of a live site.")
@past_review
def update(client_id: str, metadata: IO[bytes], note: str, emergency: str | None) -> None:
    """Replace all that a site registered by METADATA, a JSON file as for `add`.

    A member that is left out goes back to its default. A secret that the site did not need before is printed once.
    Once there are operators who can sign in, a change of a live site becomes a request that they review in the console.
    """
    with services() as everything, _explained():
        said = _checked(everything, metadata)
        with everything.database.transaction() as db:
            row = db.get(Client, client_id, with_for_update=True)
            if row is None or row.state == "deleted":
                raise click.ClickException(f"there is no client {client_id}")
            if emergency is None and by_command.is_live(row) and is_watched(db):
                wanted = versions.document(clients.checked(db, said), row.release_basis)
                asked = wisher(everything, note)(db, row, wanted)
                click.echo(f"{client_id} waits for a review in the console.\nrelease\t{asked}")
                return
            secret = client_changes.change(db, everything.trail, row, said, keyring=everything.keyring, actor=OPERATOR)
            if emergency is not None:
                went_past(everything, db, row, emergency)
    click.echo(f"{client_id} is changed.")
    if secret is not None:
        click.echo(f"client_secret\t{secret}")


@command.command("delete")
@click.argument("client_id")
def delete(client_id: str) -> None:
    """End a site for good, with its secrets, tokens and consents; its id is never given again."""
    with services() as everything, everything.database.transaction() as db:
        row = db.get(Client, client_id, with_for_update=True)
        if row is None or row.state == "deleted":
            raise click.ClickException(f"there is no client {client_id}")
        client_changes.delete(db, everything.trail, row, actor=OPERATOR)
    click.echo(f"{client_id} is deleted.")


@command.command("secret")
@click.argument("client_id")
@click.option("--keep-old", default=24, show_default=True, help="Hours for which the present secrets stay valid.")
@past_review
def secret(client_id: str, keep_old: int, emergency: str | None) -> None:
    """Make a new secret, printed once; the old ones end after some hours, so that the site can change over.

    Once there are operators who can sign in, two of them allow the secret of a live site in the console.
    """
    with services() as everything, everything.database.transaction() as db:
        row = db.get(Client, client_id)
        if row is None or row.state == "deleted":
            raise click.ClickException(f"there is no client {client_id}")
        if emergency is None and by_command.is_live(row) and is_watched(db):
            raise click.ClickException(
                f"{client_id} is live: ask for its secret in the console, where two people allow it, or say --emergency REASON"
            )
        if emergency is not None:
            went_past(everything, db, row, emergency)
        made = clients.add_secret(db, everything.trail, client_id, actor=OPERATOR, keyring=everything.keyring)
        until = clock.now() + timedelta(hours=max(0, keep_old))
        clients.retire_secrets(db, everything.trail, client_id, keep=made, at=until, actor=OPERATOR)
    click.echo(f"client_secret\t{made}")


@command.command("disable")
@click.argument("client_id")
def disable(client_id: str) -> None:
    """Let a site do nothing any more; its registration is kept."""
    _set(client_id, "disabled")


@command.command("enable")
@click.argument("client_id")
def enable(client_id: str) -> None:
    """Let a disabled site work again."""
    _set(client_id, "active")


def _set(client_id: str, state: str) -> None:
    with services() as everything, everything.database.transaction() as db:
        if not clients.set_state(db, everything.trail, client_id, state, actor=OPERATOR):
            raise click.ClickException(f"there is no client {client_id}")
    click.echo(f"{client_id} is {state}.")


def _checked(everything: Services, metadata: IO[bytes]) -> ClientMetadata:
    """What the file says, with the file of its sector asked (OpenID Connect Registration §5)."""
    try:
        said = orjson.loads(metadata.read())
    except orjson.JSONDecodeError as wrong:
        raise click.ClickException(f"the metadata are not JSON: {wrong}") from wrong
    if not isinstance(said, dict):
        raise click.ClickException("the metadata must be a JSON object")
    checked = ClientMetadata.model_validate(said)
    everything.registrar.require_sector(checked)
    return checked


@contextmanager
def _explained() -> Iterator[None]:
    """What is wrong with the metadata, member by member, in words."""
    try:
        yield
    except pydantic.ValidationError as wrong:
        raise click.ClickException("\n".join(_said(error) for error in wrong.errors())) from wrong
    except SectorRefused as wrong:
        raise click.ClickException(f"sector_identifier_uri: {wrong}") from wrong
    except (clients.ImpossibleClientId, clients.UnknownScope) as wrong:
        raise click.ClickException(str(wrong)) from wrong
    except StillWrong as wrong:
        raise click.ClickException(unready(wrong)) from wrong
    except ReleaseWaits as wrong:
        raise click.ClickException("a request of this site waits for a review already") from wrong


def _said(error: ErrorDetails) -> str:
    where = ".".join(str(part) for part in error["loc"])
    return f"{where}: {error['msg']}" if where else str(error["msg"])
