"""The API as one thing: every route, its blueprint, and what a body may weigh."""

import importlib

from flask import Flask

from idp.admin.api import door
from idp.bulk import lists

ROUTES = (
    "accounts", "clients", "desk", "sources", "watching", "history", "trail", "asking", "ask_about_accounts", "ask_about_clients",
    "ask_about_rules", "ask_about_staff",
)  # fmt: skip
"""The modules that hold the routes; importing them, after the console's own, is what makes them known."""


def init_app(app: Flask) -> None:
    """Add the API to the application, once the console is part of it."""
    for room in ROUTES:
        importlib.import_module(f"idp.admin.api.{room}")
    app.register_blueprint(door.bp)


def longest_body(method: str, path: str) -> int | None:
    """How many bytes a list may bring."""
    return lists.LONGEST_FILE if (method, path) == ("POST", f"{door.PREFIX}/imports") else None
