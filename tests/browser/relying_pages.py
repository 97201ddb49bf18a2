"""Two relying sites with pages of their own in a real browser: one front-channel door, one frame that watches the session."""

from __future__ import annotations

import http.server
import threading
from urllib.parse import parse_qsl, urlsplit

WATCHER = """<!doctype html><title>site</title><p id="answers"></p>
<iframe id="op" src="{frame}" hidden></iframe>
<script>
const op = document.getElementById("op").contentWindow;
addEventListener("message", (event) => {{
  if (event.origin === "{issuer}") document.getElementById("answers").textContent += event.data + " ";
}});
window.ask = (text) => op.postMessage(text, "{issuer}");
</script>"""


class RelyingPages:
    """`/start` makes a site session, `/gone` ends it as its front-channel door, `/watch` holds the OP frame."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.called: list[dict[str, str]] = []
        self.hangs = threading.Event()
        self.let_go = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                cookie, body = None, "<!doctype html><title>site</title><h1>site</h1>"
                if parts.path == "/start":
                    cookie = f"{outer.cookie}=1; Path=/"
                elif parts.path == "/gone":
                    if outer.hangs.is_set():
                        outer.let_go.wait(20)
                    outer.called.append(dict(parse_qsl(parts.query)))
                    cookie = f"{outer.cookie}=; Path=/; Max-Age=0"
                    body = "<!doctype html><script>top.location = 'http://127.0.0.1:1/hijacked'</script>"
                elif parts.path == "/watch":
                    body = WATCHER.format(frame=f"{outer.issuer}/check-session", issuer=outer.issuer)
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                if cookie is not None:
                    self.send_header("Set-Cookie", cookie)
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
                """A test asks `called`."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://localhost:{self.port}"
        self.cookie = f"site_{self.port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self.let_go.set()
        self._server.shutdown()
        self._server.server_close()

    def metadata(self, **more: object) -> dict[str, object]:
        return {
            "client_name": f"网站{self.port}",
            "client_uri": f"{self.url}/",
            "initiate_login_uri": f"{self.url}/start",
            "redirect_uris": [f"{self.url}/callback"],
            "post_logout_redirect_uris": [f"{self.url}/bye"],
            "scope": "openid profile",
            "id_token_signed_response_alg": "ES256",
            **more,
        }
