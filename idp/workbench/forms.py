"""The form of a site's registration: read into members of ClientMetadata, and what is wrong with it in words.

Members that the form does not know, such as encryption, stay as they were.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError
from werkzeug.datastructures import MultiDict

from idp.oidc.registration.client_metadata import ClientMetadata
from idp.oidc.registration.clients import UnknownScope
from idp.sites import kinds, rules
from idp.sites.errors import StillWrong
from idp.sites.rules import Problem
from idp.workbench import texts

_TEXTS: Final = ("client_name", "about", "client_uri", "initiate_login_uri", "backchannel_logout_uri")
_LISTS: Final = ("redirect_uris", "post_logout_redirect_uris")
_DOOR: Final = "initiate_login_uri"
"""Where it was not asked for, it is the home page: people begin anew there."""
_WITHOUT_DOOR: Final = frozenset({"native", "device", "service"})
_SAID: Final = {
    "purposes": "purpose",
    "purposes_en": "purpose_en",
    "legal_bases": "basis",
    "legal_bases_en": "basis_en",
}


@dataclass(frozen=True, slots=True)
class Filled:
    """What the form holds, as its fields show it again."""

    kind: str = "server"
    method: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, str] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()
    said: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    serves: str = "people"
    subject: str = "pairwise"
    level: str = ""
    stays: bool = False
    jwks: str = ""
    jwks_uri: str = ""

    def text(self, name: str) -> str:
        return self.texts.get(name, "")

    def purpose(self, member: str, scope: str) -> str:
        return self.said.get(member, {}).get(scope, "")


class Unreadable(ValueError):
    """A field that cannot be read into a member."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def of_post(form: MultiDict[str, str]) -> Filled:
    """The fields as they were sent, trimmed."""
    kind = form.get("kind", "")
    scopes = tuple(scope for scope in texts.SCOPES if scope in form.getlist("scope"))
    return Filled(
        kind=kind if kind in kinds.KINDS else "server",
        method=form.get("method", ""),
        texts={name: form.get(name, "").strip() for name in (*_TEXTS, "client_name_en", "public_subject_reason")}
        | ({} if _DOOR in form or kind in _WITHOUT_DOOR else {_DOOR: form.get("client_uri", "").strip()}),
        lists={name: "\n".join(_lines(form.get(name, ""))) for name in _LISTS},
        scopes=scopes,
        said={member: {scope: form.get(f"{name}_{scope}", "").strip() for scope in texts.SCOPES}
              for member, name in _SAID.items()},
        serves=form.get("serves", "people"),
        subject=form.get("subject", "pairwise"),
        level=form.get("level", ""),
        stays=form.get("stays") == "yes",
        jwks=form.get("jwks", "").strip(),
        jwks_uri=form.get("jwks_uri", "").strip(),
    )  # fmt: skip


def of_document(members: Mapping[str, Any]) -> Filled:
    """The fields that show a registration."""
    m = ClientMetadata.stored(members)
    return Filled(
        kind=kinds.of(m),
        method=m.token_endpoint_auth_method,
        texts={
            **{name: getattr(m, name) or "" for name in (*_TEXTS, "public_subject_reason")},
            "client_name_en": m.localised.get("client_name#en", ""),
        },
        lists={name: "\n".join(getattr(m, name)) for name in _LISTS},
        scopes=tuple(scope for scope in texts.SCOPES if scope in m.scopes),
        said={member: dict(getattr(m, member)) for member in _SAID},
        serves=m.serves,
        subject=m.subject_type,
        level=next(iter(m.default_acr_values), ""),
        stays="refresh_token" in m.grant_types,
        jwks=json.dumps(m.jwks, ensure_ascii=False, indent=2) if m.jwks else "",
        jwks_uri=m.jwks_uri or "",
    )


