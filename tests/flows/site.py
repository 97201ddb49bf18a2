"""The HTTP side of a relying site: its addresses, and the door at which back-channel logout tokens arrive."""

import http.server
import threading
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import KeySet


class Site:
    """A small server on loopback; `answers` are the statuses it gives to the next logout tokens, then 200."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.answers: list[int] = []
        received, answers = self.received, self.answers

        class Door(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                received.append(parse_qs(body).get("logout_token", [""])[0])
                status = answers.pop(0) if answers else 200
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
                """A test asks `received`."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://localhost:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def redirect_uri(self) -> str:
        return f"{self.url}/callback"

    def metadata(self, **changes: Any) -> dict[str, Any]:
        """What the site registers; `{url}` in a change stands for its own address."""
        return {
            "client_name": "测试网站",
            "client_name#en": "Test site",
            "client_uri": f"{self.url}/",
            "initiate_login_uri": f"{self.url}/sign-in",
            "redirect_uris": [self.redirect_uri],
            "post_logout_redirect_uris": [f"{self.url}/signed-out"],
            "backchannel_logout_uri": f"{self.url}/backchannel-logout",
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": "openid profile phone realname offline_access",
            "id_token_signed_response_alg": "ES256",
            **{name: self._told(value) for name, value in changes.items()},
        }

    def _told(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._told(each) for each in value]
        return value.replace("{url}", self.url) if isinstance(value, str) else value

    def logout_claims(self, keys: KeySet) -> list[dict[str, Any]]:
        """The tokens received so far, their signatures verified."""
        tokens = [jwt.decode(token, keys, algorithms=["ES256", "RS256"]) for token in self.received]
        assert all(token.header["typ"] == "logout+jwt" for token in tokens)
        return [token.claims for token in tokens]
