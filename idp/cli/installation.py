"""Opens the installation for a command: the services the application has, without its pages being asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import flask

from idp import config
from idp.app import create_app
from idp.audit.trail import Actor
from idp.config import Settings
from idp.db.engine import open_database
from idp.db.unit_of_work import Database
from idp.edge.services import Services

OPERATOR = Actor("operator", "command-line")


@contextmanager
def services() -> Iterator[Services]:
    """The services of the installation that the settings name; only warnings are logged while a command runs."""
    settings = config.from_environment()
    app = create_app(replace(settings, log_level="WARNING"))
    everything: Services = app.extensions["idp"]
    with app.app_context():
        try:
            yield everything
        finally:
            everything.database.engine.dispose()


@contextmanager
def bare_database(settings: Settings) -> Iterator[tuple[flask.Flask, Database]]:
    """The database alone, of any age, even empty."""
    app = flask.Flask("idp")
    database = open_database(app, settings.database_url, pool=2)
    try:
        yield app, database
    finally:
        database.engine.dispose()
