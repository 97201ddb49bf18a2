"""What sites registered as one text: exported in a stable order without secrets, compared, and put in force.

Each entry carries the digest of what it was exported from (`base`): where the site was changed since, an older text is
refused, unless somebody insists. All entries of a text are applied in one transaction, or none.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.core import differences, strict_json
from idp.core.crypto import Keyring
from idp.core.differences import Change
from idp.oidc.models import Client
from idp.oidc.registration import client_changes, clients
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.sites import drafts, versions
from idp.sites.errors import ReleaseWaits

FORMAT: Final = "unified-identity/clients/1"
LONGEST: Final = 1_048_576
_DEPTH, _NODES = 12, 100_000
_ENTRY: Final = frozenset({"client_id", "base", "department", "mode", "state", "origin", "registration"})


class NotAText(ValueError):
    """What was given is no export of sites; the message says where, in plain ASCII."""


class ChangedSince(ValueError):
    """The site was changed after the text was exported."""

    def __init__(self, client_id: str) -> None:
        super().__init__(f"{client_id}: was changed after this text was exported; export it again, or insist")
        self.client_id = client_id


class NoSuchSite(ValueError):
    """No site of that id is registered here, or it was deleted."""

    def __init__(self, client_id: str) -> None:
        super().__init__(f"{client_id}: there is no such client")
        self.client_id = client_id


@dataclass(frozen=True, slots=True)
class Entry:
    """One site of a text: what it is to be, and what it was when it was exported."""

    client_id: str
    base: str
    registration: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Compared:
    """One site of a text beside what is registered now."""

    client_id: str
    changes: list[Change]
    is_stale: bool


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one site: a secret that it needs from now on, or the request by which it is reviewed."""

    client_id: str
    secret: str | None = field(default=None, repr=False)
    release: str | None = None


Look = Callable[[Session, Client], dict[str, Any]]


def in_force(_db: Session, row: Client) -> dict[str, Any]:
    """What a site works by now: how operators look at it. Departments go on from their draft (`drafts.editable`)."""
    return versions.of_client(row)


def export(db: Session, client_ids: Iterable[str] | None = None, *, look: Look = in_force) -> dict[str, Any]:
    """These sites, or all that are not deleted, in the order of their ids; NoSuchSite for one that is not there."""
    query = select(Client).where(Client.state != "deleted").order_by(Client.client_id)
    wanted = None if client_ids is None else list(dict.fromkeys(client_ids))
    rows = list(db.scalars(query if wanted is None else query.where(Client.client_id.in_(wanted))))
    if wanted is not None and (missing := set(wanted) - {row.client_id for row in rows}):
        raise NoSuchSite(min(missing))
    return {"format": FORMAT, "clients": [_entry(row, look(db, row)) for row in rows]}


def text(document: Mapping[str, Any]) -> str:
    """As it is written into a file: one member a line, names in order."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n"


def read(given: str | bytes) -> list[Entry]:
    """The sites of a text; NotAText says what is wrong with it. Registrations are checked where they are compared."""
    raw = given.encode() if isinstance(given, str) else given
    if len(raw) > LONGEST:
        raise NotAText("the text is too long")
    try:
        document = strict_json.load_object(raw, depth=_DEPTH, nodes=_NODES)
    except ValueError as odd:
        raise NotAText(f"the text cannot be read as JSON: {odd}") from odd
    listed = document.get("clients")
    if document.get("format") != FORMAT or not isinstance(listed, list) or set(document) != {"format", "clients"}:
        raise NotAText(f"the text must hold format ({FORMAT}) and clients")
    entries = [_read_entry(each) for each in listed]
    if len({entry.client_id for entry in entries}) != len(entries):
        raise NotAText("a client stands in the text twice")
    return entries


def compare(db: Session, entries: Sequence[Entry], *, look: Look = in_force) -> list[Compared]:
    """Each site of the text beside what is registered now. Raises as `clients.checked` does, and NoSuchSite."""
    compared = []
    for entry in entries:
        row = _row(db, entry)
        now = look(db, row)
        wanted = wished(db, entry, row)
        compared.append(Compared(entry.client_id, differences.between(now, wanted), versions.digest(now) != entry.base))
    return compared


def apply(
    db: Session, trail: Trail, keyring: Keyring, entries: Sequence[Entry], *, actor: Actor, is_forced: bool = False,
    of_live: Callable[[Session, Client, Mapping[str, Any]], str] | None = None,
) -> list[Applied]:  # fmt: skip
    """Put the text in force, with an operator's word; where live sites have to be asked for, `of_live` does that instead.

    ChangedSince, unless forced, for a site that was changed after the export; nothing is changed then at all.
    """
    changed = []
    for entry in sorted(
        entries, key=lambda each: each.client_id
    ):  # rows are locked in one order: no two wait in a ring
        row = _row(db, entry, for_update=True)
        before = in_force(db, row)
        wanted = wished(db, entry, row)
        if versions.digest(before) != entry.base and not is_forced:
            raise ChangedSince(entry.client_id)
        if drafts.waits(db, row.client_id):
            raise ReleaseWaits
        if before == wanted:
            continue
        if of_live is not None and row.mode == drafts.LIVE:
            changed.append(Applied(entry.client_id, None, of_live(db, row, wanted)))
            continue
        versions.begin(db, row)
        members, basis = versions.parted(wanted)
        row.release_basis = basis or row.release_basis
        secret = client_changes.change(db, trail, row, members, keyring=keyring, actor=actor)
        if (draft := versions.latest(db, row.client_id, versions.DRAFT)) is not None:
            versions.drop(db, draft)
        versions.keep(db, row, wanted, state=versions.CURRENT, actor=actor)
        changed.append(Applied(entry.client_id, secret))
    return changed


def wished(db: Session, entry: Entry, row: Client) -> dict[str, Any]:
    """What the entry says, checked as a registration and in the form in which versions are kept."""
    members, basis = versions.parted(entry.registration)
    basis = basis or row.release_basis
    if basis not in {clients.CONSENT, clients.STATUTORY_DUTY}:
        raise NotAText(f"{entry.client_id}: release_basis is {clients.CONSENT} or {clients.STATUTORY_DUTY}")
    return versions.document(clients.checked(db, ClientMetadata.model_validate(members)), basis)


def _entry(row: Client, document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "client_id": row.client_id,
        "base": versions.digest(document),
        "department": row.organisation_id,
        "mode": row.mode,
        "state": row.state,
        "origin": row.origin,
        "registration": dict(document),
    }


def _read_entry(given: Any) -> Entry:
    if not isinstance(given, dict) or set(given) - _ENTRY:
        raise NotAText("a client of the text holds something else than an export writes")
    client_id, base, registration = given.get("client_id"), given.get("base", ""), given.get("registration")
    if not isinstance(client_id, str) or not clients.is_possible_id(client_id):
        raise NotAText("a client of the text has no client_id")
    if not isinstance(base, str) or not isinstance(registration, dict):
        raise NotAText(f"{client_id}: base and registration are needed")
    return Entry(client_id, base, registration)


def _row(db: Session, entry: Entry, *, for_update: bool = False) -> Client:
    row = db.get(Client, entry.client_id, with_for_update=for_update, populate_existing=for_update)
    if row is None or row.state == "deleted":
        raise NoSuchSite(entry.client_id)
    return row
