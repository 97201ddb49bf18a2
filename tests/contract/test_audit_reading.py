"""Reading a long trail on both databases: bounded searches, exports of a period, and readings of the whole by workers."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import ProgrammingError

from idp import models
from idp.audit import export, nearby, search
from idp.audit.models import AuditEntry, AuditVerification
from idp.audit.sealing import Sealer
from idp.audit.search import Wanted
from idp.audit.trail import Actor
from idp.audit.verifications import LeaseLost, Verifications
from idp.core import clock
from tests.contract.durable import Durable, durable, sqlite_url

assert models.ALL  # every table is known
AUDITOR = Actor("operator", "auditor")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Durable]:
    is_sqlite = request.param == "sqlite"
    url = sqlite_url(tmp_path) if is_sqlite else request.getfixturevalue("furnished_postgres_database")
    with durable(url) as made:
        yield made
    clock.travel_home()


def write(house: Durable, act: str, times: int = 1, **more: object) -> None:
    with house.database.quick() as db:
        for _ in range(times):
            house.trail.record(db, act, **more)


def walk(house: Durable, wanted: Wanted, *, size: int = 4, scan: int = 10) -> tuple[list[AuditEntry], int]:
    """Every entry that is found by going on to the end, and how many pages were cut short."""
    before, found, cuts = "", [], 0
    while True:
        with house.database.view() as db:
            page = search.page(db, wanted, before=before, size=size, scan=scan)
        found += page.entries
        cuts += page.is_cut
        if page.older is None:
            return found, cuts
        before = page.older


FILTERS = (
    {}, {"act": "sign_in"}, {"act": "sign_in.failed"}, {"act": "account"}, {"act": "none"}, {"outcome": "failure"},
    {"account_id": "one"}, {"account_id": "one", "act": "sign_in"}, {"actor_id": "one"}, {"actor_id": "officer"},
    {"actor_id": "guardian", "outcome": "success"}, {"client_id": "portal"}, {"client_id": "portal", "act": "account.frozen"},
    {"client_id": "portal", "act": "oidc.code_issued"}, {"client_id": "portal", "outcome": "failure"},
    {"actor_id": "portal"},
)  # fmt: skip


@pytest.fixture
def trail(house: Durable) -> Durable:
    for _ in range(6):
        write(house, "sign_in.succeeded", 3, account_id="one", method="sms")
        write(house, "sign_in.failed", 2, outcome="failure", account_id="two", method="sms")
        write(house, "oidc.code_issued", 4, account_id="one", client_id="portal")
        write(house, "oidc.client_refused", outcome="failure", client_id="portal", reason="secret")
        write(house, "account.frozen", actor=Actor("operator", "officer"), account_id="two", reason="x")
        write(house, "guardian.allowed", actor=Actor("citizen", "guardian"), account_id="one", client_id="portal")
    return house


@pytest.mark.parametrize("asked", FILTERS, ids=str)
def test_going_on_finds_everything_once_in_order_however_short_the_look(trail, asked):
    with trail.database.view() as db:
        everything = list(db.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())))

    def fits(entry: AuditEntry) -> bool:
        for name, value in asked.items():
            held = getattr(entry, name)
            if held != value and not (name == "act" and "." not in value and held.startswith(f"{value}.")):
                return False
        return True

    found, _ = walk(trail, Wanted(**asked))

    assert [entry.id for entry in found] == [entry.id for entry in everything if fits(entry)]


def test_a_rare_thing_is_looked_for_a_bounded_way_and_the_page_says_so(trail):
    write(trail, "oidc.code_refused", outcome="failure", account_id="three", client_id="portal")
    write(trail, "oidc.code_issued", 40, account_id="one", client_id="portal")

    with trail.database.view() as db:
        page = search.page(db, Wanted(client_id="portal", outcome="failure"), size=4, scan=10)

    assert page.entries == []
    assert page.is_cut
    assert page.older is not None


def test_a_period_is_exact(house):
    start = clock.now()
    for _ in range(4):
        write(house, "sign_in.succeeded", 2, method="sms")
        clock.travel(timedelta(hours=1))

    with house.database.view() as db:
        middle = search.page(db, Wanted(since=start + timedelta(minutes=30), until=start + timedelta(minutes=150)))
        first = search.page(db, Wanted(until=start + timedelta(minutes=30)))

    assert (len(middle.entries), len(first.entries)) == (4, 2)


def test_the_acts_of_a_trail_are_known_by_their_first_word(trail):
    with trail.database.view() as db:
        assert search.acts(db, "sign_in") == ["sign_in.failed", "sign_in.succeeded"]
        assert search.acts(db, "nothing") == []
        assert "guardian.allowed" in search.acts(db)


def test_an_export_of_a_period_holds_all_of_it_and_entries_that_were_written_late(house):
    start = clock.now()
    for hours in range(0, 10, 2):
        write(house, "sign_in.succeeded", 3, hour=hours, method="sms")
        clock.travel(timedelta(hours=2))
        if hours != 4:
            Sealer(house.database, house.keyring).seal()  # those of one hour are sealed with the next
    Sealer(house.database, house.keyring).seal()

    span = {"since": start + timedelta(hours=3), "until": start + timedelta(hours=7)}
    lines = [orjson.loads(line) for line in export.export(house.database, house.keyring, **span)]

    assert [line["details"]["hour"] for line in lines if line["type"] == "entry"] == [4, 4, 4, 6, 6, 6]
    assert lines[-1]["type"] == "signature"


def verifications(house: Durable) -> Verifications:
    return Verifications(house.database, house.keyring, house.trail, None)


def test_a_reading_is_asked_once_done_once_and_kept(house):
    write(house, "sign_in.succeeded", 5, method="sms")
    Sealer(house.database, house.keyring).seal()
    asked = []
    with house.database.transaction() as db:
        asked.append(verifications(house).ask(db, AUDITOR))
    with house.database.transaction() as db:
        asked.append(verifications(house).ask(db, AUDITOR))
    done: list[bool] = []
    workers = [threading.Thread(target=lambda: done.append(verifications(house).run_due())) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert asked == [True, False]
    assert sorted(done) == [False, False, True]
    with house.database.view() as db:
        (kept,) = verifications(house).latest(db)
    assert (kept.state, kept.asked_by, kept.seen) == ("done", "auditor", 5)
    assert kept.verdict is not None
    assert kept.verdict["count"] == 0


def test_a_reading_whose_worker_died_is_begun_anew_and_the_dead_one_writes_nothing(house, monkeypatch):
    write(house, "sign_in.succeeded", 5, method="sms")
    with house.database.transaction() as db:
        verifications(house).ask(db, AUDITOR)
        db.execute(update(AuditVerification).values(lease="dead", lease_until=clock.now() + timedelta(minutes=2)))
    assert not verifications(house).run_due()

    clock.travel(timedelta(minutes=3))
    assert verifications(house).run_due()

    with pytest.raises(LeaseLost):
        verifications(house)._note("dead", 3)


def test_one_entry_is_checked_with_its_neighbours(house):
    write(house, "sign_in.succeeded", 4, method="sms")
    Sealer(house.database, house.keyring).seal()

    def problems(seq: int) -> tuple[str, ...]:
        with house.database.view() as db:
            entry = db.scalars(select(AuditEntry).where(AuditEntry.seq == seq)).one()
            return nearby.check(db, house.keyring, entry).problems

    assert [problems(seq) for seq in (1, 2, 3, 4)] == [(), (), (), ()]
    with house.database.engine.begin() as connection:
        connection.execute(update(AuditEntry).where(AuditEntry.seq == 2).values(outcome="failure"))
    assert problems(2) == ("altered",)
    assert problems(4) == ()
    with house.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit_entries WHERE seq = 3")
    assert problems(4) == ("removed",)


GRANTS = """
REVOKE ALL ON audit_entries, audit_checkpoints FROM idp;
GRANT SELECT, INSERT, UPDATE (seq, chain) ON audit_entries TO idp;
GRANT SELECT, INSERT ON audit_checkpoints TO idp;
"""


@pytest.mark.postgres
def test_a_role_of_the_database_may_write_and_seal_and_nothing_else(fresh_postgres_database):
    """The statements of the decision, for a service that is not the owner of its tables."""
    told = (Path(__file__).parents[2] / "docs/decisions/0047-the-trail-is-counted-not-queried.md").read_text("utf-8")
    assert GRANTS.strip() in told
    with durable(fresh_postgres_database) as house:
        write(house, "sign_in.succeeded", 3, method="sms")
        role = f"service_{house.database.engine.url.database}"
        with house.database.engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE ROLE {role}; GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
            connection.exec_driver_sql(GRANTS.replace("idp", role))
        try:
            with house.database.engine.connect() as connection:
                connection.exec_driver_sql(f"SET ROLE {role}")
                connection.exec_driver_sql(
                    "UPDATE audit_entries SET seq = 7, chain = 'x' WHERE seq IS NULL AND id = 'no'"
                )
                for refused in (
                    "DELETE FROM audit_entries", "UPDATE audit_entries SET outcome = 'x'", "TRUNCATE audit_entries",
                    "DELETE FROM audit_checkpoints", "UPDATE audit_checkpoints SET chain = 'x'",
                ):  # fmt: skip
                    with pytest.raises(ProgrammingError, match="permission denied"), connection.begin_nested():
                        connection.exec_driver_sql(refused)
                connection.rollback()
        finally:
            with house.database.engine.begin() as connection:
                connection.exec_driver_sql(f"RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}")
