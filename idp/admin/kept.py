"""What an operator was at when their session ran out: the page, or the form that came too late, until they sign in again.

A form travels sealed in the page of the sign-in, for half an hour, and opens to the same operator in the same browser alone;
the page to come back to is in the browser's signed cookie. Files, passwords and codes are never kept.
"""

import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Final

import flask

from idp.core import clock
from idp.core.crypto import SealBroken
from idp.edge import browser
from idp.edge.services import services
from idp.store.records import Record

_WANTED: Final = "console_wanted"
_SECONDS: Final = 30 * 60
_LARGEST: Final = 64 * 1024
_LONGEST: Final = 2000
_UPWARDS: Final = re.compile(r"/(\.|%2e){1,2}([/#]|$)|//", re.IGNORECASE)
_OURS: Final = frozenset({"csrf_token", "confirm_otp", "confirm_passkey", "confirm_state"})
_SECRET: Final = ("password", "otp", "totp", "passkey", "half")


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed, where it was to go, and what it would have done: the endpoint with the arguments of its address."""

    path: str
    endpoint: str
    arguments: dict[str, Any]
    fields: list[tuple[str, str]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Kept(Record):
    """A form of one session that begins anew, sealed as it came."""

    KIND: ClassVar[str] = "console_kept"
    SECONDS: ClassVar[int] = _SECONDS

    sealed: str


def note_page(operator_id: str) -> None:
    """Remember the page of this request; `operator_id` is whose session ran out, empty where there was none."""
    request = flask.request
    is_page = request.method == "GET" and "HX-Request" not in request.headers
    is_page = is_page and request.headers.get("Sec-Fetch-Dest", "document") == "document"
    if is_page:
        path = request.full_path.rstrip("?")
        flask.session[_WANTED] = {"path": path if len(path) < _LONGEST else "", "by": _mark(operator_id)}


def has_run_out() -> bool:
    """Whether the sign-in follows a session that ran out."""
    return bool(_noted().get("by"))


def page_for(operator_id: str) -> str:
    """Where this operator goes on after the sign-in: a page that they, or nobody yet, was at; once."""
    noted = _noted()
    flask.session.pop(_WANTED, None)
    is_theirs = noted.get("by", "") in ("", _mark(operator_id))
    return local(noted.get("path", "")) if is_theirs else flask.url_for("admin.home")


def form_of(operator_id: str) -> str:
    """The form that was just posted, sealed for its operator; empty where it is one that cannot be kept."""
    request = flask.request
    fields = [(name, text) for name, text in request.form.items(multi=True) if name not in _OURS]
    is_secret = any(part in name for name, text in fields if text for part in _SECRET)
    if is_secret or request.files or sum(len(name) + len(text) for name, text in fields) > _LARGEST:
        return ""
    form = Form(request.path, request.endpoint or "", dict(request.view_args or {}), fields)
    said = json.dumps({"until": clock.epoch() + _SECONDS, **asdict(form)})
    return services().keyring.seal(said, bound_to=_place(operator_id))


def opened(sealed: str, operator_id: str) -> Form | None:
    """The form, for the operator and in the browser that it was sealed for."""
    try:
        said = json.loads(services().keyring.open(sealed, bound_to=_place(operator_id)))
    except SealBroken:
        return None
    if said.pop("until") < clock.epoch():
        return None
    return Form(said["path"], said["endpoint"], said["arguments"], [(name, text) for name, text in said["fields"]])


def keep(sealed: str, session_id: str) -> None:
    """Hand a form over to the session that has just begun."""
    services().store.put(session_id, Kept(sealed))


def of_session(session_id: str, operator_id: str) -> Form | None:
    kept = services().store.get(Kept, session_id)
    return opened(kept.sealed, operator_id) if kept is not None else None


def local(wanted: str) -> str:
    """A page of the console and nothing else."""
    is_ours = wanted.startswith("/admin/") and all(33 <= ord(c) < 127 and c != "\\" for c in wanted)
    is_ours = is_ours and len(wanted) < _LONGEST and not _UPWARDS.search(wanted.partition("?")[0])
    return wanted if is_ours else flask.url_for("admin.home")


def _noted() -> dict[str, str]:
    noted = flask.session.get(_WANTED)
    return noted if isinstance(noted, dict) else {}


def _mark(operator_id: str) -> str:
    return services().keyring.blind_index("console.wanted", operator_id) if operator_id else ""


def _place(operator_id: str) -> str:
    return f"console.kept:{operator_id}:{browser.device()}"
