"""What every view may ask: the site's own parts, the person of this request, and the names of its cookies."""

from flask import Response, current_app, g, request

from clients.kit.centre import Centre
from clients.kit.sessions import Session, Sessions
from clients.kit.settings import Settings


def settings() -> Settings:
    return current_app.extensions["settings"]


def sessions() -> Sessions:
    return current_app.extensions["sessions"]


def centre() -> Centre:
    return current_app.extensions["centre"]


def visitor() -> Session | None:
    """The session of this request, read once."""
    if "visitor" not in g:
        session_id = request.cookies.get(cookie("session"))
        g.visitor = sessions().find(session_id) if session_id else None
    return g.visitor


def cookie(name: str) -> str:
    """Cookies do not know ports: on localhost only the prefix keeps the sites' cookies apart."""
    return f"{current_app.config['COOKIE_PREFIX']}_{name}"


def set_cookie(response: Response, name: str, value: str, *, max_age: int | None = None) -> None:
    response.set_cookie(
        cookie(name), value, max_age=max_age, httponly=True, samesite="Lax", secure=settings().is_secure
    )


def delete_cookie(response: Response, name: str) -> None:
    response.delete_cookie(cookie(name), httponly=True, samesite="Lax", secure=settings().is_secure)
