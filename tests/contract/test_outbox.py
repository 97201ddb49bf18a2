"""The outbox on both databases: nothing lost, nothing done twice at once, and nobody waits for a dead recipient."""

import http.server
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from idp.audit.models import AuditEntry
from idp.core import clock, logging
from idp.core.deadline import Deadline
from idp.outbox import leasing
from idp.outbox.chores import Chore
from idp.outbox.models import OutboxMessage
from idp.outbox.outbox import Dead, Delivered, Message, Retry
from idp.outbox.worker import Outcome, Pace, Worker
from tests.contract.durable import Durable, durable, sqlite_url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Durable]:
    is_sqlite = request.param == "sqlite"
    url = sqlite_url(tmp_path) if is_sqlite else request.getfixturevalue("furnished_postgres_database")
    with durable(url) as made:
        yield made
    clock.travel_home()


class Recipient:
    """Remembers what it got, answers what it was told to."""

    def __init__(self, *answers: Outcome | Exception) -> None:
        self.got: list[Message] = []
        self._answers = list(answers)

    def __call__(self, message: Message, deadline: Deadline) -> Outcome:
        self.got.append(message)
        answer = self._answers.pop(0) if self._answers else Delivered()
        if isinstance(answer, Exception):
            raise answer
        return answer


def post(house: Durable, count: int = 1, *, recipient: str = "portal", **kw: object) -> list[str]:
    with house.database.transaction() as db:
        return [
            house.outbox.post(db, "notice", recipient=recipient, payload={"n": n}, topic="t", **kw)  # type: ignore[arg-type]
            for n in range(count)
        ]


def worker(house: Durable, handler: Callable[[Message, Deadline], Outcome], **kw: object) -> Worker:
    return Worker(house.database, house.outbox, {"notice": handler}, trail=house.trail, **kw)  # type: ignore[arg-type]


