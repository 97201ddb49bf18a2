"""The departments' API as one thing: every route, and its blueprint."""

from flask import Flask

from idp.workbench.api import configurations, door, hosts, releases, sites, trying, watching

ROUTES = (configurations, hosts, releases, sites, trying, watching)
"""The modules that hold the routes; importing them is what makes them known."""


def init_app(app: Flask) -> None:
    """Add the API to the application."""
    app.register_blueprint(door.bp)
