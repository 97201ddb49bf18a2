"""The schema's history: brings a database of any age to the present one (Alembic through Flask-Migrate).

A developer makes a new revision with `flask --app idp.app db revision --autogenerate -m "What changes"`.
"""

import importlib
from pathlib import Path

import flask_migrate
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

import idp
from idp.db.base import extension
from idp.db.unit_of_work import Database

_FOLDER = Path(__file__).parent


def attach(app: Flask) -> None:
    """Let `flask db` and `upgrade` work on this application's database."""
    import_models()
    flask_migrate.Migrate(app, extension, directory=str(_FOLDER), render_as_batch=True, compare_type=True)


def upgrade(app: Flask) -> None:
    """Bring the application's database to the newest revision; several processes may try at once."""
    with app.app_context():
        flask_migrate.upgrade()


def is_current(database: Database) -> bool:
    """Whether the database is at the revision that this code was written for."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    wanted = set(ScriptDirectory.from_config(config).get_heads())
    with database.engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == wanted


def import_models() -> None:
    """Make every table known: the models of all rooms, whichever were imported before."""
    root = Path(idp.__path__[0])
    for file in sorted(root.glob("*/**/models*.py")):
        importlib.import_module(".".join(("idp", *file.relative_to(root).with_suffix("").parts)))
    for module in ("idp.db.keyring", "idp.db.stamps"):
        importlib.import_module(module)
