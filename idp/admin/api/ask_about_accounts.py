"""Asked for by programs about accounts: acts with a page of their own, lists that go ahead, exports, reviews."""

from typing import Annotated, Literal

from pydantic import Field

from idp.admin import account_acts, account_level, account_page, account_words, exports, imports, reviews
from idp.admin.api.accounts import Day, Id, Ticket
from idp.admin.api.asking import Filled, OneOf, asks
from idp.admin.api.door import Model
from idp.bulk.exporting import PERSONAL
from idp.reviews.deciding import LONGEST_REMARK, REASONS

_ACT_REASONS = dict.fromkeys(reason for act in account_words.ACTS.values() for reason in act.reasons)
_REVIEW_REASONS = dict.fromkeys(reason for reasons in REASONS.values() for reason in reasons)
_Case = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,32}$")]


class AccountActAsked(Model):
    """`merge` names the merge that `part` undoes."""

    reason: Annotated[str, OneOf(*_ACT_REASONS)]
    ticket: Ticket = ""
    merge: Id | Literal[""] = ""


class LevelAsked(Model):
    ial: Literal[1, 2]
    days: Literal[30, 90, 180, 365]
    reason: Annotated[str, OneOf(*account_words.RAISE)]
    ticket: _Case


class UnmaskAsked(Model):
    field: Literal["name", "document", "phone", "username"]
    reason: Annotated[str, OneOf(*account_words.UNMASK)]
    ticket: Ticket = ""


class ImportMoved(Model):
    """`start` makes the accounts, `ask` wants the proofs of the list to count, `cancel` stops."""

    action: Literal["start", "ask", "cancel"]


class ExportAsked(Model):
    """Columns, and which of them in full; days are those of Beijing."""

    fields: Annotated[list[Annotated[str, OneOf(*exports.FIELDS)]], Field(min_length=1)]
    unmasked: tuple[Annotated[str, OneOf(*PERSONAL)], ...] = ()
    state: Literal["", "active", "frozen", "closed", "merged"] = ""
    region: Annotated[str, Field(pattern=r"^([1-8]\d{5})?$")] = ""
    since: Day | Literal[""] = ""
    until: Day | Literal[""] = ""
    reason: Annotated[str, OneOf(*exports.REASONS)]
    ticket: _Case


class ReviewDecided(Model):
    """Of a review that its operator holds: `reason` of a refusal, `remark` for what is sent back."""

    action: Literal["approve", "refuse", "return"]
    reason: Annotated[str, OneOf("", *_REVIEW_REASONS)] = ""
    remark: Annotated[str, Field(max_length=LONGEST_REMARK)] = ""


@asks("/accounts/<account_id>/acts/<act>", account_acts.account_act_done, tag="accounts")
def account_act_asked(account_id: str, act: str, json: AccountActAsked) -> Filled:
    """`act` is `sessions` (end all), `reverify`, `reset`, `close` or `part` (undo a merge)."""
    return {"reason": json.reason, "ticket": json.ticket, "merge": json.merge}


@asks("/accounts/<account_id>/level", account_level.account_level_asked, tag="accounts")
def account_raise_asked(account_id: str, json: LevelAsked) -> Filled:
    """Becomes a request that a second person decides."""
    return {"ial": str(json.ial), "days": str(json.days), "reason": json.reason, "ticket": json.ticket}


@asks("/accounts/<account_id>/unmask", account_page.account_unmasked, tag="accounts")
def account_unmask_asked(account_id: str, json: UnmaskAsked) -> Filled:
    """Its operator sees the value in the console, for five minutes; no token ever does."""
    return {"field": json.field, "reason": json.reason, "ticket": json.ticket}


@asks("/imports/<import_id>", imports.import_moved, tag="imports")
def import_move_asked(import_id: str, json: ImportMoved) -> Filled:
    """Go ahead with a list that was checked, or stop it."""
    return {"action": json.action}


@asks("/exports", exports.exports_asked, tag="exports")
def export_asked(json: ExportAsked) -> Filled:
    """Becomes a request that a second person decides."""
    asked = json.model_dump()
    return {name: value if isinstance(value, str) else list(value) for name, value in asked.items()}


@asks("/exports/<approval_id>/fetch", exports.export_fetched, tag="exports")
def export_fetch_asked(approval_id: str) -> Filled:
    """The file comes to its operator's browser, once."""
    return {}


@asks("/reviews/<request_id>/decision", reviews.review_decided, tag="reviews")
def review_decision_asked(request_id: str, json: ReviewDecided) -> Filled:
    """Its operator has looked at the papers in the console and says so when confirming."""
    return {"action": json.action, "reason": json.reason, "remark": json.remark, "compared": "yes"}
