"""What a person lets a site know: given in plain words, remembered, shown again, and withdrawn as easily."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from idp.audit.trail import Trail
from idp.core import clock, ids
from idp.db.prepared import Prepared, RawTransaction
from idp.oidc import standard_claims
from idp.oidc.models import Authorization, Consent
from idp.oidc.registration import metadata_rules
from idp.oidc.registration.client_metadata import DYNAMIC, SCOPES
from idp.oidc.registration.clients import CONSENT, RegisteredClient
from idp.oidc.verified import framework

# Facts about the person that leave the centre; `openid` alone tells a site no more than that this visitor was here before.
SENSITIVE = ("realname", "verified", "legal", "profile", "phone", "email", "address")
# What a site without a statutory duty gets only after a yes (OpenID Connect Core §11 for access while the person is away).
ASKED_FOR = (*SENSITIVE, "offline_access")
CLAIM, VOUCHED = metadata_rules.CLAIM, metadata_rules.VOUCHED
SIGN_IN = "sign_in"
"""The basis of a site that only learned the account's name because its visitor signed in there."""
RELEASE_NOTED_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ReleasedFact:
    """One line of the consent page: a scope word or a marked claim, why the site wants it, whether it cannot do without."""

    word: str
    purpose: str
    is_essential: bool = False
    legal_basis: str = ""


NOTHING: Mapping[str, ReleasedFact] = {}


@dataclass(frozen=True, slots=True)
class ConsentView:
    """One site as the account centre shows it."""

    client_id: str
    scope: tuple[str, ...]
    basis: str
    given_at: datetime
    last_release_at: datetime
    withdrawn_at: datetime | None = None


_note_release = Prepared(
    update(Consent).where(Consent.id == bindparam("wanted")).values(last_release_at=bindparam("now"))
)
# Holds the row until the transaction is over: a withdrawal comes before it, or finds what it brought.
_still_given = Prepared(
    select(Consent.id).where(Consent.id == bindparam("wanted"), Consent.withdrawn_at.is_(None)).with_for_update()
)
_insert_first = Prepared(
    postgresql.insert(Consent)  # compiles on SQLite as well
    .values(
        {c: bindparam(c) for c in ("id", "account_id", "client_id", "scope", "basis", "given_at", "last_release_at")}
    )
    .on_conflict_do_nothing(index_elements=["account_id", "client_id"])
)
_held = Prepared(
    select(Consent.id, Consent.scope, Consent.basis, Consent.withdrawn_at)
    .where(Consent.account_id == bindparam("account"), Consent.client_id == bindparam("client"))
    .with_for_update()
)
_widen = Prepared(
    update(Consent)
    .where(Consent.id == bindparam("wanted"))
    .values(scope=bindparam("words"), basis=bindparam("ground"), last_release_at=bindparam("now"), withdrawn_at=None)
)


def is_reviewed(client: RegisteredClient) -> bool:
    """Whether a person answers for this registration, rather than the site itself (RFC 7591)."""
    return client.origin != DYNAMIC


def words(scope: Iterable[str], claims: Iterable[str] = (), vouched: Iterable[str] = ()) -> tuple[str, ...]:
    """What a consent to this scope, these single and these verified claims holds: scope words as they are, claims marked."""
    return (
        *(word for word in dict.fromkeys(scope) if word != "openid"),
        *(f"{CLAIM}{name}" for name in claims),
        *(f"{VOUCHED}{name}" for name in vouched),
    )


def is_of_api(word: str) -> bool:
    """Whether a word of a consent is the scope of a resource server, at which the site acts in the person's name."""
    return not word.startswith((CLAIM, VOUCHED)) and word not in SCOPES


def covers(client: RegisteredClient, wanted: Iterable[str], *, given: frozenset[str], basis: str | None) -> bool:
    """Whether this site may have these words without asking; `given` and `basis` are those of its live consent."""
    if client.release_basis != CONSENT:
        return True
    if not is_reviewed(client) and basis != CONSENT:
        return False  # nobody looked at this site: the person does, before it recognises them for the first time
    asked_for = [word for word in wanted if word in ASKED_FOR or word.startswith((CLAIM, VOUCHED)) or is_of_api(word)]
    known = given if basis == CONSENT else frozenset[str]()  # what a duty released or a sign-in told was no yes
    by_scope = standard_claims.of_scope(known)
    vouched = framework.OF_PERSON if framework.SCOPE in known else ()
    return all(
        word in known or word.removeprefix(CLAIM) in by_scope or word.removeprefix(VOUCHED) in vouched
        for word in asked_for
    )


