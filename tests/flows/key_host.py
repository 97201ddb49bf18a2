"""A place on loopback where a site publishes its keys, and which notes who asks."""

import http.server
import json
import threading
import time
from typing import Any

from joserfc.jwk import ECKey, Key, RSAKey


class KeyHost:
    """Answers every GET with the document as it is now; a test turns its knobs."""

    def __init__(self, *keys: Key) -> None:
        self.keys = list(keys)
        self.status = 200
        self.headers = {"Content-Type": "application/jwk-set+json"}
        self.body: bytes | None = None
        self.delay = 0.0
        self.asked: list[float] = []
        host = self

        class Door(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host.asked.append(time.monotonic())
                time.sleep(host.delay)
                body = host.body if host.body is not None else json.dumps(key_set(*host.keys)).encode()
                self.send_response(host.status)
                for name, value in host.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    """The caller had enough."""

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
                """A test asks `asked`."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self._server.daemon_threads = True
        self.url = f"http://localhost:{self._server.server_address[1]}/jwks"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def key_set(*keys: Key, **members: Any) -> dict[str, Any]:
    """The public halves as a JWK Set (RFC 7517 §5)."""
    return {"keys": [key.as_dict(private=False, **members) for key in keys]}


def ec_key(kid: str | None, use: str = "sig", crv: str = "P-256", **members: Any) -> ECKey:
    named = {"kid": kid} if kid is not None else {}
    return ECKey.generate_key(crv, {**named, "use": use, **members})  # type: ignore[arg-type]


def rsa_key(kid: str | None, use: str = "sig", bits: int = 2048, **members: Any) -> RSAKey:
    named = {"kid": kid} if kid is not None else {}
    return RSAKey.generate_key(bits, {**named, "use": use, **members})  # type: ignore[arg-type]
