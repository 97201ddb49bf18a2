"""A relying site's own small server on loopback: it publishes documents and notes every call it gets."""

import http.server
import json
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Call:
    """One request that reached the site."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    content_type: str


class Site:
    """Serves what is put into `documents` by path, and 200 with nothing everywhere else."""

    def __init__(self) -> None:
        self.documents: dict[str, Any] = {}
        self.calls: list[Call] = []
        site = self

        class Door(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.note(self, b"")
                found = site.documents.get(urlsplit(self.path).path, "")
                body = found if isinstance(found, str) else json.dumps(found)
                self.send_response(200)
                self.send_header("Content-Type", "text/plain" if isinstance(found, str) else "application/json")
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            def do_POST(self) -> None:
                site.note(self, self.rfile.read(int(self.headers.get("Content-Length", 0))))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
                """A test asks `calls`."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self._server.daemon_threads = True
        self.url = f"http://localhost:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def note(self, door: http.server.BaseHTTPRequestHandler, body: bytes) -> None:
        parts = urlsplit(door.path)
        query, form = dict(parse_qsl(parts.query)), dict(parse_qsl(body.decode(errors="replace")))
        self.calls.append(Call(door.command, parts.path, query, form, door.headers.get_content_type()))

    def called(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path == path]

    def publish(self, path: str, document: Any) -> str:
        """Put a document there (again); answers its address."""
        self.documents[path] = document
        return f"{self.url}{path}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