def facts_of(
    client: RegisteredClient, wanted: Iterable[str], locale: str, *, essential: frozenset[str] = frozenset(),
    vouched: Mapping[str, ReleasedFact] = NOTHING,
) -> list[ReleasedFact]:  # fmt: skip
    """What the consent page lists, in a fixed order, with the purpose that the site registered.

    `vouched` is how the request itself asks for verified claims, by name: it may say why (Identity Assurance, `purpose`).
    """
    metadata = client.metadata
    purposes = {**metadata.purposes, **(metadata.purposes_en if locale.startswith("en") else {})}
    asked = frozenset(wanted)
    apis = sorted(word for word in asked if is_of_api(word))
    ordered = (*SENSITIVE, *apis, "offline_access")
    grounds = {**metadata.legal_bases, **(metadata.legal_bases_en if locale.startswith("en") else {})}
    listed = [
        ReleasedFact(word, purposes.get(word, ""), legal_basis=grounds.get(word, ""))
        for word in ordered
        if word in asked
    ]
    for name in standard_claims.NAMES:
        if (word := f"{CLAIM}{name}") in asked:
            purpose = purposes.get(name) or next(
                (purposes[scope] for scope in purposes if name in standard_claims.of_scope([scope])), ""
            )
            ground = next((grounds[scope] for scope in grounds if name in standard_claims.of_scope([scope])), "")
            listed.append(ReleasedFact(word, purpose, name in essential, ground))
    for word in (each for each in (f"{VOUCHED}{name}" for name in framework.IN_ORDER) if each in asked):
        name = word.removeprefix(VOUCHED)
        said = vouched.get(name, ReleasedFact(word, ""))
        registered = purposes.get(name) or purposes.get(framework.SCOPE) or purposes.get("realname", "")
        ground = grounds.get(framework.SCOPE) or grounds.get("realname", "")
        listed.append(replace(said, purpose=said.purpose or registered, legal_basis=ground))
    return listed


def give(db: Session, trail: Trail, account_id: str, client: RegisteredClient, wanted: tuple[str, ...]) -> None:
    """Record the person's yes to exactly these words; an earlier yes to less is widened, a withdrawn one renewed."""
    covered = [word for word in wanted if word != "openid"]
    _upsert(db, account_id, client, covered)
    trail.record(db, "consent.given", account_id=account_id, client_id=client.client_id, scope=covered)


def note_first_release(
    db: RawTransaction,
    account_id: str,
    client: RegisteredClient,
    *,
    known: frozenset[str],
    wanted: tuple[str, ...],
    is_first: bool,
    now: datetime,
) -> None:
    """Remember what a site learns for the first time without being asked for, so that the person sees it.

    `known` is what it had learned before; nothing is written when it learns nothing new.
    """
    news = [word for word in wanted if word not in known]
    if not news and not is_first:
        return
    basis = SIGN_IN if client.release_basis == CONSENT else client.release_basis
    _insert_first(
        db, id=ids.new_id(), account_id=account_id, client_id=client.client_id, scope=[], basis=basis,
        given_at=now, last_release_at=now,
    )  # fmt: skip
    # The row is there now, whoever wrote it: of two sign-ins at once the second adds to what the first told.
    row = _held.first(db, account=account_id, client=client.client_id)
    if row is None:
        return
    is_live = row.withdrawn_at is None
    told = list(dict.fromkeys([*(row.scope if is_live else ()), *wanted]))
    _widen(db, wanted=row.id, words=told, ground=row.basis if is_live else basis, now=now)


def ask_still_given(db: RawTransaction, consent_id: str) -> Callable[[], bool]:
    """Whether the consent that was read a moment ago is still there; until the transaction ends it then stays."""
    rows = _still_given.ask(db, wanted=consent_id)
    return lambda: bool(rows())


def note_release(db: RawTransaction, consent_id: str, now: datetime) -> None:
    _note_release(db, wanted=consent_id, now=now)


def withdraw(db: Session, trail: Trail, account_id: str, client_id: str) -> bool:
    """End the consent and every token that rests on it; False when there was none."""
    now = clock.now()
    withdrawn = db.execute(
        update(Consent)
        .where(Consent.account_id == account_id, Consent.client_id == client_id, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
        .returning(Consent.id)
    ).first()
    if withdrawn is None:
        return False
    db.execute(
        update(Authorization)
        .where(
            Authorization.account_id == account_id,
            Authorization.client_id == client_id,
            Authorization.revoked_at.is_(None),
        )
        .values(revoked_at=now, revoke_reason="consent_withdrawn")
    )
    trail.record(db, "consent.withdrawn", account_id=account_id, client_id=client_id)
    return True


def of_account(db: Session, account_id: str) -> list[ConsentView]:
    """The sites that learned something about this person and may again, the latest first."""
    return _views(db, Consent.account_id == account_id, Consent.withdrawn_at.is_(None))


def withdrawn_of_account(db: Session, account_id: str) -> list[ConsentView]:
    """The sites that learned something and may not again, the latest first."""
    return _views(db, Consent.account_id == account_id, Consent.withdrawn_at.is_not(None))


def _views(db: Session, *those: ColumnElement[bool]) -> list[ConsentView]:
    rows = db.scalars(select(Consent).where(*those).order_by(Consent.last_release_at.desc()))
    return [
        ConsentView(r.client_id, tuple(r.scope), r.basis, r.given_at, r.last_release_at, r.withdrawn_at) for r in rows
    ]


def _upsert(db: Session, account_id: str, client: RegisteredClient, scope: list[str]) -> None:
    now = clock.now()
    insert = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    db.execute(
        insert(Consent)
        .values(
            id=ids.new_id(), account_id=account_id, client_id=client.client_id, scope=[],
            basis=client.release_basis, given_at=now, last_release_at=now,
        )
        .on_conflict_do_nothing(index_elements=["account_id", "client_id"])
    )  # fmt: skip
    # The row is there now, whoever wrote it: of two tabs the second adds to what the first was given.
    row = db.scalars(
        select(Consent).where(Consent.account_id == account_id, Consent.client_id == client.client_id).with_for_update()
    ).one()
    kept = row.scope if row.withdrawn_at is None and row.basis == client.release_basis else []
    row.scope = list(dict.fromkeys([*kept, *scope]))
    row.basis, row.given_at, row.last_release_at, row.withdrawn_at = client.release_basis, now, now, None
