"""`client export`, `client diff`, `client apply`: what sites registered as text, to be reviewed and put in force."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import orjson
import pydantic

from idp.cli.installation import OPERATOR, services
from idp.cli.past_review import is_watched, past_review, unready, went_past, wisher
from idp.edge.services import Services
from idp.oidc.models import Client
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.oidc.registration.clients import UnknownScope
from idp.oidc.registration.sectors import SectorRefused
from idp.sites import configuration, versions
from idp.sites.by_command import DecidedElsewhere
from idp.sites.configuration import Entry
from idp.sites.errors import StillWrong


@click.command("export")
@click.argument("client_ids", nargs=-1, metavar="[CLIENT_ID]...")
@click.option("--all", "is_all", is_flag=True, help="Every site that is not deleted.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of printing.")
def export(client_ids: tuple[str, ...], is_all: bool, output: Path | None) -> None:
    """Write what sites registered as JSON in a stable order: no secret is in it."""
    if bool(client_ids) == is_all:
        raise click.UsageError("name sites, or say --all")
    with services() as everything, _explained(), everything.database.view() as db:
        text = configuration.text(configuration.export(db, None if is_all else client_ids))
    if output is not None:
        output.write_text(text, encoding="utf-8")
    else:
        click.echo(text, nl=False)


@click.command("diff")
@click.argument("file", type=click.File("rb"))
def diff(file: Any) -> None:
    """Show what FILE, an export that was edited, would change. Ends with 1 when it would change anything."""
    with services() as everything, _explained(), everything.database.view() as db:
        found = configuration.compare(db, configuration.read(file.read()))
    _show(found)
    sys.exit(1 if any(each.changes for each in found) else 0)


@click.command("apply")
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--force", is_flag=True, help="Also over changes that were made after the export.")
@click.option("--note", default="", help="What the reviewer reads beside changes of live sites.")
@past_review
def apply(file: Any, dry_run: bool, force: bool, note: str, emergency: str | None) -> None:
    """Put FILE in force, all of it or nothing; a secret that a site needs from now on is printed once.

    Once there are operators who can sign in, changes of live sites become requests that they review in the console.
    """
    with services() as everything, _explained():
        entries = configuration.read(file.read())
        with everything.database.view() as db:
            found = configuration.compare(db, entries)
        _show(found)
        if dry_run:
            return
        _require_sectors(everything, entries)
        with everything.database.transaction() as db:
            wish = wisher(everything, note) if emergency is None and is_watched(db) else None
            changed = configuration.apply(
                db, everything.trail, everything.keyring, entries, actor=OPERATOR, is_forced=force, of_live=wish
            )
            if emergency is not None:
                for each in changed:
                    went_past(everything, db, db.get_one(Client, each.client_id), emergency)
    asked = [each for each in changed if each.release is not None]
    click.echo(f"{len(changed) - len(asked)} changed.")
    for each in changed:
        if each.secret is not None:
            click.echo(f"client_secret\t{each.client_id}\t{each.secret}")
    for each in asked:
        click.echo(f"{each.client_id} waits for a review in the console.\nrelease\t{each.release}")


def _require_sectors(everything: Services, entries: list[Entry]) -> None:
    """The files of sectors are asked before any row is held (OpenID Connect Registration §5)."""
    for entry in entries:
        members, _basis = versions.parted(entry.registration)
        everything.registrar.require_sector(ClientMetadata.model_validate(members))


def _show(found: list[configuration.Compared]) -> None:
    for each in found:
        stale = " (changed after the export)" if each.is_stale else ""
        click.echo(f"{each.client_id}{stale}" if each.changes else f"{each.client_id}: no change{stale}")
        for change in each.changes:
            click.echo(f"  {change.path}")
            if change.before is not None:
                click.echo(f"    - {_written(change.before)}")
            if change.after is not None:
                click.echo(f"    + {_written(change.after)}")


def _written(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


@contextmanager
def _explained() -> Iterator[None]:
    """What stands against it, in words of a command line."""
    try:
        yield
    except pydantic.ValidationError as wrong:
        lines = (f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in wrong.errors())
        raise click.ClickException("\n".join(lines)) from wrong
    except SectorRefused as wrong:
        raise click.ClickException(f"sector_identifier_uri: {wrong}") from wrong
    except (
        configuration.NotAText, configuration.ChangedSince, configuration.NoSuchSite, UnknownScope, DecidedElsewhere
    ) as wrong:  # fmt: skip
        raise click.ClickException(str(wrong)) from wrong
    except StillWrong as wrong:
        raise click.ClickException(unready(wrong)) from wrong
