"""The audit trail on both databases: one transaction with the act, and every kind of tampering found and named."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from idp.audit import chain, export, search
from idp.audit.sealing import Sealer
from idp.audit.trail import Actor
from idp.audit.verification import Verdict, verify
from idp.core import clock, logging
from tests.contract.durable import Durable, durable, sqlite_url

EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Durable]:
    is_sqlite = request.param == "sqlite"
    url = sqlite_url(tmp_path) if is_sqlite else request.getfixturevalue("furnished_postgres_database")
    with durable(url) as made:
        yield made


def write(house: Durable, count: int, act: str = "sign_in.succeeded") -> None:
    with house.database.quick() as db:
        for number in range(count):
            house.trail.record(db, act, account_id="a" * 32, number=number, method="password")


def sealed(house: Durable, count: int = 12) -> Sealer:
    sealer = Sealer(house.database, house.keyring, checkpoint_entries=5, checkpoint_every=timedelta(days=1))
    write(house, count // 2)
    sealer.seal()
    write(house, count - count // 2)
    sealer.seal()
    return sealer


def sql(house: Durable, statement: str, **values: Any) -> list[Any]:
    """What somebody with the database's password can do."""
    with house.database.engine.begin() as connection:
        result = connection.execute(text(statement), values)
        return list(result) if result.returns_rows else []


def check(house: Durable, **kw: Any) -> Verdict:
    return verify(house.database, house.keyring, **kw)


def kinds(verdict: Verdict) -> set[str]:
    return {problem.kind for problem in verdict.problems}


def id_at(house: Durable, seq: int) -> str:
    return str(sql(house, "SELECT id FROM audit_entries WHERE seq = :seq", seq=seq)[0][0])


def test_an_untouched_trail_is_sound(house):
    sealed(house, 12)
    write(house, 3)

    verdict = check(house)

    assert verdict.is_sound
    assert (verdict.sealed, verdict.unsealed, verdict.checkpoints) == (12, 3, 2)


def test_an_empty_trail_is_sound(house):
    Sealer(house.database, house.keyring).seal()

    assert check(house).is_sound


def test_an_entry_shares_the_fate_of_its_act(house):
    def freeze_and_fail() -> None:
        with house.database.transaction() as db:
            house.trail.record(db, "account.frozen", actor=Actor("operator", "o"), account_id="a" * 32)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        freeze_and_fail()

    assert sql(house, "SELECT count(*) FROM audit_entries")[0][0] == 0


def test_an_entry_says_who_did_what_on_which_trace(house):
    trace = logging.begin_trace()
    with house.database.transaction() as db:
        house.trail.record(
            db, "client.secret_added", actor=Actor("operator", "op1"), client_id="portal", kids=["a", "b"]
        )
        house.trail.record(db, "oidc.tokens_issued", client_id="portal")
        house.trail.record(db, "key.rotated")
    with house.database.view() as db:
        system, client, operator = search.page(db, search.Wanted(trace_id=trace)).entries

    assert (operator.actor_kind, operator.actor_id, operator.details) == ("operator", "op1", {"kids": ["a", "b"]})
    assert (client.actor_kind, client.actor_id) == ("client", "portal")
    assert (system.actor_kind, system.actor_id) == ("system", None)


@pytest.mark.parametrize(
    "change",
    [
        "act = 'sign_in.failed'",
        "outcome = 'failure'",
        "account_id = 'b'",
        "actor_id = NULL",
        "client_id = 'portal'",
        "session_id = 's'",
        "trace_id = 't'",
        "details = '{}'",
        "mac = 'x'",
    ],
)
def test_an_altered_entry_is_named(house, change):
    sealed(house)
    sql(house, f"UPDATE audit_entries SET {change} WHERE seq = 4")

    verdict = check(house)

    assert [(p.kind, p.where, p.seq) for p in verdict.problems] == [("altered", id_at(house, 4), 4)]


def test_an_entry_moved_in_time_is_named(house):
    sealed(house)
    earlier = "datetime(at, '-1 hour')" if house.url.startswith("sqlite") else "at - interval '1 hour'"
    sql(house, f"UPDATE audit_entries SET at = {earlier} WHERE seq = 4")

    assert [(p.kind, p.seq) for p in check(house).problems] == [("altered", 4)]


def test_rows_that_cannot_even_be_read_are_named(house):
    sealed(house)
    if house.url.startswith("sqlite"):
        sql(house, "UPDATE audit_entries SET at = 'yesterday' WHERE seq = 3")
        sql(house, "UPDATE audit_entries SET details = '{' WHERE seq = 9")
    else:
        sql(house, """UPDATE audit_entries SET details = '[1]' WHERE seq IN (3, 9)""")

    assert [(p.kind, p.seq) for p in check(house).problems] == [("altered", 3), ("altered", 9)]


def test_a_removed_entry_is_named(house):
    sealed(house)
    sql(house, "DELETE FROM audit_entries WHERE seq = 4")

    assert [(p.kind, p.where) for p in check(house).problems] == [("removed", "4")]


