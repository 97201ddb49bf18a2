"""Accounts over the API: found, read masked, frozen and unfrozen, as in the console and no further."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from idp.accounts.models import Account
from idp.admin import account_record, account_search, account_words
from idp.admin.account_search import Filters, Row
from idp.admin.api.door import Model, NotFound, Nothing, Unfit, database, operator, route
from idp.edge.services import services
from idp.staff.account_care import Because
from idp.staff.permissions import Permission

Id = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
After = Annotated[str, Field(max_length=512, description="`next` of the page before")]
Ticket = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{0,32}$")]


class AccountShown(Model):
    """One account, masked."""

    id: str
    state: str
    level: int
    region: str
    registered_at: datetime
    last_sign_in_at: datetime | None
    is_synthetic: bool
    name: str
    document_kind: str
    document: str
    phone: str


class AccountsPage(Model):
    accounts: list[AccountShown]
    next: str | None
    is_cut: bool


class EvidenceShown(Model):
    source: str
    verdict: str
    level: int
    at: datetime
    expires_at: datetime | None
    request_number: str | None


class AccountRecord(Model):
    """One account with what hangs on it: ids and codes, personal values masked."""

    id: str
    state: str
    level: int
    region: str
    registered_at: datetime
    values: dict[str, str]
    evidence: list[EvidenceShown]
    sessions: list[str]
    sites: list[str]


class AccountsAsked(Model):
    state: Literal["", "active", "frozen", "closed", "merged"] = ""
    ial: Literal["", "0", "1", "2", "3"] = ""
    region: Annotated[str, Field(pattern=r"^([1-8]\d{5})?$")] = ""
    since: Day | Literal[""] = ""
    until: Day | Literal[""] = ""
    seen_since: Day | Literal[""] = ""
    seen_until: Day | Literal[""] = ""
    after: After = ""


class AccountSought(Model):
    """Something that names one person: account id, phone, account name, document, credit code or name. It is not logged."""

    identifier: Annotated[str, Field(min_length=1, max_length=128)]


class AccountChange(Model):
    reason: str
    ticket: Ticket = ""


class SessionEnded(AccountChange):
    session: Id


@route("/accounts", Permission.ACCOUNTS_READ, AccountsPage, tag="accounts")
def accounts(query: AccountsAsked) -> AccountsPage:
    """Accounts within reach, the newest first; `is_cut` says that looking stopped early, and goes on from `next`."""
    return _page(query, None)


@route("/accounts/search", Permission.ACCOUNTS_READ, AccountsPage, method="POST", tag="accounts")
def accounts_sought(json: AccountSought) -> AccountsPage:
    """Exactly; posted, because what names a person has no place in an address."""
    return _page(AccountsAsked(), json.identifier)


@route("/accounts/<account_id>", Permission.ACCOUNTS_READ, AccountRecord, tag="accounts")
def account(account_id: str) -> AccountRecord:
    """The record of one account; that it was read is in the audit trail."""
    everything, who = services(), operator()
    with database().transaction() as db:
        row = _within_reach(db, account_id)
        everything.trail.record(db, "account.viewed", actor=who.actor, account_id=account_id)
        record = account_record.read(db, everything, who, row)
    return AccountRecord(
        id=row.id, state=row.state, level=record.level, region=row.region, registered_at=row.created_at,
        values={value.name: value.text for value in record.values.values()},
        evidence=[
            EvidenceShown(
                source=each.source, verdict=each.verdict, level=each.ial, at=each.at, expires_at=each.expires_at,
                request_number=each.request_number,
            )
            for each in record.evidence
        ],
        sessions=[each.id for each in record.sessions], sites=[each.client_id for each in record.sites],
    )  # fmt: skip


@route("/accounts/<account_id>/freeze", Permission.ACCOUNTS_CHANGE, Nothing, method="POST", tag="accounts")
def account_frozen(account_id: str, json: AccountChange) -> Nothing:
    """Nobody signs in any more; every session and token ends within a second."""
    everything, why = services(), _because(json, account_words.FREEZE)
    with database().transaction() as db:
        _within_reach(db, account_id)
        everything.care.freeze(db, account_id, why)
    return _woken()


@route("/accounts/<account_id>/unfreeze", Permission.ACCOUNTS_CHANGE, Nothing, method="POST", tag="accounts")
def account_unfrozen(account_id: str, json: AccountChange) -> Nothing:
    """The owner may sign in again; what ended does not come back."""
    everything, why = services(), _because(json, account_words.UNFREEZE)
    with database().transaction() as db:
        _within_reach(db, account_id)
        everything.care.unfreeze(db, account_id, why)
    return _woken()


@route("/accounts/<account_id>/sessions/end", Permission.ACCOUNTS_CHANGE, Nothing, method="POST", tag="accounts")
def account_session_ended(account_id: str, json: SessionEnded) -> Nothing:
    """One session; all of them at once are ended in the console."""
    everything, why = services(), _because(json, account_words.FREEZE)
    with database().transaction() as db:
        _within_reach(db, account_id)
        everything.care.end_sessions(db, account_id, why, only=json.session)
    return _woken()


def _page(asked: AccountsAsked, exactly: str | None) -> AccountsPage:
    everything, who = services(), operator()
    filters = Filters.of(asked.model_dump(exclude={"after"}))
    if filters is None:
        raise Unfit("since, until: a day of the calendar")
    with database().view() as db:
        found = account_search.search(
            db, everything.keyring, who.reach, filters, exactly=exactly, after=asked.after
        )  # fmt: skip
    return AccountsPage(accounts=[_shown(row) for row in found.rows], next=found.next, is_cut=found.is_cut)


def _shown(row: Row) -> AccountShown:
    return AccountShown(
        id=row.id, state=row.state, level=row.ial, region=row.region, registered_at=row.created_at,
        last_sign_in_at=row.last_sign_in_at, is_synthetic=row.is_synthetic, name=row.name,
        document_kind=row.document_kind, document=row.document, phone=row.phone,
    )  # fmt: skip


def _within_reach(db: Session, account_id: str) -> Account:
    row = account_search.find(db, operator().reach, account_id)
    if row is None:
        raise NotFound
    return row


def _because(said: AccountChange, allowed: tuple[str, ...]) -> Because:
    if said.reason not in allowed:
        raise Unfit(f"reason: one of {', '.join(allowed)}")
    return Because.of(operator(), said.reason, said.ticket)


def _woken() -> Nothing:
    services().worker.wake()
    return Nothing()