def members(filled: Filled, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The members of the registration; Unreadable for a field that is none. `before` keeps what the form does not show."""
    kind = kinds.KINDS[filled.kind]
    made = dict(before or {})
    asked = {word for word in made.get("scope", "").split() if word not in texts.SCOPES and word != "openid"}
    made |= _of_kind(filled, kind, made)
    for name in _TEXTS:
        _put(made, name, filled.text(name))
    _put(made, "client_name#en", filled.text("client_name_en"))
    for name in _LISTS:
        _put(made, name, _lines(filled.lists.get(name, "")) if kind.has_redirects else [])
    made["scope"] = " ".join(["openid", *filled.scopes, *sorted(asked)])
    for member in _SAID:
        _put(made, member, {scope: text for scope in filled.scopes if (text := filled.purpose(member, scope))})
    made["serves"], made["subject_type"] = filled.serves, filled.subject
    _put(made, "public_subject_reason", filled.text("public_subject_reason") if filled.subject == "public" else "")
    _put(made, "default_acr_values", [filled.level] if filled.level else [])
    _put(made, "jwks_uri", filled.jwks_uri)
    _put(made, "jwks", _jwks(filled.jwks))
    return made


def checked(filled: Filled, before: Mapping[str, Any] | None = None) -> ClientMetadata:
    """The registration that the form comes to; StillWrong with all that is wrong in it."""
    try:
        made = members(filled, before)
    except Unreadable as odd:
        raise StillWrong([odd.problem]) from odd
    found = rules.problems(ClientMetadata.stored(made))
    try:
        accepted = ClientMetadata.model_validate(made)
    except ValidationError as wrong:
        named = {problem.member for problem in found}
        more = [each for each in problems_of(wrong) if each.member not in named]
        named |= {each.member for each in more}
        raise StillWrong([*(each for each in _blank(filled) if each.member not in named), *more, *found]) from wrong
    if found:
        raise StillWrong(found)
    return accepted


def _blank(filled: Filled) -> list[Problem]:
    """What every site needs and was left empty: the rules of registration name one of them at a time."""
    empty = [name for name in ("client_name", "client_uri") if not filled.text(name)]
    if kinds.KINDS[filled.kind].has_redirects and not filled.lists.get("redirect_uris"):
        empty.append("redirect_uris")
    return [Problem(name, "missing") for name in empty]


def problems_of(wrong: ValidationError | UnknownScope | StillWrong) -> list[Problem]:
    """What the rules of registration and those of departments say, by member."""
    if isinstance(wrong, StillWrong):
        return list(wrong.problems)
    if isinstance(wrong, UnknownScope):
        return [Problem("scope", "refused", str(wrong))]
    return [_problem(error["loc"], error["msg"]) for error in wrong.errors(include_url=False)]


def _problem(place: tuple[int | str, ...], message: str) -> Problem:
    said = message.removeprefix("Value error, ")
    member, _, rest = said.partition(":") if not place else (str(place[0]), "", said)
    if "needed for a pairwise subject" in rest:
        return Problem("redirect_uris", "several_hosts")
    if "needs jwks" in rest:
        return Problem("jwks_uri", "no_keys")
    if member == "jwks":
        return Problem("jwks", "no_keys" if "together" in rest else "bad_keys")
    if "needed" in rest or "at least 1" in rest or "needs at least one" in rest:
        return Problem(member, "missing")
    return Problem(member, "refused", rest.strip())


def _of_kind(filled: Filled, kind: kinds.Kind, before: Mapping[str, Any]) -> dict[str, Any]:
    """What follows from the kind; a registration that goes further and stays of its kind keeps its own."""
    if before and kinds.of(ClientMetadata.stored(before)) == filled.kind and _is_special(before, kind):
        return {}
    return kind.members(method=filled.method, stays=filled.stays)


def _is_special(before: Mapping[str, Any], kind: kinds.Kind) -> bool:
    m = ClientMetadata.stored(before)
    usual = {*kind.grants, "refresh_token"}
    return not set(m.grant_types) <= usual or m.token_endpoint_auth_method not in kind.methods


def _put(made: dict[str, Any], name: str, value: Any) -> None:
    if value in ("", [], {}, None):
        made.pop(name, None)
    else:
        made[name] = value


def _jwks(text: str) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        read = json.loads(text)
    except ValueError as odd:
        raise Unreadable(Problem("jwks", "no_json")) from odd
    if not isinstance(read, dict):
        raise Unreadable(Problem("jwks", "no_json"))
    return read


def _lines(text: str) -> list[str]:
    return list(dict.fromkeys(line for each in text.splitlines() if (line := each.strip())))


def read_members(said: Mapping[str, Any]) -> ClientMetadata:
    """Members that are kept already, as a registration of their own; StillWrong with what is wrong in them."""
    try:
        return ClientMetadata.model_validate(dict(said))
    except ValidationError as wrong:
        raise StillWrong(problems_of(wrong)) from wrong
