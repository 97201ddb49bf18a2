"""The short-lived store on the embedded server and on a real Redis: records, single use, counters, and a dead server."""

import time
from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

import pytest

from idp.core.errors import StoreUnavailable
from idp.store.records import Record
from idp.store.redis import Store, open_store
from launcher import machine
from tests.contract.signing_in import race


@dataclass(frozen=True, slots=True)
class Note(Record):
    KIND: ClassVar[str] = "note"
    SECONDS: ClassVar[int] = 60

    text: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class OtherNote(Record):
    KIND: ClassVar[str] = "other_note"
    SECONDS: ClassVar[int] = 60

    text: str


def test_a_record_comes_back_as_it_went(store: Store) -> None:
    store.put("k", Note("汉字 \x00 \"'", 3))
    assert store.get(Note, "k") == Note("汉字 \x00 \"'", 3)
    assert store.get(OtherNote, "k") is None
    assert store.get(Note, "other") is None
    store.put("k", Note("", 0))
    assert store.get(Note, "k") == Note("", 0)
    store.delete(Note, "k")
    assert store.get(Note, "k") is None
    store.ping()


def test_an_older_shape_counts_as_absent(store: Store) -> None:
    @dataclass(frozen=True, slots=True)
    class Newer(Record):
        KIND: ClassVar[str] = "note"
        SECONDS: ClassVar[int] = 60

        title: str

    store.put("k", Note("x"))
    assert store.get(Newer, "k") is None


def test_a_record_ends_with_its_time(store: Store) -> None:
    store.put("k", Note("x"), seconds=1)
    time.sleep(1.2)
    assert store.get(Note, "k") is None
    assert store.replace("k", Note("y")) is False


def test_a_change_gives_no_longer_life(store: Store) -> None:
    store.put("k", Note("x"), seconds=1)
    assert store.replace("k", Note("y")) is True
    assert store.get(Note, "k") == Note("y")
    time.sleep(1.2)
    assert store.get(Note, "k") is None


def test_of_many_takers_one_gets_it(store: Store) -> None:
    store.put("k", Note("x"))
    results = race(lambda _n: store.take(Note, "k"), 16)
    assert Counter(type(each) for each in results) == {Note: 1, type(None): 15}


def test_of_many_adders_one_succeeds(store: Store) -> None:
    results = race(lambda n: store.add("k", Note("x", n)), 16)
    assert Counter(results) == {True: 1, False: 15}
    kept = store.get(Note, "k")
    assert kept is not None
    assert results[kept.count] is True


def test_a_counter_lets_exactly_its_limit_through(store: Store) -> None:
    results = race(lambda _n: store.hit("c", limit=5, period=60, now=1_000_000.0), 16)
    assert Counter(each == 0 for each in results) == {True: 5, False: 11}
    assert all(0 < wait <= 60 for wait in results if isinstance(wait, int) and wait)
    assert store.hit("another", limit=5, period=60, now=1_000_000.0) == 0


def test_a_window_slides(store: Store) -> None:
    start = 60.0 * 20_000
    for n in range(6):
        assert store.hit("c", limit=6, period=60, now=start + 50 + n) == 0
    assert store.hit("c", limit=6, period=60, now=start + 59) == 11
    assert store.hit("c", limit=6, period=60, now=start + 61) > 0  # a second later the window has barely moved
    assert store.hit("c", limit=6, period=60, now=start + 90) == 0
    assert store.hit("c", limit=6, period=60, now=start + 60 * 5) == 0


@pytest.mark.parametrize("limit", [1, 2, 3, 10])
@pytest.mark.parametrize("offset", [0, 1, 33.25, 59, 100.5, 119])
def test_the_answered_wait_is_as_long_as_it_takes(store: Store, limit: int, offset: float) -> None:
    now, period = 120.0 * 14_000_000 + offset, 120
    for _turn in range(3):
        waits = [store.hit("c", limit=limit, period=period, now=now + n * 0.01) for n in range(limit + 1)]
        told, at = waits[-1], now + limit * 0.01
        assert 0 < told <= 2 * period
        assert store.hit("c", limit=limit, period=period, now=at + told - 1.01) > 0, "it could have been sooner"
        assert store.hit("c", limit=limit, period=period, now=at + told) == 0, "it was promised"
        now = at + told + 7.75


def test_what_is_given_back_can_be_used_again(store: Store) -> None:
    start = 60.0 * 20_000 + 50
    for n in range(20):  # in the same window, and from the one before
        assert store.hit("c", limit=2, period=60, now=start + n) == 0
        store.give_back("c", period=60, now=start + n)
    assert [store.hit("c", limit=2, period=60, now=start + 30) for _ in range(3)][:2] == [0, 0]
    assert store.hit("c", limit=2, period=60, now=start + 30) > 0
    store.give_back("c", period=60, now=start + 600)  # long past, or never counted: nothing happens
    store.give_back("other", period=60, now=start)
    assert store.hit("c", limit=2, period=60, now=start + 30) > 0


def test_an_event_of_the_window_before_is_given_back_too(store: Store) -> None:
    start = 60.0 * 20_000
    assert store.hit("c", limit=2, period=60, now=start + 59) == 0
    assert store.hit("c", limit=2, period=60, now=start + 60) == 0
    assert store.hit("c", limit=2, period=60, now=start + 61) > 0
    store.give_back("c", period=60, now=start + 59)
    assert store.hit("c", limit=2, period=60, now=start + 61) == 0


def test_a_dead_server_is_not_an_empty_one() -> None:
    store = open_store(f"redis://127.0.0.1:{machine.free_port()}/0")
    began = time.monotonic()
    for work in (
        lambda: store.get(Note, "k"),
        lambda: store.take(Note, "k"),
        lambda: store.put("k", Note("x")),
        lambda: store.hit("c", limit=1, period=60, now=1.0),
        store.ping,
    ):
        with pytest.raises(StoreUnavailable):
            work()
    assert time.monotonic() - began < 5