def test_several_removed_and_altered_entries_are_all_named(house):
    sealed(house)
    sql(house, "DELETE FROM audit_entries WHERE seq IN (2, 3, 8)")
    sql(house, "UPDATE audit_entries SET outcome = 'failure' WHERE seq IN (4, 11)")

    found = [(p.kind, p.seq) for p in check(house).problems]

    assert found == [("removed", 2), ("altered", 4), ("removed", 8), ("altered", 11)]


def test_a_gap_that_was_closed_by_renumbering_is_found(house):
    sealed(house)
    sql(house, "DELETE FROM audit_entries WHERE seq = 4")
    for seq in range(5, 13):
        sql(house, "UPDATE audit_entries SET seq = :new WHERE seq = :old", new=seq - 1, old=seq)

    verdict = check(house)

    assert ("misplaced", 4) in {(p.kind, p.seq) for p in verdict.problems}
    assert "truncated" in kinds(verdict)


def test_entries_that_changed_places_are_named(house):
    sealed(house)
    swapped = {id_at(house, 3), id_at(house, 8)}
    sql(house, "UPDATE audit_entries SET seq = 999 WHERE seq = 3")
    sql(house, "UPDATE audit_entries SET seq = 3 WHERE seq = 8")
    sql(house, "UPDATE audit_entries SET seq = 8 WHERE seq = 999")

    assert swapped <= {p.where for p in check(house).problems if p.kind == "misplaced"}


COPY = (
    "INSERT INTO audit_entries (id, at, act, outcome, actor_kind, actor_id, account_id, client_id, session_id, trace_id,"
    " details, mac, seq, chain) SELECT :id, at, act, outcome, actor_kind, actor_id, account_id, client_id, session_id,"
    " trace_id, details, mac, :seq, :chain FROM audit_entries WHERE seq = 5"
)


def test_an_entry_put_in_by_hand_is_named_before_and_after_it_is_sealed(house):
    sealer = sealed(house)
    sql(house, COPY, id="0" * 32, seq=None, chain=None)

    assert [(p.kind, p.where) for p in check(house).problems] == [("forged", "0" * 32)]
    sealer.seal()
    assert [(p.kind, p.where, p.seq) for p in check(house).problems] == [("forged", "0" * 32, 13)]


def test_an_entry_put_at_the_end_of_the_chain_by_hand_is_named(house):
    sealer = sealed(house)
    before = sql(house, "SELECT chain FROM audit_entries WHERE seq = 12")[0][0]
    sql(house, COPY, id="0" * 32, seq=13, chain=before)

    assert "0" * 32 in {p.where for p in check(house).problems}
    write(house, 2)
    sealer.seal()
    verdict = check(house)
    assert "0" * 32 in {p.where for p in verdict.problems}
    assert "head_forged" in kinds(verdict)  # the service itself recorded that the chain had grown by another hand


def test_a_cut_tail_is_found_and_stays_found(house):
    sealer = sealed(house)
    sql(house, "DELETE FROM audit_entries WHERE seq > 9")

    assert [(p.kind, p.where) for p in check(house).problems] == [("truncated", "10-12")]
    write(house, 2)
    sealer.seal()
    assert [(p.kind, p.where) for p in check(house).problems] == [("removed", "10-12")]


def test_a_cut_tail_is_found_when_the_head_was_turned_back_too(house):
    sealer = sealed(house)
    end = sql(house, "SELECT chain FROM audit_entries WHERE seq = 9")[0][0]
    sql(house, "DELETE FROM audit_entries WHERE seq > 9")
    sql(house, "DELETE FROM audit_checkpoints WHERE seq > 9")
    sql(house, "UPDATE audit_head SET seq = 9, chain = :chain, checkpoint_seq = 6", chain=end)

    assert kinds(check(house)) == {"head_forged"}
    write(house, 2)
    sealer.seal()
    assert "head_forged" in kinds(check(house))


def test_a_head_restored_from_an_older_copy_is_found_by_the_checkpoints_or_by_a_noted_head(house):
    sealer = sealed(house)
    columns = "seq, chain, checkpoint_seq, checkpoint_at, mac"
    old = sql(house, f"SELECT {columns} FROM audit_head")[0]._mapping
    write(house, 8)
    sealer.seal()
    noted = check(house).head
    sql(house, "DELETE FROM audit_entries WHERE seq > 12")
    sql(house, f"UPDATE audit_head SET {', '.join(f'{c} = :{c}' for c in columns.split(', '))}", **old)

    assert kinds(check(house)) == {"truncated"}
    sql(house, "DELETE FROM audit_checkpoints WHERE seq > 12")
    assert kinds(check(house, expected_head=noted)) == {"truncated"}


def test_a_removed_head_is_found_and_sealing_goes_on(house):
    sealer = sealed(house)
    sql(house, "DELETE FROM audit_head")

    assert kinds(check(house)) >= {"head_forged"}
    write(house, 1)
    assert sealer.seal() >= 1
    assert "head_forged" in kinds(check(house))


