"""The API as one thing: every route, its blueprint, and what a body may weigh."""

from flask import Flask

from idp.admin.api import accounts, clients, desk, door, watching
from idp.bulk import lists

ROUTES = (accounts, clients, desk, watching)
"""The modules that hold the routes; importing them is what makes them known."""


def init_app(app: Flask) -> None:
    """Add the API to the application."""
    app.register_blueprint(door.bp)


def longest_body(method: str, path: str) -> int | None:
    """How many bytes a list may bring."""
    return lists.LONGEST_FILE if (method, path) == ("POST", f"{door.PREFIX}/imports") else None
