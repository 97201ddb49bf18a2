"""Test calls: a question about nobody, asked of a source on an operator's word, and which of our settings its answer blames.

It goes past breaker and evidence: it proves nothing, is counted nowhere, and may be made while the source is off.
"""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Final

from idp.audit.trail import Actor, Trail
from idp.core import clock, ids
from idp.core.deadline import Deadline
from idp.core.errors import DomainError
from idp.core.http import HttpClient
from idp.db.unit_of_work import Database
from idp.realname.ports import Fault, Source, Trouble, Unavailable
from idp.realname.watch import questions, reachability
from idp.realname.watch.questions import Question
from idp.store.records import Record
from idp.store.redis import Store

PER_MINUTE: Final = 6
_SECONDS: Final = 12.0
_ANSWER_SECONDS: Final = 6.0
_TRANSPORT: Final = {
    "unresolved": Fault.UNRESOLVED,
    "refused": Fault.REFUSED,
    "timeout": Fault.TIMEOUT,
    "tls": Fault.TLS,
    "forbidden_address": Fault.REFUSED,
}
_OF_CLOCKS: Final = frozenset({Fault.SECRET, Fault.CLOCK, Fault.UNEXPECTED})
"""What a wrong clock looks like to those who check a signature."""


class TooManyTrials(DomainError):
    code = "too_many_trials"
    status = 429
    sentence = "测试调用太频繁，每个身份源每分钟最多六次，请稍后再试。"


@dataclass(frozen=True, slots=True)
class TrialResult(Record):
    """What came of one, for the page to show: each machine, each question, and what is to be looked at."""

    KIND: ClassVar[str] = "source_trial"
    SECONDS: ClassVar[int] = 900

    source: str
    at: float
    machines: list[dict[str, Any]]
    answers: list[dict[str, Any]]

    @property
    def is_well(self) -> bool:
        return all(each["fault"] is None for each in (*self.machines, *self.answers))


class Trials:
    """Made one at a time, six a minute for each source, each in the trail."""

    def __init__(self, database: Database, store: Store, trail: Trail, http: HttpClient, issuer: str) -> None:
        self._database = database
        self._store = store
        self._trail = trail
        self._http = http
        self._issuer = issuer

    def make(self, source: Source, *, actor: Actor) -> str:
        """Ask as `run` does; the handle by which the result is found for a quarter of an hour."""
        handle = ids.new_id()
        self._store.put(handle, self.run(source, actor=actor))
        return handle

    def run(self, source: Source, *, actor: Actor) -> TrialResult:
        """Ask everything that the source is for; TooManyTrials beyond six a minute."""
        now = clock.now().timestamp()
        if wait := self._store.hit(f"source_trial:{source.name}", limit=PER_MINUTE, period=60, now=now):
            raise TooManyTrials(retry_after=wait)
        with self._database.transaction() as db:
            self._trail.record(db, "source.test_asked", actor=actor, source=source.name)
        result = self._result(source, now)
        with self._database.transaction() as db:
            self._trail.record(
                db, "source.tested", outcome="success" if result.is_well else "failure", actor=actor,
                source=source.name, answers=[f"{each['asked']}={each['answer']}" for each in result.answers],
                troubles=_troubles(result),
            )  # fmt: skip
        return result

    def find(self, handle: str, source: str) -> TrialResult | None:
        found = self._store.get(TrialResult, handle)
        return found if found is not None and found.source == source else None

    def _result(self, source: Source, now: float) -> TrialResult:
        deadline = Deadline.after(_SECONDS)
        machines = reachability.of(source, self._http, deadline)
        skew = max((each.skew for each in machines if each.skew is not None), key=abs, default=0)
        asked = [_asked(source, each, deadline, skew) for each in questions.of(source, self._issuer)]
        return TrialResult(source.name, now, [_machine(each) for each in machines], asked)


def _asked(source: Source, question: Question, deadline: Deadline, skew: int) -> dict[str, Any]:
    began = clock.monotonic()
    try:
        answer = question.ask(deadline.within(_ANSWER_SECONDS))
    except Exception as broken:  # noqa: BLE001 - whatever an adapter raises, it is what the test found
        answer = Unavailable(f"failed:{type(broken).__name__}"[:64])
    took = round((clock.monotonic() - began) * 1000)
    trouble = _trouble(source, question.asked, answer, skew) if isinstance(answer, Unavailable) else None
    said = getattr(answer, "reason", "")
    return {
        "asked": question.asked, "answer": ":".join(filter(None, (type(answer).__name__, str(said)))), "took_ms": took,
        **_told(trouble),
    }  # fmt: skip


def _trouble(source: Source, asked: str, answer: Unavailable, skew: int) -> Trouble:
    found = _of_transport(source, answer.reason)
    if found is None and source.configured is not None:
        found = source.configured.diagnose(answer.reason, asked)
    found = found or _of_status(answer.reason)
    if found.fault in _OF_CLOCKS and abs(skew) > reachability.SKEW_SECONDS:
        return Trouble(Fault.CLOCK, found.members)
    return found


def _of_transport(source: Source, reason: str) -> Trouble | None:
    fault = _TRANSPORT.get(reason.rpartition(":")[2])
    members = source.configured.members.values() if source.configured is not None else ()
    return Trouble(fault, tuple(members)) if fault is not None else None


def _of_status(reason: str) -> Trouble:
    """What HTTP itself says, for adapters that know no better."""
    status = reason.rpartition("http_")[2]
    if status in {"401", "403"}:
        return Trouble(Fault.SECRET)
    if status == "404":
        return Trouble(Fault.ADDRESS)
    if status == "429":
        return Trouble(Fault.QUOTA)
    return Trouble(Fault.DOWN if status.startswith("5") and len(status) == 3 else Fault.UNEXPECTED)


def _machine(each: reachability.Reached) -> dict[str, Any]:
    told = {name: value for name, value in asdict(each).items() if name != "trouble"}
    return told | _told(each.trouble)


def _told(trouble: Trouble | None) -> dict[str, Any]:
    return (
        {"fault": trouble.fault.value, "members": list(trouble.members)} if trouble else {"fault": None, "members": []}
    )


def _troubles(result: TrialResult) -> list[str]:
    found = ((each["fault"], each["members"]) for each in (*result.machines, *result.answers) if each["fault"])
    return list(dict.fromkeys(f"{fault}:{','.join(members)}" for fault, members in found))
