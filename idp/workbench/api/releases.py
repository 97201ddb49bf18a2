"""Going live over the API: asked for, taken back, and what became of it, with the words of the reviewer."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from idp.core import differences
from idp.edge.described import Model, Nothing
from idp.edge.services import services
from idp.sites import checked, drafts, releases, versions
from idp.sites.rules import Problem
from idp.sites.tokens import Scope
from idp.workbench.api.configurations import ChangeShown
from idp.workbench.api.door import change, database, holder, mine, route


class ReleaseShown(Model):
    """One request. `granted` is what was given of it, `remark` what the reviewer says."""

    id: str
    version: int
    state: str
    note: str
    asked_at: datetime
    decided_at: datetime | None
    remark: str | None
    granted: dict[str, Any] | None


class Missing(Model):
    """What is still to be said or mended, by member: a code, and the address or scope in question."""

    member: str
    code: str
    value: str


class LastCheck(Model):
    """`is_of_this`: of the registration that would go live."""

    is_passed: bool
    is_of_this: bool
    at: datetime


class ReleasesShown(Model):
    """The last requests, the newest first, and how a request would stand now.

    `needs_second`: what of it two operators have to allow.
    """

    releases: list[ReleaseShown]
    is_open: bool
    changes: list[ChangeShown]
    missing: list[Missing]
    needs_second: list[str]
    check: LastCheck | None


class ReleaseAsked(Model):
    """What the department says to the reviewer."""

    note: Annotated[str, Field(max_length=releases.LONGEST_WORDS)] = ""


class ReleaseMade(Model):
    id: str


@route("/sites/<client_id>/releases", Scope.READ, ReleasesShown, tag="going live")
def site_releases(client_id: str) -> ReleasesShown:
    """What was asked for and what became of it, and what a request would hold now."""
    with database().view() as db:
        row = mine(db, client_id)
        wanted, before = drafts.editable(db, row), releases.last_live(db, row)
        history = releases.of_client(db, client_id)
        numbers = versions.numbers(db, [each.version_id for each in history])
        result = checked.latest(db, client_id, wanted)
        return ReleasesShown(
            releases=[
                ReleaseShown(
                    id=each.id, version=numbers[each.version_id], state=each.state, note=each.note,
                    asked_at=each.asked_at, decided_at=each.decided_at, remark=each.remark, granted=each.granted,
                )
                for each in history
            ],
            is_open=any(each.state == releases.OPEN for each in history),
            changes=[
                ChangeShown(path=each.path, before=each.before, after=each.after)
                for each in differences.between(before, wanted)
            ],
            missing=[_missing(each) for each in services().sites.releases.before_live(wanted)],
            needs_second=list(releases.needs_second(before, wanted)),
            check=None
            if result is None
            else LastCheck(is_passed=result.is_passed, is_of_this=result.is_of_this, at=result.at),
        )  # fmt: skip


@route("/sites/<client_id>/releases", Scope.RELEASES, ReleaseMade, method="POST", tag="going live", status=201)
def site_release_asked(client_id: str, json: ReleaseAsked) -> tuple[ReleaseMade, int]:
    """Ask that what is tested, or the draft beside the live site, serves everybody. Until then nothing can be changed."""
    with change(client_id) as db:
        made = services().sites.releases.ask(db, holder().account_id, client_id, json.note)
    return ReleaseMade(id=made), 201


@route("/sites/<client_id>/releases/withdraw", Scope.RELEASES, Nothing, method="POST", tag="going live")
def site_release_withdrawn(client_id: str) -> Nothing:
    """Take the open request back, whoever of the department asked."""
    with change(client_id) as db:
        services().sites.releases.withdraw(db, holder().account_id, client_id)
    return Nothing()


def _missing(problem: Problem) -> Missing:
    return Missing(member=problem.member, code=problem.code, value=problem.value)