def rows(house: Durable) -> list[OutboxMessage]:
    with house.database.view() as db:
        return list(db.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


def acts(house: Durable) -> Counter[str]:
    with house.database.view() as db:
        return Counter(db.scalars(select(AuditEntry.act)))


def test_a_message_is_delivered_once_and_forgotten(house):
    trace = logging.begin_trace()
    (message_id,) = post(house)
    recipient = Recipient()
    work = worker(house, recipient)

    assert work.run_once() == 1
    assert work.run_once() == 0

    (message,) = recipient.got
    assert (message.id, message.payload, message.tries, message.trace_id) == (message_id, {"n": 0}, 1, trace)
    (row,) = rows(house)
    assert (row.state, row.payload_sealed) == ("delivered", "")
    with house.database.view() as db:
        (delivery,) = house.outbox.deliveries(db, "t")
    assert (delivery.recipient, delivery.state, delivery.tries) == ("portal", "delivered", 1)
    assert acts(house) == {"notice.delivered": 1}


def test_a_post_shares_the_fate_of_its_act(house):
    def act_and_fail() -> None:
        with house.database.transaction() as db:
            house.outbox.post(db, "notice", recipient="portal", payload={})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        act_and_fail()
    assert rows(house) == []


def test_the_payload_is_sealed_and_an_altered_one_is_not_sent(house):
    with house.database.transaction() as db:
        house.outbox.post(db, "notice", recipient="gateway", payload={"to": "19900000001"})
    assert "19900000001" not in rows(house)[0].payload_sealed
    with house.database.engine.begin() as connection:
        connection.execute(text("UPDATE outbox_messages SET id = 'other'"))
    recipient = Recipient()

    worker(house, recipient).run_once()

    assert recipient.got == []
    assert (rows(house)[0].state, rows(house)[0].last_error) == ("dead", "payload_broken")


def test_a_failed_try_comes_again_later_and_later(house):
    post(house)
    recipient = Recipient(Retry("refused"), OSError("no"), Retry("timeout"))
    work = worker(house, recipient)
    waits = []
    for _ in range(3):
        assert work.run_once() == 1
        assert work.run_once() == 0
        row = rows(house)[0]
        waits.append((row.next_at - clock.now()).total_seconds())
        clock.travel(row.next_at - clock.now() + timedelta(milliseconds=1))

    assert 0.5 < waits[0] < waits[1] < waits[2] < 6
    assert rows(house)[0].last_error == "timeout"
    work.run_once()
    assert rows(house)[0].state == "delivered"
    assert len({m.id for m in recipient.got}) == 1
    assert [m.tries for m in recipient.got] == [1, 2, 3, 4]


def test_a_message_dies_when_its_handler_says_so(house):
    post(house)
    worker(house, Recipient(Dead("status_400")), acts={"notice": "logout"}).run_once()

    assert (rows(house)[0].state, rows(house)[0].last_error) == ("dead", "status_400")
    assert acts(house) == {"logout.dead": 1}


def test_a_message_dies_when_its_next_try_would_come_after_its_life(house):
    post(house, lifetime=timedelta(seconds=3))
    recipient = Recipient(*[Retry("refused")] * 9)
    work = worker(house, recipient)
    for _ in range(9):
        work.run_once()
        clock.travel(timedelta(seconds=1.5))

    assert rows(house)[0].state == "dead"
    assert 1 <= len(recipient.got) <= 3


def test_a_message_that_outlived_its_term_is_not_sent_at_all(house):
    post(house, lifetime=timedelta(minutes=5))
    clock.travel(timedelta(minutes=6))
    recipient = Recipient()

    worker(house, recipient).run_once()

    assert recipient.got == []
    assert rows(house)[0].last_error == "expired"


def test_a_message_dies_after_too_many_tries(house):
    post(house)
    work = worker(house, Recipient(*[Retry("refused")] * 9), pace=Pace(tries=3))
    for _ in range(5):
        work.run_once()
        clock.travel(timedelta(minutes=1))

    assert (rows(house)[0].state, rows(house)[0].tries) == ("dead", 3)


def test_messages_of_unknown_kinds_wait_for_a_worker_that_knows_them(house):
    with house.database.transaction() as db:
        house.outbox.post(db, "later", recipient="x", payload={})

    assert worker(house, Recipient()).run_once() == 0
    assert rows(house)[0].state == "waiting"


def test_a_lease_keeps_others_away_until_it_ends_and_a_late_result_does_not_count(house):
    post(house)
    take = {"kinds": {"notice"}, "without": set(), "each": 4, "at_most": 8, "term": timedelta(seconds=60)}
    (held,) = leasing.lease(house.database, clock.now(), **take)
    assert leasing.lease(house.database, clock.now(), **take) == []

    clock.travel(timedelta(seconds=61))
    (again,) = leasing.lease(house.database, clock.now(), **take)

    assert (again.id, again.tries) == (held.id, 2)
    with house.database.quick() as db:
        result = {"state": "delivered", "at": clock.now(), "next_at": clock.now(), "error": None}
        assert not leasing.settle(db, held, **result)
        assert leasing.settle(db, again, **result)


def test_many_workers_never_take_one_message_twice(house):
    for number in range(10):
        post(house, 6, recipient=f"site{number}")
    recipient = Recipient()
    workers = [worker(house, recipient) for _ in range(5)]
    start = threading.Barrier(len(workers))

    def run(work: Worker) -> None:
        start.wait()
        for _ in range(6):
            work.run_once()

    threads = [threading.Thread(target=run, args=(w,)) for w in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(Counter(m.id for m in recipient.got).values()) == {1: 60}
    assert acts(house) == {"notice.delivered": 60}


def test_a_recipient_that_hangs_does_not_delay_the_others(house):
    post(house, 30, recipient="dead")
    release = threading.Event()
    delivered = threading.Event()
    seen: list[str] = []

    def handler(message: Message, deadline: Deadline) -> Outcome:
        if message.recipient == "dead":
            release.wait(20)
            return Retry("timeout")
        seen.append(message.recipient)
        if len(seen) == 20:
            delivered.set()
        return Delivered()

    work, stop = worker(house, handler), threading.Event()
    thread = threading.Thread(target=work.run, args=(stop,))
    thread.start()
    try:
        time.sleep(0.2)
        post(house, 20, recipient="alive")
        work.wake()
        assert delivered.wait(10)
        assert len([r for r in rows(house) if r.recipient == "dead" and r.lease]) <= 4
    finally:
        stop.set()
        release.set()
        work.wake()
        thread.join()


def test_after_a_failure_a_recipient_rests_while_its_other_messages_keep_their_tries(house):
    post(house, 12, recipient="dead")
    recipient = Recipient(*[Retry("refused")] * 99)

    worker(house, recipient).run_once()

    assert len(recipient.got) == 4


def test_a_waking_worker_delivers_at_once_and_an_idle_one_rests(house):
    recipient = Recipient()
    work, stop = worker(house, recipient, pace=Pace(poll_seconds=6.0)), threading.Event()
    thread = threading.Thread(target=work.run, args=(stop,))
    thread.start()
    try:
        time.sleep(0.3)
        spent, began = time.process_time(), time.monotonic()
        time.sleep(0.7)
        assert (time.process_time() - spent) / (time.monotonic() - began) < 0.1
        post(house)
        work.wake()
        began = time.monotonic()
        while not recipient.got and time.monotonic() - began < 5:
            time.sleep(0.005)
        assert time.monotonic() - began < 2.5
    finally:
        stop.set()
        work.wake()
        thread.join()


def test_chores_run_beside_deliveries_and_one_that_fails_comes_round_again(house):
    runs: Counter[str] = Counter()
    enough = threading.Event()

    def count(name: str) -> int:
        runs[name] += 1
        if runs["bad"] > 1 and runs["good"] > 1:
            enough.set()
        if name == "bad":
            raise OSError("away")
        return 0

    chores = [Chore(name, timedelta(milliseconds=30), lambda name=name: count(name)) for name in ("bad", "good")]
    work, stop = worker(house, Recipient(), chores=chores), threading.Event()
    thread = threading.Thread(target=work.run, args=(stop,))
    thread.start()
    assert enough.wait(5)
    stop.set()
    work.wake()
    thread.join()


def test_settled_messages_are_purged_and_waiting_ones_kept(house):
    post(house)
    worker(house, Recipient()).run_once()
    post(house)
    clock.travel(timedelta(days=8))

    assert leasing.purge(house.database, clock.now() - timedelta(days=7)) == 1
    assert [row.state for row in rows(house)] == ["waiting"]


class Receiver(http.server.ThreadingHTTPServer):
    """A site that takes its time: what arrived, and what was answered."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.arrived: list[dict[str, object]] = []
        self.first = threading.Event()
        self.hold = threading.Event()
        self.effects: set[str] = set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.arrived.append(said)
        self.server.effects.add(str(said["id"]))  # the effect, keyed by the stable message id
        self.server.first.set()
        self.server.hold.wait(20)
        try:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
        except OSError:
            pass  # the worker was killed

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_of_a_delivery_loses_nothing_and_doubles_no_effect(house):
    receiver = Receiver()
    with house.database.transaction() as db:
        ids = {
            house.outbox.post(db, "notice", recipient=f"site{n % 3}", payload={"to": receiver.url}) for n in range(6)
        }
    killed = _start(house.url)
    try:
        assert receiver.first.wait(20)
        time.sleep(0.3)
    finally:
        killed.kill()
        killed.wait()
    assert {row.state for row in rows(house)} == {"waiting"}
    interrupted = {str(said["id"]) for said in receiver.arrived}
    receiver.hold.set()
    successor = _start(house.url)
    try:
        until = time.monotonic() + 30
        while {row.state for row in rows(house)} != {"delivered"} and time.monotonic() < until:
            time.sleep(0.1)
    finally:
        successor.kill()
        successor.wait()
        receiver.shutdown()
        receiver.server_close()

    assert {row.state for row in rows(house)} == {"delivered"}
    assert receiver.effects == ids
    tries = Counter(str(said["id"]) for said in receiver.arrived)
    assert all(tries[i] == (2 if i in interrupted else 1) for i in ids)
    assert acts(house) == {"notice.delivered": 6}


def _start(url: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.contract.killed_worker", url], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.stdout.close()
    return process
