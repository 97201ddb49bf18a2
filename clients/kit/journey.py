"""One journey to the centre and back: what a page asks for, and the cookie that remembers it until the return."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from authlib.integrations.flask_client import FlaskIntegration
from flask import Response, after_this_request, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

# A name to show, and not the person behind it: two claims instead of all of `profile` (OIDC Core §5.5).
CALLED = json.dumps({"userinfo": {"preferred_username": None, "nickname": None}}, separators=(",", ":"))
_MOST_OPEN = 8  # abandoned journeys a browser keeps before the oldest is forgotten
_OWN_PAGES = ("/sign-in", "/callback", "/sign-out", "/signed-out", "/backchannel-logout")


@dataclass(frozen=True, slots=True)
class Ask:
    """What a page wants to know: scopes, and how surely (`acr_values`); how to call the visitor every page asks."""

    scope: str = "openid"
    acr_values: str = ""


def local_path(wanted: str | None) -> str:
    """The page to return to, if it is a page of this site; the front page otherwise (no open redirect)."""
    if not wanted or len(wanted) > 512 or not wanted.isprintable():
        return "/"
    if not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted:
        return "/"
    try:
        path = urlsplit(wanted).path
    except ValueError:
        return "/"
    return "/" if path in _OWN_PAGES else wanted


class JourneyCookies(FlaskIntegration):  # type: ignore[misc]  # Authlib is untyped
    """Authlib's state storage with one signed cookie for each journey.

    Authlib would keep all of them in the one Flask session cookie, where two tabs that start at the same moment
    overwrite one another. Here every `state` has its own cookie, so any number of tabs can be under way.
    """

    expires_in = 3600

    def get_state_data(self, session: Any, state: str | None) -> dict[str, Any] | None:
        sealed = request.cookies.get(self._cookie(state or ""))
        if not state or not sealed:
            return None
        try:
            journey = self._seal().loads(sealed, max_age=self.expires_in)
        except BadSignature:
            return None
        return journey["data"] if hmac.compare_digest(journey["state"].encode(), state.encode()) else None

    def set_state_data(self, session: Any, state: str, data: dict[str, Any]) -> None:
        data = {key: value for key, value in data.items() if key != "url"}
        sealed = self._seal().dumps({"state": state, "data": data})

        @after_this_request
        def remember(response: Response) -> Response:
            for name in self._surplus():
                self._forget(response, name)
            secure = current_app.config["SESSION_COOKIE_SECURE"]
            response.set_cookie(
                self._cookie(state), sealed, max_age=self.expires_in, httponly=True, samesite="Lax", secure=secure
            )
            return response

    def clear_state_data(self, session: Any, state: str | None) -> None:
        @after_this_request
        def forget(response: Response) -> Response:
            if (name := self._cookie(state or "")) in request.cookies:
                self._forget(response, name)
            return response

    def _surplus(self) -> list[str]:
        """Cookies of the oldest journeys, and of unreadable ones, beyond what a browser may keep."""
        begun = []
        for name, sealed in request.cookies.items():
            if name.startswith(self._prefix()):
                try:
                    begun.append((self._seal().loads(sealed, return_timestamp=True)[1].timestamp(), name))
                except BadSignature:
                    begun.append((0.0, name))
        begun.sort(reverse=True)
        return [name for _, name in begun[_MOST_OPEN - 1 :]]

    def _forget(self, response: Response, name: str) -> None:
        response.delete_cookie(name, httponly=True, samesite="Lax", secure=current_app.config["SESSION_COOKIE_SECURE"])

    def _cookie(self, state: str) -> str:
        return self._prefix() + hashlib.sha256(state.encode()).hexdigest()[:16]

    def _prefix(self) -> str:
        return f"{current_app.config['COOKIE_PREFIX']}_flow_"

    def _seal(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="journey")
