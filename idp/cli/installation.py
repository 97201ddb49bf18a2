"""Opens the installation for a command: the services the application has, without its pages being asked for.

The application is imported when it is made: with it comes the library of figures, which reads once where to keep them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import flask

from idp import checks, config
from idp.audit.trail import Actor
from idp.config import Settings
from idp.db.engine import open_database
from idp.db.unit_of_work import Database
from idp.edge.services import Services

OPERATOR = Actor("operator", "command-line")


@contextmanager
def services() -> Iterator[Services]:
    """The services of the installation that the settings name; only warnings are logged while a command runs."""
    from idp.app import create_app

    settings = config.from_environment()
    with bare_database(settings) as (_, database):
        checks.refuse_unless_made(settings, database)
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
