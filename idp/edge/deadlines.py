"""Gives each request one deadline, which the database and the store honour: waits do not add up beyond it."""

from collections.abc import Iterable
from typing import Any

from idp.core import deadline
from idp.core.deadline import Deadline
from idp.edge.proxy import StartResponse, WsgiApp

REQUEST_SECONDS = 15.0


class Bounded:
    """WSGI middleware around everything that may wait."""

    def __init__(self, app: WsgiApp) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        with deadline.in_force(Deadline.after(REQUEST_SECONDS)):
            return self._app(environ, start_response)
