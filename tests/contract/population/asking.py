"""How the tests ask the adapter, and what they keep of it."""

import threading
from datetime import timedelta

from idp.core import clock
from idp.core.deadline import Deadline
from idp.core.http import HttpAnswer, HttpClient
from idp.core.identifiers import Document, DocumentKind
from idp.realname.ports import Applicant, Check
from tests.sandbox.served import ServedSandbox


def applicant(name: str, number: str) -> Applicant:
    """Somebody by name and resident number, possible or not."""
    return Applicant(name, Document(DocumentKind.RESIDENT_ID, number))


PERSON = applicant("测试甲", "370199198503070017")
ATTESTED = frozenset({"name", "resident_id"})


class RecordingHttp(HttpClient):
    """Sends for real and keeps what it sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, dict[str, str], bytes]] = []

    def request(self, method, url, *, headers, body, deadline, max_bytes=262_144) -> HttpAnswer:
        self.sent.append((url, dict(headers), body))
        return super().request(method, url, headers=headers, body=body, deadline=deadline, max_bytes=max_bytes)

    def paths(self) -> list[str]:
        return [url.partition("/proxy")[2] for url, _, _ in self.sent]


def ask(adapter: Check, applicant: Applicant = PERSON, seconds: float = 8):
    return adapter.verify(applicant, Deadline.after(seconds))


def at_once(count: int, work) -> list:
    results, gate = [], threading.Barrier(count)

    def run() -> None:
        gate.wait()
        results.append(work())

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def travel(sandbox: ServedSandbox, seconds: int) -> None:
    clock.travel(timedelta(seconds=seconds))
    sandbox.travel(seconds)
