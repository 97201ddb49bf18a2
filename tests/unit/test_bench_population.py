"""The synthetic province: people that the service can open and find, ids that SQL makes the same, counts that add up."""

from datetime import UTC, date, datetime
from itertools import islice

import psycopg
import pytest

from bench import console, history, synthetic
from bench.console import Page, Timed
from bench.synthetic import SQL_IDENTIFIER, Calendar
from idp.core import ids, regions
from idp.core.identifiers.resident_id import ResidentId
from idp.staff.models import Role

CALENDAR = Calendar(datetime(2026, 11, 22, tzinfo=UTC), 1000)


def test_people_pass_every_check_and_are_nobody():
    for number in (1, 17, 999_999):
        resident = ResidentId.parse(synthetic.resident_number(number), today=date(2026, 11, 22))
        assert resident.region == "370199"
        assert regions.is_division(synthetic.region(number))
    assert len({synthetic.resident_number(number) for number in range(50_000)}) == 50_000
    assert len({synthetic.phone(number) for number in range(1000)}) == 1000


def test_few_counties_hold_most_people():
    found = [synthetic.region(number) for number in range(1, 20_000)]
    largest = max(found.count(code) for code in set(found))

    assert largest > 3 * len(found) / len(synthetic.REGIONS)


def test_ids_are_in_the_order_of_time():
    made = [synthetic.identifier(CALENDAR.ms(number), number) for number in range(1, 50)]

    assert made == sorted(made)
    assert ids.time_of(made[9]).timestamp() == pytest.approx(CALENDAR.ms(10) / 1000)
    assert {len(each) for each in made} == {32}


def test_the_shares_of_acts_are_a_thousand():
    assert sum(share for _, share, _ in history.SHARES) == 1000
    assert {*history.OF_OPERATORS, *history.AT_SITES, *history.OF_NOBODY} <= {act for act, _, _ in history.SHARES}


@pytest.mark.postgres
def test_sql_makes_the_same_ids(fresh_postgres_database):
    url = fresh_postgres_database.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(url) as db:
        for number in islice(range(1, 1_000_000, 199_999), 5):
            query = f"SELECT {SQL_IDENTIFIER.format(ms=CALENDAR.ms(number), number=number)}"
            assert db.execute(query.encode()).fetchone() == (synthetic.identifier(CALENDAR.ms(number), number),)


def test_a_page_is_too_much_by_its_time_its_statements_or_its_answer():
    page = Page(Role.AUDIT, "/admin/audit")
    fine = Timed(page, 200, tuple([10.0] * 19 + [5000.0]), (5.0,), 5)  # one in twenty may be slow
    slow = Timed(page, 200, (400.0,) * 20, (5.0,), 5)
    many = Timed(page, 200, (10.0,), (5.0,), 1000)
    broken = Timed(page, 500, (10.0,), (5.0,), 5)

    assert [each.is_fine for each in (fine, slow, many, broken)] == [True, False, False, False]
    told = console.table([fine, slow, broken]).splitlines()
    assert [("TOO MUCH" in line, "STATUS 500" in line) for line in told[1:]] == [
        (False, False), (True, False), (False, True),
    ]  # fmt: skip