@pytest.mark.parametrize("change", ["chain = 'x'", "signature = 'a.b.c'", "seq = 7", "kid = 'k'"])
def test_a_forged_checkpoint_is_named(house, change):
    sealed(house)
    sql(house, f"UPDATE audit_checkpoints SET {change} WHERE seq = 6")

    verdict = check(house)

    assert change.startswith("kid") or "checkpoint_forged" in kinds(verdict)


def test_a_removed_checkpoint_is_named(house):
    sealed(house, 12)
    sql(house, "DELETE FROM audit_checkpoints WHERE seq = 6")

    assert kinds(check(house)) == {"checkpoint_removed"}


def test_a_checkpoint_signed_by_a_key_put_in_by_hand_is_not_trusted(house):
    sealed(house)
    sql(house, "UPDATE audit_keys SET private_sealed = '1.x.AAAA'")

    with pytest.raises(LookupError):
        check(house)


def test_a_chain_that_was_computed_anew_is_found_by_the_signatures(house):
    """Without the audit key one can rebuild the chain around a removed entry, but not what was signed of it."""
    sealed(house)
    sql(house, "DELETE FROM audit_entries WHERE seq = 4")
    with house.database.transaction() as db:
        from idp.audit.entry import canonical
        from idp.audit.models import AuditEntry

        value = chain.GENESIS
        for seq, entry in enumerate(db.query(AuditEntry).order_by(AuditEntry.seq).all(), 1):
            value = chain.link(value, canonical(entry), entry.mac)
            entry.seq, entry.chain = seq, value
            db.flush()

    assert kinds(check(house)) == {"diverged", "truncated"}


def test_an_entry_that_was_committed_late_is_sealed_when_it_is_found(house):
    sealer = Sealer(house.database, house.keyring)
    if house.url.startswith("sqlite"):  # one writer at a time: an id from the past stands for the late commit
        with house.database.quick() as db:
            clock.travel(timedelta(seconds=-5))
            house.trail.record(db, "late.one")
            clock.travel_home()
            write_id = "late"
        sealer.seal()
        write(house, 1)
    else:
        with house.database.transaction() as slow:
            house.trail.record(slow, "late.one")
            write(house, 3)
            assert sealer.seal() == 3
        write_id = "late"
    sealer.seal()

    assert write_id
    assert check(house).is_sound
    assert check(house).unsealed == 0


def test_many_sealers_at_once_make_one_chain(house):
    write(house, 40)
    start = threading.Barrier(6)
    failures: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        start.wait()
        try:
            for _ in range(8):
                work()
        except BaseException as failure:
            failures.append(failure)

    sealers = [Sealer(house.database, house.keyring, checkpoint_entries=7) for _ in range(4)]
    threads = [threading.Thread(target=run, args=(s.seal,)) for s in sealers]
    threads += [threading.Thread(target=run, args=(lambda: write(house, 5),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    Sealer(house.database, house.keyring).seal()

    verdict = check(house)
    assert failures == []
    assert verdict.is_sound
    assert verdict.sealed == 120


def test_a_checkpoint_is_due_after_so_many_entries_or_so_much_time(house):
    sealer = Sealer(house.database, house.keyring, checkpoint_entries=10, checkpoint_every=timedelta(minutes=5))
    write(house, 4)
    sealer.seal()
    assert check(house).checkpoints == 0
    clock.travel(timedelta(minutes=6))
    try:
        sealer.seal()
        assert check(house).checkpoints == 1
        sealer.seal()
        clock.travel(timedelta(minutes=6))
        sealer.seal()
        assert check(house).checkpoints == 1  # nothing new to sign
    finally:
        clock.travel_home()


def test_an_export_is_signed_and_any_change_breaks_it(house):
    sealed(house)
    with house.database.view() as db:
        signer = chain.AuditSigner(db, house.keyring)
    lines = list(export.export(house.database, house.keyring, since=EVER[0], until=EVER[1]))

    entries = [orjson.loads(line) for line in lines[1:-1]]
    assert [entry["seq"] for entry in entries] == list(range(1, 13))
    assert export.is_genuine(iter(lines), signer)
    assert not export.is_genuine(iter(lines[:3] + lines[4:]), signer)
    assert not export.is_genuine(iter(lines[:-1]), signer)
    assert not export.is_genuine(iter([lines[0].replace(b"export", b"exporT"), *lines[1:]]), signer)


def test_the_trail_is_searched_by_pages(house):
    write(house, 7)
    write(house, 2, act="sign_in.failed")
    with house.database.view() as db:
        first = search.page(db, search.Wanted(act="sign_in"), size=5)
        second = search.page(db, search.Wanted(act="sign_in"), size=5, before=first.older)
        failed = search.page(db, search.Wanted(act="sign_in.failed"))
        none = search.page(db, search.Wanted(since=clock.now() + timedelta(hours=1)))

    assert [len(found.entries) for found in (first, second, failed, none)] == [5, 4, 2, 0]
    assert {e.id for e in first.entries}.isdisjoint(e.id for e in second.entries)
