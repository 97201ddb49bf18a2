"""The browser in front of us: its own lasting secret, its session cookie, its address, and what kind it is.

The `idp_browser` cookie is Flask's signed session: it holds a random device secret and the CSRF token, nothing of the
person. The `idp_session` cookie holds the secret of an SSO session. The `idp_state` cookie is for the scripts of the
check-session frame and lives as long as the session may stay unused. Under https all carry the `__Host-` prefix.
"""

import re
from typing import cast

import flask

from idp.authn.sessions import LiveSession, Started
from idp.config import Settings
from idp.core import clock, ids
from idp.edge.services import Services, services
from idp.oidc.logout import session_management
from idp.realname.ports import Surface

_DEVICE = "device"
# The first mark that a User-Agent holds decides: browsers name those they descend from behind their own.
_KINDS = {
    "MicroMessenger": "微信",
    "AlipayClient": "支付宝",
    "Edg/": "Edge",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}
_COOKIE_SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


def device() -> str:
    """The secret that this browser has carried since its first page here; made now if it has none."""
    held = flask.session.get(_DEVICE)
    if not isinstance(held, str):
        held = flask.session[_DEVICE] = ids.new_secret()
        flask.session.permanent = True
    return held


def sent_no_cookie() -> bool:
    """Whether none of our cookies came along: a first visit, or a POST from another site (SameSite=Lax)."""
    names = (flask.current_app.config["SESSION_COOKIE_NAME"], session_cookie_name())
    return not any(name in flask.request.cookies for name in names)


def address() -> str:
    """The caller's address as far as configured proxies can be trusted."""
    return flask.request.remote_addr or ""


def kind() -> str:
    """The browser in two words, for the list of devices: never the whole User-Agent."""
    agent = flask.request.headers.get("User-Agent", "")[:512]
    name = next((shown for mark, shown in _KINDS.items() if mark in agent), "浏览器")
    system = next((shown for mark, shown in _SYSTEMS.items() if mark in agent), "")
    return f"{name} · {system}" if system else name


def surface() -> Surface:
    """What the person holds in their hands, as far as the browser says."""
    agent = flask.request.headers.get("User-Agent", "")[:512]
    if "MicroMessenger" in agent:
        return Surface.IN_WECHAT
    if "AlipayClient" in agent:
        return Surface.IN_ALIPAY
    return Surface.PHONE if "Android" in agent or "iPhone" in agent else Surface.DESK


def session_cookie_name() -> str:
    return session_cookie_name_of(services().settings)


def session_cookie_name_of(settings: Settings) -> str:
    return "__Host-idp_session" if settings.is_https else "idp_session"


def secret_in(held: str) -> str | None:
    """The text of a session cookie, if it has the shape of a secret."""
    return held if _COOKIE_SECRET.fullmatch(held) else None


def session_secret() -> str | None:
    """The secret in the session cookie, if it has the shape of one."""
    return secret_in(flask.request.cookies.get(session_cookie_name(), ""))


def session() -> LiveSession | None:
    """The live session of this browser with an active account, read once a request."""
    if "idp_live_session" not in flask.g:
        secret, found = session_secret(), None
        if secret is not None:
            now, everything = clock.now(), services()
            with everything.database.glance() as db:
                found = everything.sessions.find(db, secret, now)
                if found is not None and everything.sessions.must_be_marked_seen(found, now):
                    everything.sessions.mark_seen(db, found.id, now)
        flask.g.idp_live_session = found if found is not None and found.is_usable else None
        if secret is not None:
            flask.after_this_request(_with_state_of_session)
    return cast("LiveSession | None", flask.g.idp_live_session)


def has_dead_session() -> bool:
    """Whether this browser carries the cookie of a session that is over."""
    return session_secret() is not None and session() is None


def carry_session(response: flask.Response, started: Started) -> flask.Response:
    """Give the browser the cookie of a new or renewed session, and a new CSRF token with it."""
    flask.session.pop("csrf_token", None)
    flask.g.pop("idp_live_session", None)
    response.set_cookie(
        session_cookie_name(), started.secret, httponly=True, samesite="Lax", path="/",
        secure=services().settings.is_https,
    )  # fmt: skip
    return carry_state(response, session_management.browser_state(services().keyring, started.session_id))


def drop_session(response: flask.Response) -> flask.Response:
    """Take the session cookie away; the session itself is ended elsewhere."""
    flask.session.pop("csrf_token", None)
    flask.g.pop("idp_live_session", None)
    response.delete_cookie(
        session_cookie_name(), path="/", httponly=True, samesite="Lax", secure=services().settings.is_https
    )
    return carry_state(response, None)


def state_cookie_name() -> str:
    return _state_cookie_name_of(services().settings)


def carry_state(response: flask.Response, state: str | None) -> flask.Response:
    """Give the browser the state that the check-session frame compares; None takes it away."""
    response.headers.add("Set-Cookie", state_cookie_of(services(), state))
    return response


def state_cookie_of(everything: Services, state: str | None) -> str:
    """The cookie of a state, for as long as the session may stay unused.

    The frame is embedded in other sites, so it is `SameSite=None`; browsers take that from https only.
    """
    settings = everything.settings
    name = _state_cookie_name_of(settings)
    seconds = int(everything.sessions.idle.total_seconds()) if state is not None else 0
    kind = "Secure; SameSite=None" if settings.is_https else "SameSite=Lax"
    return f"{name}={state or ''}; Max-Age={seconds}; Path=/; {kind}"


def _state_cookie_name_of(settings: Settings) -> str:
    return "__Host-idp_state" if settings.is_https else "idp_state"


def _with_state_of_session(response: flask.Response) -> flask.Response:
    """The state of the session that this request found, unless it was begun or ended meanwhile."""
    if "idp_live_session" not in flask.g:
        return response
    live = session()
    state = session_management.browser_state(services().keyring, live.id) if live is not None else None
    return carry_state(response, state)
