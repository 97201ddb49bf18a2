"""What is asked of a server, operation by operation, as a relying site and a browser would ask it."""

import base64
import hashlib
import itertools
import json
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from bench.installation import REDIRECT, Filled
from bench.wire import Answer, Connection, Unexpected, expect

Operation = Callable[[], None]
_CSRF = re.compile(rb'name="csrf_token"[^>]*value="([^"]+)"')


class NothingLeft(Exception):
    """What was prepared for an operation is used up."""


@dataclass
class Caller:
    """One site and one browser that ask over one connection, again and again."""

    connection: Connection
    filled: Filled
    number: int
    held: dict[str, str] = field(default_factory=dict)
    unseen: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        credentials = f"{quote(self.filled.client_id, safe='')}:{quote(self.filled.client_secret, safe='')}"
        self._basic = {"Authorization": "Basic " + base64.b64encode(credentials.encode()).decode()}
        people = self.filled.people
        self._people = itertools.cycle(people[self.number % len(people) :] + people[: self.number % len(people)])

    # --- one operation each; what it needs beforehand is made by `prepare` -------------------------------------------

    def discovery(self) -> None:
        expect(self.connection.get("/.well-known/openid-configuration"), 200)

    def client_credentials(self) -> None:
        self._token(grant_type="client_credentials")

    def code_flow(self) -> None:
        """Authorize with a session, redeem the code, ask who it is."""
        tokens = self._redeem("openid profile")
        self._userinfo(tokens["access_token"])

    def refresh(self) -> None:
        answer = self._token(grant_type="refresh_token", refresh_token=self.held["refresh_token"])
        self.held["refresh_token"] = answer["refresh_token"]

    def introspection(self) -> None:
        answer = self._post("/introspect", {"token": self.held["access_token"]})
        if not answer["active"]:
            raise Unexpected("the token is not active")

    def introspection_once(self) -> None:
        """Of a token that nobody asked about before."""
        if not self._post("/introspect", {"token": self._next_unseen()})["active"]:
            raise Unexpected("the token is not active")

    def userinfo(self) -> None:
        self._userinfo(self.held["access_token"])

    def userinfo_once(self) -> None:
        """Of a token that nobody asked about before."""
        self._userinfo(self._next_unseen())

    def sign_in_page(self) -> None:
        """The page with the form, by a browser that has been here before."""
        self._form()

    def sign_in(self) -> None:
        """The page and the posted form, which starts a session."""
        csrf = self._form()
        person = next(self._people)
        form = urlencode(
            {"csrf_token": csrf, "identifier": person.phone, "password": self.filled.password, "action": "continue"}
        )
        expect(self.connection.post("/sign-in", form.encode(), self._browser()), 303)

    # --- steps -------------------------------------------------------------------------------------------------------

    def prepare(self, operation: str) -> None:
        """Get the tokens or the browser cookie that the operation starts from, outside the measured time."""
        if operation in ONCE:
            tokens = self._redeem(self.filled.lasting_scope)
            self.unseen.clear()
            for _ in range(UNSEEN):
                self.unseen.append(tokens["access_token"])
                tokens = self._token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
        if operation in {"refresh", "introspection", "userinfo"}:
            tokens = self._redeem(self.filled.lasting_scope)
            self.held |= {name: tokens[name] for name in ("access_token", "refresh_token") if name in tokens}
        if operation in {"sign_in", "sign_in_page"}:
            self.held.pop("browser", None)
            self._form()

    def _next_unseen(self) -> str:
        if not self.unseen:
            raise NothingLeft
        return self.unseen.pop(0)  # the oldest: none was issued a moment ago

    def _redeem(self, scope: str) -> dict[str, str]:
        verifier, state = secrets.token_urlsafe(32), secrets.token_urlsafe(8)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = urlencode(
            {
                "response_type": "code", "client_id": self.filled.client_id, "redirect_uri": REDIRECT, "scope": scope,
                "state": state, "nonce": state, "code_challenge": challenge, "code_challenge_method": "S256",
            }
        )  # fmt: skip
        cookie = {"Cookie": next(self._people).cookie}
        answer = expect(self.connection.get(f"/authorize?{asked}", cookie), 302, 303)
        sent = parse_qs(urlsplit(answer.header(b"location")).query)
        if "code" not in sent or sent.get("state") != [state]:
            raise Unexpected(f"no code: {answer.header(b'location')}")
        return self._token(
            grant_type="authorization_code", code=sent["code"][0], redirect_uri=REDIRECT, code_verifier=verifier
        )

    def _token(self, **form: str) -> dict[str, str]:
        return self._post("/token", form)

    def _post(self, path: str, form: dict[str, str]) -> dict[str, str]:
        answer = expect(self.connection.post(path, urlencode(form).encode(), self._basic), 200)
        read: dict[str, str] = json.loads(answer.body)
        return read

    def _userinfo(self, token: str) -> None:
        answer = expect(self.connection.get("/userinfo", {"Authorization": f"Bearer {token}"}), 200)
        if b'"sub"' not in answer.body:
            raise Unexpected("userinfo without a subject")

    def _form(self) -> str:
        answer: Answer = expect(self.connection.get("/sign-in", self._browser()), 200)
        if "idp_browser" in (set_now := answer.cookies()):
            self.held["browser"] = set_now["idp_browser"]
        found = _CSRF.search(answer.body)
        if found is None:
            raise Unexpected("the sign-in page has no CSRF token")
        return found[1].decode()

    def _browser(self) -> dict[str, str]:
        return {"Cookie": f"idp_browser={self.held['browser']}"} if "browser" in self.held else {}


NAMES = (
    "discovery",
    "client_credentials",
    "code_flow",
    "refresh",
    "introspection",
    "introspection_once",
    "userinfo",
    "userinfo_once",
    "sign_in_page",
    "sign_in",
)


ONCE = ("introspection_once", "userinfo_once")
UNSEEN = 400
"""How many tokens a caller keeps for operations that ask about each of them once."""


def drive(callers: list[Caller], name: str, *, seconds: float, at_most: int) -> int:
    """Let every caller repeat the operation for so long and so often; how often it was done. One failure stops all."""
    done, failures = itertools.count(), []
    stop = threading.Event()
    tickets: Iterator[int] = iter(range(at_most))
    lock = threading.Lock()

    def work(caller: Caller) -> None:
        operation: Operation = getattr(caller, name)
        try:
            while not stop.is_set():
                with lock:
                    if next(tickets, None) is None:
                        return
                try:
                    operation()
                except NothingLeft:
                    return
                next(done)
        except Exception as failure:  # noqa: BLE001 - it is raised again below
            failures.append(failure)
            stop.set()

    threads = [threading.Thread(target=work, args=(caller,)) for caller in callers]
    timer = threading.Timer(seconds, stop.set)
    timer.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    timer.cancel()
    if failures:
        raise failures[0]
    return next(done)
