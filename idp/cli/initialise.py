"""`init`: makes a new installation, or brings an old one to this release."""

from pathlib import Path

import click
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from idp import checks, config
from idp.audit import chain
from idp.audit.trail import Trail
from idp.cli.installation import OPERATOR, bare_database
from idp.cli.operators import told
from idp.config import Settings
from idp.core import crypto, ids
from idp.core.errors import ConfigurationError
from idp.db import keyring, migrations
from idp.db.unit_of_work import Database
from idp.oidc.jwt import keys
from idp.staff import enrolment
from idp.staff.enrolment import Link

_LOCK = 0x1D90_5C4F


@click.command("init")
@click.option(
    "--new-master-key", is_flag=True, help="Only print a new value for IDP_MASTER_KEY; nothing else is touched."
)
def command(new_master_key: bool) -> None:
    """Make the tables, the data keys and the first keys of the issuer; bring an older database to this release.

    May be repeated at any time, also by several machines at once: what exists is kept. While the system, the security
    or the audit administrator is not enrolled, a new one-time link for each of them is printed, good for 24 hours;
    nobody may hold two of these roles.
    """
    if new_master_key:
        click.echo(ids.base64url(ids.random_bytes(32)))
        return
    settings = config.from_environment()
    _folder_of(settings)
    with bare_database(settings) as (app, database):
        migrations.attach(app)
        try:
            migrations.upgrade(app)
        except OperationalError as lost:
            raise ConfigurationError(f"IDP_DATABASE_URL: the database does not answer ({lost.orig})") from lost
        made = _keys(settings, database)
        links = _first_links(settings, database)
    click.echo("The database is at this release's schema.")
    click.echo(f"Made: {', '.join(made)}." if made else "All keys exist already.")
    if links:
        click.echo(
            "These administrators are not enrolled yet. Each link enrols one person, once; earlier ones are void."
        )
    for link in links:
        click.echo(told(link, settings.url))
    for problem in checks.problems(settings):
        click.echo(f"note: {problem}", err=True)


def _keys(settings: Settings, database: Database) -> list[str]:
    master = crypto.master_key(config.master_key_material(settings), settings.crypto_suite)
    with database.transaction() as db:
        _alone(db)
        made = [f"data key for {purpose.value}" for purpose in keyring.complete(db, master, settings.crypto_suite)]
        db.flush()
        ring = keyring.load(db, master)
        chain.ensure_key(db, ring)
        made += [f"key {kid}" for kid in keys.ensure(db, ring, Trail(ring))]
    return made


def _first_links(settings: Settings, database: Database) -> list[Link]:
    master = crypto.master_key(config.master_key_material(settings), settings.crypto_suite)
    with database.transaction() as db:
        _alone(db)
        trail = Trail(keyring.load(db, master))
        missing = [role for role in enrolment.THREE if not enrolment.is_enrolled(db, role)]
        return [enrolment.invite_first(db, trail, role, actor=OPERATOR) for role in missing]


def _alone(db: Session) -> None:
    """Two machines that start at once must not both make the first keys; SQLite has one writer anyway."""
    if db.get_bind().dialect.name == "postgresql":
        db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _folder_of(settings: Settings) -> None:
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        folder = Path(url.database).parent
        if not folder.is_dir():
            raise ConfigurationError(
                f"IDP_DATABASE_URL: the folder {folder} does not exist; make it, or give another path"
            )
