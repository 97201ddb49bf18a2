"""Lists of the console stay within bounds: every one of them is measured, none asks more the more rows there are."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, select, update
from werkzeug.exceptions import HTTPException

from bench import console_pages
from bench.console_pages import Known
from idp.accounts.models import Account
from idp.admin import account_scan
from idp.core import clock, ids
from idp.db import keyset
from idp.oidc.models import Client
from idp.outbox.models import OutboxMessage
from idp.reviews.models import ReviewRequest
from idp.sites.models import Release, SiteVersion
from idp.staff.models import Approval, Operator, Role
from idp.staff.reach import EVERYWHERE, Reach
from tests.console import samples
from tests.console.house import Console

MOST = 25
"""Statements of a page, those of the session beside."""
FACES = ("admin.", "admin_api.", "workbench.", "workbench_api.")
LISTS = (
    "/admin/", "/admin/accounts", "/admin/accounts?region=370000&seen_until=2030-01-01&state=active", "/admin/approvals",
    "/admin/reviews", "/admin/reviews?state=approved", "/admin/clients", "/admin/releases", "/admin/deliveries",
    "/admin/imports", "/admin/exports", "/admin/staff", "/admin/sources", "/admin/keys", "/admin/statistics?days=365",
)  # fmt: skip


def test_every_list_of_the_console_its_api_and_the_workbench_is_measured_or_known_to_be_none(house):
    adapter = house.app.url_map.bind("localhost")
    known = Known(**dict.fromkeys(Known.__annotations__, "0" * 32))
    measured = set()
    for page in console_pages.pages(known):
        path = page.path.partition("?")[0].partition("{")
        try:
            endpoint, _ = adapter.match(path[0] + ("0" * 32 if path[1] else ""), method="POST" if page.form else "GET")
        except HTTPException as wrong:
            pytest.fail(f"{page.path} leads nowhere: {wrong}")
        measured.add(endpoint)
    lists = {
        rule.endpoint
        for rule in house.app.url_map.iter_rules()
        if rule.endpoint.startswith(FACES) and "GET" in (rule.methods or ())
    }

    assert lists - measured - console_pages.NOT_LISTS == set(), "add them to bench/console_pages.py"
    assert console_pages.NOT_LISTS - lists == set()
    assert console_pages.NOT_LISTS & measured == set()


def test_pages_ask_a_bounded_number_of_statements_however_many_rows_there_are(house, signed_in):
    seed = samples.build(house, "370100", asked_by=house.staff[Role.SYSTEM].id)
    grow(house, seed, 10)
    few = {path: statements(house, signed_in[Role.SYSTEM], path) for path in LISTS}
    grow(house, seed, 190)
    many = {path: statements(house, signed_in[Role.SYSTEM], path) for path in LISTS}

    assert {path: (few[path], count) for path, count in many.items() if count > few[path] + 1} == {}
    assert {path: count for path, count in many.items() if count > MOST} == {}


def test_a_list_of_accounts_says_where_it_stopped_looking_and_goes_on_from_there(house):
    made = accounts(house, 60)
    with house.services.database.transaction() as db:
        db.execute(update(Account).where(Account.id.in_([made[1], made[40]])).values(locale="sought"))
    pages, after = [], ""
    while True:
        with house.services.database.view() as db:
            found = account_scan.page(db, [Account.locale == "sought"], reach=EVERYWHERE, after=after, scan=15)
        pages.append([row.id for row in found.rows])
        assert found.is_cut is (found.next is not None)
        if (after := found.next or "") == "":
            break

    assert [row for page in pages for row in page] == [made[40], made[1]]
    assert len(pages) == 5  # 61 accounts, 15 at a time


@pytest.mark.parametrize("asked", [{"state": "frozen"}, {"region": "370202"}, {"region": "370200"}, {"ial": 3}])
def test_what_few_accounts_meet_is_looked_through_to_its_end(house, asked):
    made = accounts(house, 60)
    with house.services.database.transaction() as db:
        rare = update(Account).where(Account.id.in_(made[:3])).values(state="frozen", region="370202", listed_ial=3)
        db.execute(rare)
    sought = [Account.state == "frozen", Account.last_sign_in_at < clock.now()]
    with house.services.database.view() as db:
        found = account_scan.page(
            db, sought, reach=EVERYWHERE, seen=[Account.last_sign_in_at < clock.now()], scan=10, **asked
        )

    assert [row.id for row in found.rows] == made[:3]  # the last to sign in first
    assert (found.next, found.is_cut) == (None, False)


def test_whoever_looks_after_named_sites_finds_no_account(house):
    accounts(house, 3)
    with house.services.database.view() as db:
        assert account_scan.page(db, [], reach=Reach("", frozenset({"site"}))).rows == []


def test_a_page_is_full_before_it_is_cut(house):
    made = accounts(house, 20)
    with house.services.database.view() as db:
        first = keyset.look(db, [], [], account_scan.BY_SIGN_IN, size=5, scan=6)
        then = keyset.look(db, [], [], account_scan.BY_SIGN_IN, size=5, scan=6, after=first.next or "")

    assert [row.id for row in (*first.rows, *then.rows)][:9] == made[:9]
    assert not first.is_cut


def accounts(house: Console, count: int) -> list[str]:
    """Their ids; the later one came, the longer ago it signed in."""
    now = clock.now()
    rows = [
        {
            "id": ids.new_id(), "state": "active", "locale": "zh_CN", "created_at": now + timedelta(seconds=nth),
            "updated_at": now, "region": "370102", "last_sign_in_at": now - timedelta(minutes=nth + 1), "is_synthetic": False,
            "listed_ial": 0,
        }
        for nth in range(count)
    ]  # fmt: skip
    with house.services.database.transaction() as db:
        db.execute(insert(Account), rows)
    return [str(row["id"]) for row in rows]


def grow(house: Console, seed: samples.Samples, count: int) -> None:
    """More rows like those of the sample in every list."""
    made = accounts(house, count)
    of = {
        Client: ("client_id", seed.of["client_id"]), OutboxMessage: None, Approval: ("id", seed.of["approval_id"]),
        ReviewRequest: ("id", seed.of["request_id"]), SiteVersion: None, Release: ("id", seed.of["release_id"]),
        Operator: ("id", house.staff[Role.DEPARTMENT].id),
    }  # fmt: skip
    now = clock.now()
    with house.services.database.transaction() as db:
        for model, key in of.items():
            if key is None:
                continue
            table: Any = model.__table__
            one = dict(db.execute(select(table).where(table.c[key[0]] == key[1])).one()._mapping)
            for nth in range(count):
                db.execute(insert(table).values(one | _own(table.name, key[0], made[nth], nth)))
        for each in made:
            message = OutboxMessage(
                id=ids.new_id(), kind="backchannel_logout", topic=None, recipient=seed.of["client_id"], payload_sealed="",
                state="dead", tries=5, created_at=now, next_at=now, expires_at=now, trace_id=each,
            )  # fmt: skip
            db.add(message)


def _own(table: str, key: str, account_id: str, nth: int) -> dict[str, object]:
    """What a copy of a row must have of its own."""
    own: dict[str, object] = {key: ids.new_id()}
    if table == "approvals":
        own["target"] = ids.new_id()
    if table == "review_requests":
        own |= {"account_id": account_id, "state": "approved" if nth % 2 else "waiting"}
    if table == "site_releases":
        own["state"] = "approved"
    if table == "operators":
        own["login"] = f"copy.{account_id[:20]}"
    return own


def statements(house: Console, browser: Any, path: str) -> int:
    browser.get(path)
    with counted(house) as seen:
        answer = browser.get(path)
    assert answer.status_code == 200, path
    return len(seen)


@contextmanager
def counted(house: Console) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    engine = house.services.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
