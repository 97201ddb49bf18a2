"""What every page of the console can count on: who works, their navigation, the words for codes, links that keep filters."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import flask

from idp.admin import client_words, navigation, texts
from idp.core import clock, ids
from idp.edge import display, level_words, places
from idp.edge.services import services
from idp.policies.kinds import BRAND
from idp.staff.sessions import SignedInOperator

_STATIC = Path(__file__).parent / "static"


def fingerprint(name: str) -> str:
    """The address of a static file changes with its content, because browsers keep such files for a year."""
    return ids.digest((_STATIC / name).read_text(encoding="utf-8"))[:10]


_STYLE, _SCRIPT, _PASSKEYS = (fingerprint(name) for name in ("console.css", "console.js", "passkeys.js"))


def values(who: SignedInOperator | None, rules: Mapping[str, navigation.Rule]) -> Mapping[str, Any]:
    """The names that templates use without being given them."""
    duties = navigation.of(who, rules) if who is not None else []
    shown, centre = _shown_of(duties), services().policies.shown(BRAND)
    return {
        "_": texts.say,
        "language": texts.language(),
        "theme": display.current().theme,
        "switch": _switch,
        "style": _STYLE,
        "script": _SCRIPT,
        "passkeys_fingerprint": _PASSKEYS,
        "operator": who,
        "is_fresh": lambda: who is not None and who.is_fresh,
        "navigation": duties,
        "here": lambda endpoint: endpoint == shown,
        "local_time": lambda at: at.astimezone(clock.BEIJING).strftime("%Y-%m-%d %H:%M"),
        "region_name": places.name,
        "next_page": _next_page,
        "console": centre.name_en if centre.name_en and texts.language() == "en" else centre.name_zh,
        "tones": texts.TONES,
        "role_names": texts.ROLES,
        "actor_names": texts.ACTORS,
        "state_names": texts.STATES,
        "origin_names": texts.ORIGINS,
        "basis_names": texts.BASES,
        "serves_names": texts.SERVES,
        "reason_names": texts.REASONS,
        "problem_names": texts.PROBLEMS,
        "filters": texts.FILTERS,
        "level_names": level_words.LEVELS,
        "level_named": level_words.named,
        "divisions": lambda: places.within(who.reach.region if who is not None else ""),
        "scope_names": client_words.SCOPES,
        "scale_names": client_words.SCALES,
        "member_names": client_words.MEMBERS,
        "document_names": texts.DOCUMENTS,
        "counter_done": texts.COUNTER_DONE,
    }


def _shown_of(duties: list[navigation.Group]) -> str:
    """The entry of the navigation that the present page belongs to: the longest address that it lies under."""
    entries = {flask.url_for(endpoint): endpoint for group in duties for endpoint, _ in group.pages}
    path = flask.request.path
    holding = [url for url in entries if path == url or (not url.endswith("/") and path.startswith(f"{url}/"))]
    return entries[max(holding, key=len)] if holding else ""


def _switch(language: str) -> str:
    """The link that changes the language of this browser, here as on the citizens' pages, and comes back."""
    asked = flask.request.full_path.rstrip("?") if flask.request.method == "GET" else flask.url_for("admin.home")
    return f"/preferences/set?{urlencode({'language': language, 'back': asked})}"


def _next_page(after: str) -> str:
    """The address of this list from another place on: its filters stay."""
    kept = {name: value for name, value in flask.request.args.items() if name != "after" and value}
    asked = urlencode(kept | ({"after": after} if after else {}))
    return f"{flask.request.path}?{asked}" if asked else flask.request.path
