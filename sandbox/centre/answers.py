"""How the other centre answers machines, with the faults that were switched on."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from sandbox import faults
from sandbox.centre.part import NAME
from sandbox.runtime import runtime

View = Callable[[str], Any]


class Refused(Exception):
    """An OAuth error."""

    def __init__(self, error: str, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.status = status


def machine(view: View) -> Callable[[], ResponseReturnValue]:
    """Make an answer of what the view returns, refuses, or of the fault that is on; the view is told which it is."""

    @wraps(view)
    def answered() -> ResponseReturnValue:
        here = runtime()
        fault = faults.active(here.state, NAME)
        match fault:
            case "hang":
                here.hang()
            case "garbage":
                return flask.Response(bytes(range(256)), content_type="application/json")
            case "server_error":
                return flask.Response("<h1>Internal Server Error</h1>", 500, content_type="text/html")
        try:
            text, status = json.dumps(view(fault), ensure_ascii=False), 200
        except Refused as refused:
            text, status = json.dumps({"error": refused.error}), refused.status
        if fault == "half":
            text = text[: len(text) // 2]
        return flask.Response(text, status, content_type="application/json")

    return answered
