"""Silent sign-on: whoever is signed in at the centre is recognised here without a question, and nobody is asked twice."""

import re
import time
from urllib.parse import urlsplit

import requests
from flask import Response, current_app, g, request
from flask.typing import ResponseReturnValue

from clients.kit.context import cookie, set_cookie, settings, visitor
from clients.kit.journey import local_path
from clients.kit.sign_on import depart

_TRIED_FOR = 120  # seconds before somebody who was not signed in at the centre is looked up again
_TRIED = re.compile(r"(\d{1,12})(n?)")  # when; `n` until the page was shown to which the look-up comes back
_CRAWLER = re.compile(r"bot|crawl|spider|slurp|preview", re.IGNORECASE)


def look_up() -> ResponseReturnValue | None:
    """Before a page: send the browser once through the centre with `prompt=none` (OIDC Core §3.1.2.1)."""
    if not _is_page_visit() or visitor() is not None or _was_tried():
        return None
    g.mark_tried = True
    try:
        return depart(
            current_app.extensions["sign_in_ask"], back=local_path(request.full_path.rstrip("?")), prompt="none"
        )
    except requests.RequestException:
        return None  # the page itself does not need the centre


def remember_tried(response: Response) -> Response:
    if g.get("mark_tried"):
        set_cookie(response, "tried", f"{int(time.time())}n", max_age=_TRIED_FOR)
    elif "shown_after_try" in g:
        set_cookie(response, "tried", g.shown_after_try, max_age=_TRIED_FOR)
    return response


def _was_tried() -> bool:
    """Whether the answer is known: it has just come, or it came a while ago and nothing says that it may have changed."""
    tried = _TRIED.fullmatch(request.cookies.get(cookie("tried"), ""))
    if tried is None:
        return False
    if tried[2]:
        g.shown_after_try = tried[1]  # the very visit that was sent to the centre: never a loop
        return True
    return not (_is_opened_afresh() or _comes_from_a_neighbour())


def _is_opened_afresh() -> bool:
    """An address typed, a bookmark, a reload: the person may have signed in elsewhere meanwhile (Fetch Metadata §2.4)."""
    return request.headers.get("Sec-Fetch-Site") == "none"


def _comes_from_a_neighbour() -> bool:
    try:
        came_from = urlsplit(request.referrer or "")
    except ValueError:
        return False
    origin = f"{came_from.scheme}://{came_from.netloc}"
    return origin in {url for url in settings().peers.values() if url != settings().url}


def _is_page_visit() -> bool:
    """A person opening a page: not a form, a file, a prefetch, a health check or a crawler."""
    accepts = request.headers.get("Accept", "*/*")
    return (
        request.method == "GET"
        and request.endpoint in current_app.extensions["pages"]
        and request.args.get("sso") != "off"
        and ("text/html" in accepts or "*/*" in accepts)
        and request.headers.get("Sec-Fetch-Dest", "document") == "document"
        and "Sec-Purpose" not in request.headers
        and not _CRAWLER.search(request.user_agent.string)
    )
