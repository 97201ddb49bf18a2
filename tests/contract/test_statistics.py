"""Days counted from the trail, on both databases: once each, whoever counts, whenever it dies, and the same when counted anew."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from idp import models
from idp.accounts.models import Account
from idp.audit.sealing import Sealer
from idp.audit.trail import Actor
from idp.core import clock
from idp.oidc.models import Client
from idp.staff.reach import Reach
from idp.statistics import measures, reading, retention, rollup
from idp.statistics.models import StatisticsDay, StatisticsMark, StatisticsMonth
from idp.statistics.reading import Step
from idp.statistics.rollup import RollUp
from tests.contract.durable import Durable, durable, sqlite_url

assert models.ALL  # every table is known

JINAN, LIXIA, QINGDAO = "370100", "370102", "370200"
PORTAL, CLINIC = "portal", "clinic"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Durable]:
    is_sqlite = request.param == "sqlite"
    url = sqlite_url(tmp_path) if is_sqlite else request.getfixturevalue("furnished_postgres_database")
    with durable(url) as made:
        yield made
    clock.travel_home()


def today() -> date:
    return clock.now().astimezone(clock.BEIJING).date()


def person(house: Durable, name: str, region: str = "", *, is_synthetic: bool = False) -> str:
    now = clock.now()
    with house.database.transaction() as db:
        db.add(
            Account(
                id=name, state="active", locale="zh_CN", created_at=now, updated_at=now, region=region,
                is_synthetic=is_synthetic,
            )
        )  # fmt: skip
    return name


def write(house: Durable, act: str, times: int = 1, **more: object) -> None:
    with house.database.quick() as db:
        for _ in range(times):
            house.trail.record(db, act, **more)


def count(house: Durable) -> int:
    Sealer(house.database, house.keyring).seal()
    return RollUp(house.database).run()


def total(house: Durable, measure: str, **asked: object) -> int:
    span = {"since": today() - timedelta(days=40), "until": today()} | asked
    with house.database.view() as db:
        return sum(each.count for each in reading.days(db, measure, **span))


def everything(house: Durable) -> list[tuple[object, ...]]:
    with house.database.view() as db:
        rows = db.execute(select(*StatisticsDay.__table__.columns))
        return sorted(tuple(row) for row in rows)


def months(house: Durable) -> list[tuple[object, ...]]:
    with house.database.view() as db:
        rows = db.execute(select(*StatisticsMonth.__table__.columns))
        return sorted(tuple(row) for row in rows)


def added_up(house: Durable) -> list[tuple[object, ...]]:
    """What the months must hold: of each of their days the number, and what the day tells of small numbers."""
    sums: dict[tuple[object, ...], list[int]] = {}
    for measure, region, client_id, day, key, times in everything(house):
        of_month = sums.setdefault((measure, region, client_id, day.replace(day=1), key), [0, 0])
        of_month[0] += times
        of_month[1] += times // 5 * 5
    return sorted((*place, *numbers) for place, numbers in sums.items())


def test_entries_count_by_day_key_site_and_every_division_they_lie_in(house):
    person(house, "one", LIXIA)
    person(house, "two", QINGDAO)
    person(house, "three")
    for name in ("one", "two", "three"):
        write(house, "sign_in.succeeded", account_id=name, method="sms")
    write(house, "sign_in.failed", 2, outcome="failure", reason="password", method="password")
    write(house, "oidc.code_issued", 3, account_id="one", client_id=PORTAL)
    write(house, "oidc.code_issued", account_id="two", client_id=CLINIC)
    write(house, "identity.proven", account_id="one", client_id=PORTAL, source="registry", ial=2)
    write(house, "identity.not_proven", outcome="failure", account_id="two", source="registry", verdict="unavailable")
    write(house, "logout.dead", outcome="failure", recipient=CLINIC, message="m", tries=3)
    write(house, "sms.dead", outcome="failure", recipient="sms", message="m", tries=3)
    write(house, "account.frozen", actor=Actor("operator", "o1"), account_id="one", reason="owner_request")

    assert count(house) == 14

    assert total(house, measures.SIGN_IN) == 3
    assert [total(house, measures.SIGN_IN, region=region) for region in ("370000", JINAN, LIXIA, QINGDAO)] == [
        2,
        1,
        1,
        1,
    ]
    assert total(house, measures.SIGN_IN_FAILED, key="password") == 2
    assert total(house, measures.SITE_SIGN_IN) == 4
    assert total(house, measures.SITE_SIGN_IN, client_id=PORTAL) == 3
    assert total(house, measures.SITE_SIGN_IN, client_id=PORTAL, region=QINGDAO) == 0
    assert total(house, measures.PROOF, key="registry/verified") == total(house, measures.LEVEL, key="2") == 1
    assert total(house, measures.PROOF, key="registry/unavailable") == 1
    assert total(house, measures.DELIVERY_FAILED, key="logout", client_id=CLINIC) == 1
    assert total(house, measures.DELIVERY_FAILED, key="sms") == 1
    assert total(house, measures.OPERATOR_ACT, key="account") == 1
    assert months(house) == added_up(house)


def test_an_entry_written_late_counts_on_the_day_it_was_written(house):
    write(house, "sign_in.succeeded", method="sms")
    clock.travel(timedelta(days=1))
    write(house, "sign_in.succeeded", 2, method="sms")

    count(house)

    with house.database.view() as db:
        found = reading.days(db, measures.SIGN_IN, since=today() - timedelta(days=1), until=today())
    assert [(each.day, each.count) for each in found] == [(today() - timedelta(days=1), 1), (today(), 2)]


def test_synthetic_people_count_at_the_site_they_test_and_nowhere_else(house):
    person(house, "nobody", LIXIA, is_synthetic=True)
    write(house, "sign_in.succeeded", account_id="nobody", method="sms")
    write(house, "oidc.code_issued", account_id="nobody", client_id=PORTAL)

    count(house)

    assert total(house, measures.SIGN_IN) == total(house, measures.SITE_SIGN_IN) == 0
    assert total(house, measures.SITE_SIGN_IN, client_id=PORTAL) == 1


def test_staff_read_their_own_reach_and_no_small_number_of_a_site(house):
    person(house, "one", LIXIA)
    person(house, "two", QINGDAO)
    write(house, "oidc.code_issued", 4, account_id="one", client_id=PORTAL)
    write(house, "oidc.code_issued", 6, account_id="two", client_id=PORTAL)
    count(house)
    span = {"since": today(), "until": today()}

    with house.database.view() as db:
        of_lixia = reading.days(db, measures.SITE_SIGN_IN, client_id=PORTAL, reach=Reach(LIXIA), **span)
        of_qingdao = reading.days(db, measures.SITE_SIGN_IN, client_id=PORTAL, reach=Reach(QINGDAO), **span)
        elsewhere = reading.days(db, measures.SITE_SIGN_IN, region=QINGDAO, reach=Reach(LIXIA), **span)
        all_sites = reading.days(db, measures.SITE_SIGN_IN, reach=Reach(LIXIA), **span)
        beside = reading.divisions(db, measures.SITE_SIGN_IN, [LIXIA], reach=Reach(LIXIA), **span)
        top = reading.sites(db, measures.SITE_SIGN_IN, reach=Reach(LIXIA), **span)
        of_named = reading.sites(db, measures.SITE_SIGN_IN, reach=Reach("", frozenset({CLINIC})), **span)
    assert [(each.count, each.is_small) for each in of_lixia] == [(0, True)]
    assert [(each.count, each.is_small) for each in of_qingdao] == [(5, False)]
    assert elsewhere == []
    assert [(each.count, each.is_small) for each in all_sites] == [(0, True)]  # the only site's own number otherwise
    assert [(each.count, each.is_small) for each in beside] == [(0, True)]
    assert [(each.client_id, each.is_small) for each in top] == [(PORTAL, True)]
    assert of_named == []
    assert total(house, measures.SITE_SIGN_IN) == 10


def test_what_is_hidden_comes_out_by_no_difference_of_places_or_days(house):
    neighbour = "370103"
    person(house, "one", LIXIA)
    person(house, "two", neighbour)
    write(house, "oidc.code_issued", 7, account_id="one", client_id=PORTAL)
    write(house, "oidc.code_issued", 2, account_id="two", client_id=PORTAL)
    count(house)
    clock.travel(timedelta(days=1))
    write(house, "oidc.code_issued", 2, account_id="one", client_id=PORTAL)
    count(house)
    with house.database.transaction() as db:
        now = clock.now()
        db.add(Client(client_id=PORTAL, state="active", release_basis="consent", metadata_={}, origin="operator",
                      created_at=now, updated_at=now))  # fmt: skip
    city, before = Reach("370100"), today() - timedelta(days=1)

    with house.database.view() as db:

        def at(region: str) -> list[tuple[int, bool]]:
            found = reading.days(db, measures.SITE_SIGN_IN, since=before, until=before, client_id=PORTAL,
                                 region=region, reach=city)  # fmt: skip
            return [(each.count, each.is_small) for each in found]

        def top(since: date) -> list[tuple[int, bool]]:
            found = reading.sites(db, measures.SITE_SIGN_IN, since=since, until=today(), reach=city)
            return [(each.count, each.is_small) for each in found]

        named = Reach("", frozenset({PORTAL}))
        of_named = reading.days(db, measures.SITE_SIGN_IN, since=today(), until=today(), region=LIXIA, reach=named)
        assert at("") == at(LIXIA) == [(5, False)]
        assert at(neighbour) == [(0, True)]
        assert top(before) == [(5, False)]
        assert top(today()) == [(0, True)]
    assert [(each.count, each.is_small) for each in of_named] == [(0, True)]


def test_a_month_tells_no_more_than_its_days(house):
    person(house, "one", LIXIA)
    person(house, "two", QINGDAO)
    clock.travel((today() + timedelta(days=40)).replace(day=3) - today())
    for times in (4, 9, 1, 12, 3):
        write(house, "oidc.code_issued", times, account_id="one", client_id=PORTAL)
        write(house, "oidc.code_issued", 4, account_id="one", client_id=CLINIC)
        write(house, "oidc.code_issued", 8, account_id="two", client_id=CLINIC)
        count(house)
        write(house, "oidc.code_issued", 2, account_id="one", client_id=PORTAL)  # counted in a later round
        count(house)
        clock.travel(timedelta(days=1))
    with house.database.transaction() as db:
        now = clock.now()
        for name in (PORTAL, CLINIC):
            db.add(Client(client_id=name, state="active", release_basis="consent", metadata_={}, origin="operator",
                          created_at=now, updated_at=now))  # fmt: skip
    span = {"since": today().replace(day=1), "until": today()}
    named = Reach("", frozenset({PORTAL, CLINIC}))

    with house.database.view() as db:

        def told(by: Step, region: str, reach: Reach, site: str | None) -> int:
            found = reading.days(db, measures.SITE_SIGN_IN, client_id=site, region=region, reach=reach, by=by, **span)
            return sum(each.count for each in found)

        for asked in (
            (LIXIA, Reach(LIXIA), PORTAL), (LIXIA, Reach("370000"), CLINIC), ("", Reach("370000"), PORTAL),
            (LIXIA, named, None), (QINGDAO, named, CLINIC), ("", Reach(""), PORTAL), ("", named, None),
        ):  # fmt: skip
            assert told(Step.MONTH, *asked) == told(Step.DAY, *asked), asked
        assert told(Step.DAY, LIXIA, Reach(LIXIA), PORTAL) == 5 + 10 + 0 + 10 + 5  # of 6, 11, 3, 14 and 5
        assert told(Step.MONTH, LIXIA, Reach(LIXIA), CLINIC) == 0
        for reach in (Reach(LIXIA), named, Reach("")):
            tops = [reading.sites(db, measures.SITE_SIGN_IN, reach=reach, by=by, region=LIXIA, **span) for by in Step]
            assert tops[0] == tops[1]
            places = [
                reading.divisions(
                    db, measures.SITE_SIGN_IN, [LIXIA, QINGDAO], client_id=CLINIC, reach=reach, by=by, **span
                )
                for by in Step
            ]
            assert places[0] == places[1]
    assert months(house) == added_up(house)


def test_days_of_long_ago_go_and_their_months_stay(house):
    write(house, "sign_in.succeeded", 3, method="sms")
    long_ago = today()
    count(house)
    clock.travel(timedelta(days=200))
    write(house, "sign_in.succeeded", 2, method="sms")
    count(house)
    before = months(house)

    assert retention.forget(house.database, 120) == 1
    assert retention.forget(house.database, 120) == 0

    assert total(house, measures.SIGN_IN, since=date.min) == 2
    assert months(house) == before
    rollup.rebuild(house.database, long_ago - timedelta(days=3))
    assert months(house) == before, "nothing is counted into a month for a second time"
    retention.forget(house.database, 600)  # a longer time brings nothing back
    with house.database.view() as db:
        assert retention.first_kept(db) > long_ago
        assert total(house, measures.SIGN_IN, since=long_ago, by=Step.MONTH) == 5


def test_many_who_count_at_once_count_each_entry_once(house):
    write(house, "sign_in.succeeded", 300, method="sms")
    Sealer(house.database, house.keyring).seal()
    failures: list[Exception] = []

    def work() -> None:
        try:
            for _ in range(40):
                RollUp(house.database, batch=17).run()
        except Exception as failure:
            failures.append(failure)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    while RollUp(house.database).run():
        pass

    assert not failures
    assert total(house, measures.SIGN_IN) == 300
    assert months(house) == added_up(house)


def test_a_worker_killed_while_it_counts_loses_and_doubles_nothing(house):
    write(house, "sign_in.succeeded", 1500, method="sms")
    Sealer(house.database, house.keyring).seal()
    while Sealer(house.database, house.keyring).seal():
        pass
    for _ in range(3):
        worker = subprocess.Popen(
            [sys.executable, "-m", "tests.contract.killed_counter", house.url], stdout=subprocess.PIPE, text=True
        )
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        time.sleep(0.05)
        worker.kill()
        worker.wait()
        worker.stdout.close()

    while RollUp(house.database).run():
        pass

    assert total(house, measures.SIGN_IN) == 1500
    assert months(house) == added_up(house)


def test_counting_anew_gives_the_same_numbers(house):
    person(house, "one", LIXIA)
    for _ in range(3):
        write(house, "sign_in.succeeded", 3, account_id="one", method="sms")
        write(house, "oidc.code_issued", 2, account_id="one", client_id=PORTAL)
        clock.travel(timedelta(hours=20))
    count(house)
    write(house, "sign_in.succeeded", method="sms")
    Sealer(house.database, house.keyring).seal()  # sealed, and for the next round to count
    before, by_month = everything(house), months(house)

    rollup.rebuild(house.database, today() - timedelta(days=10))

    assert (everything(house), months(house)) == (before, by_month)
    with house.database.transaction() as db:
        db.query(StatisticsDay).update({"count": 7})
        db.query(StatisticsMonth).update({"count": 9})
    rollup.rebuild(house.database, today() - timedelta(days=40))
    assert (everything(house), months(house)) == (before, by_month)
    assert by_month == added_up(house)
    RollUp(house.database).run()
    assert total(house, measures.SIGN_IN) == 10
    with house.database.view() as db:
        assert db.scalar(select(func.count()).select_from(StatisticsMark)) == 1
