"""The sandbox served over real HTTP in a thread, with a clock that tests may move."""

import sqlite3
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests
from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.app import create_app
from sandbox.settings import Settings
from tests.sandbox.agreed import PARTS


class _Handler(WSGIRequestHandler):
    """Quiet, and keeps header names with an underscore as granian does: the gateways' headers have them."""

    def make_environ(self) -> dict[str, Any]:
        environ = super().make_environ()
        underscored = [name for name in self.headers if "_" in name]
        return environ | {f"HTTP_{name.upper()}": self.headers[name] for name in underscored}

    def log(self, kind: str, message: str, *args: Any) -> None:
        pass


class ServedSandbox:
    """A running sandbox of its own; leaving it stops the server and releases whoever hangs."""

    def __init__(self, data: Path, *, hang_seconds: float = 30.0, parts: Mapping[str, Any] | None = None) -> None:
        self.settings = Settings(
            data=data,
            parts=PARTS if parts is None else parts,
            hang_seconds=hang_seconds,
        )
        self._offset_ms = 0

    def __enter__(self) -> Self:
        self.app = create_app(self.settings, now_ms=self.now_ms)
        self._server = make_server("127.0.0.1", 0, self.app, threaded=True, request_handler=_Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        self.session = requests.Session()
        self.session.trust_env = False
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.session.close()
        self.app.extensions["sandbox"].released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
        self.app.extensions["sandbox"].state.close()

    def now_ms(self) -> int:
        return int(time.time() * 1000) + self._offset_ms

    def travel(self, seconds: float) -> None:
        self._offset_ms += int(seconds * 1000)

    def set_clock(self, epoch_ms: int) -> None:
        self._offset_ms = epoch_ms - int(time.time() * 1000)

    def travel_home(self) -> None:
        self._offset_ms = 0

    def switch(self, service: str, fault: str, times: int | None = None) -> None:
        asked: dict[str, Any] = {"service": service, "fault": fault}
        if times is not None:
            asked["times"] = times
        self.post("/control", json=asked).raise_for_status()

    def forget_secrets(self) -> None:
        """As after a restart of the gateway: every session secret is worthless."""
        with closing(sqlite3.connect(self.settings.data / "sandbox.sqlite3", isolation_level=None)) as database:
            database.execute("DELETE FROM secrets")

    def get(self, path: str, **kwargs: Any) -> requests.Response:
        return self.session.get(self.url + path, timeout=10, **kwargs)

    def post(self, path: str, **kwargs: Any) -> requests.Response:
        return self.session.post(self.url + path, timeout=10, allow_redirects=False, **kwargs)
