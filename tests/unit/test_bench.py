"""The benchmark's own instruments: what they count must be what happened."""

import os
import socket
import subprocess
import sys
import threading

import pytest

from bench import memory, operations, report
from bench.accounting import Party, parent_of
from bench.report import Measured
from bench.turns import TurnCounter
from bench.wire import Connection, Unexpected, expect


def serve_once(*answers: bytes) -> int:
    """A server that answers each burst of its one client with the next of these."""
    listener = socket.create_server(("127.0.0.1", 0))

    def work() -> None:
        client, _ = listener.accept()
        with listener, client:
            for answer in answers:
                if not client.recv(65536):
                    return
                client.sendall(answer)
            client.recv(1)

    threading.Thread(target=work, daemon=True).start()
    return int(listener.getsockname()[1])


def test_a_burst_is_one_round_trip_however_much_it_holds():
    counter = TurnCounter(("127.0.0.1", serve_once(b"a", b"b")))
    with socket.create_connection(("127.0.0.1", counter.port)) as client:
        for expected in (b"a", b"b"):
            client.sendall(b"BEGIN; INSERT; COMMIT")
            assert client.recv(1) == expected
    counter.close()

    assert counter.turns == 2


def test_the_work_of_a_child_counts_for_its_party_while_it_runs_and_after_it_ended():
    party = Party("me", (os.getpid(),))
    before = party.cpu_seconds()

    burn = "import time\nwhile time.process_time() < 0.3: pass"
    with subprocess.Popen([sys.executable, "-c", burn]) as child:
        assert parent_of(child.pid) == os.getpid()
        child.wait()

    assert party.cpu_seconds() - before >= 0.28


def test_answers_with_a_length_and_in_chunks_are_read_whole():
    port = serve_once(
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 400 No\r\ntransfer-encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n",
    )
    connection = Connection(port, "localhost")
    first, second = connection.get("/"), connection.post("/", b"x=1")
    connection.close()

    assert (first.body, first.cookies()) == (b"abc", {"a": "b"})
    assert second.body == b"def"
    with pytest.raises(Unexpected):
        expect(second, 200)


def test_the_round_that_cost_least_is_kept():
    measured = Measured("production", "userinfo")
    for cost in (0.6, 0.4, 0.5):
        measured.take({"service": cost, "redis": 0.1}, per_second=100, done=10)

    assert measured.total == pytest.approx(0.5)
    assert measured.done == 30
    assert "userinfo" in report.table([measured], {"argon2_ms": 20.0})


def test_the_ratio_to_the_peer_is_of_the_least_rounds_and_of_rounds_that_ran_together():
    ours, peer = Measured("production", "refresh"), Measured("peer", "refresh")
    for mine, theirs in ((0.8, 0.8), (1.2, 0.6), (0.9, 1.0)):
        ours.take({"service": mine}, per_second=100, done=10)
        peer.take({"service": theirs}, per_second=100, done=10)

    told = report.table([ours, peer], {})

    assert "refresh                0.800   0.600    1.33    1.00   <= 0.9  missed" in told


def test_two_processes_are_compared_with_one():
    one, two = Measured("production", "refresh"), Measured("two", "refresh")
    one.take({"service": 1.0}, per_second=100, done=10)
    two.take({"service": 1.1}, per_second=190, done=10)

    assert "1.10 |        100     190    1.90" in report.table([one, two], {})


def test_memory_is_that_of_the_largest_process_below_the_root():
    grow = "import sys; kept = bytearray(60_000_000); print('grown', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", grow], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert memory.resident(child.pid) > 50
        child.communicate()

    assert "second half: +5.0 MiB (+5.0 %)" in memory.table([(0, 90.0), (50, 100.0), (100, 105.0)])


def test_a_caller_stops_when_what_was_prepared_is_used_up():
    class Asking:
        left = 3

        def once(self) -> None:
            if self.left == 0:
                raise operations.NothingLeft
            self.left -= 1

    assert operations.drive([Asking()], "once", seconds=5, at_most=100) == 3  # type: ignore[list-item]
