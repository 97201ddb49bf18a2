"""The service's figures for Prometheus: counted in every process, shown together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, PlatformCollector, ProcessCollector, values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import func, or_, select

from idp.audit.models import AuditEntry
from idp.core import clock, logging
from idp.core.errors import DatabaseUnavailable, StoreUnavailable
from idp.db.prepared import Prepared
from idp.db.unit_of_work import Database
from idp.outbox.models import OutboxMessage

# True when PROMETHEUS_MULTIPROC_DIR was set before this process began: figures live in files that all processes share.
_ARE_SHARED = values.ValueClass is not values.MutexValue

_log = logging.get("edge.metrics")
_own = CollectorRegistry()
_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_requests = Histogram(
    "idp_request_seconds",
    "Requests by endpoint and class of status",
    ("endpoint", "status"),
    buckets=_SECONDS,
    registry=_own,
)
_sign_ins = Counter("idp_sign_ins", "Sign-ins by method and outcome", ("method", "outcome"), registry=_own)
_proofs = Counter("idp_identity_checks", "Calls of identity sources by verdict", ("source", "verdict"), registry=_own)
_acts = Counter("idp_audited_acts", "Entries of the audit trail by act and outcome", ("act", "outcome"), registry=_own)
_tries = Counter("idp_outbox_tries", "Tries of deliveries by kind and outcome", ("kind", "outcome"), registry=_own)
_lag = Histogram(
    "idp_outbox_lag_seconds", "From the post of a message to its settlement", ("kind",),
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86400), registry=_own,
)  # fmt: skip
# Finding the child of a family by its labels costs as much as counting.
_children: dict[tuple[str, int], Histogram] = {}
_counted_acts: dict[tuple[str, str], Counter] = {}
if not _ARE_SHARED:
    ProcessCollector(registry=_own)
    PlatformCollector(registry=_own)

_WAITING = Prepared(
    select(OutboxMessage.state, func.count().label("count"), func.min(OutboxMessage.created_at).label("oldest"))
    .where(or_(OutboxMessage.state == "waiting", OutboxMessage.state == "dead"))
    .group_by(OutboxMessage.state)
)
_UNSEALED = Prepared(select(func.count().label("count")).select_from(AuditEntry).where(AuditEntry.seq.is_(None)))


def observe_request(endpoint: str, status: int, seconds: float) -> None:
    labels = (endpoint, status // 100)
    if (child := _children.get(labels)) is None:
        child = _children[labels] = _requests.labels(endpoint, f"{status // 100}xx")
    child.observe(seconds)


def observe_act(act: str, outcome: str, details: Mapping[str, Any]) -> None:
    """The trail's observer: sign-ins and identity checks are counted from what is audited anyway."""
    if (child := _counted_acts.get((act, outcome))) is None:
        child = _counted_acts[act, outcome] = _acts.labels(act, outcome)
    child.inc()
    if act.startswith("sign_in."):
        _sign_ins.labels(str(details.get("method", "other")), outcome).inc()
    elif act.startswith("identity.") and act != "identity.attempted":
        _proofs.labels(str(details.get("source", "")), str(details.get("verdict", act.partition(".")[2]))).inc()


def observe_delivery(kind: str, outcome: str, lag: float) -> None:
    """The worker's observer."""
    _tries.labels(kind, outcome).inc()
    if outcome != "retry":
        _lag.labels(kind).observe(lag)


class Standing:
    """What is read at the moment of asking: the outbox's backlog, unsealed audit entries, the breakers of the sources."""

    def __init__(self, database: Database, breakers: Mapping[str, Callable[[], str]]) -> None:
        self._database = database
        self._breakers = breakers

    def collect(self) -> Iterable[GaugeMetricFamily]:
        try:
            yield from self._of_the_database()
        except DatabaseUnavailable:
            _log.warning("figures_left_out", of="database")  # what is counted is shown all the same
        breakers = GaugeMetricFamily(
            "idp_breaker_open", "1 while a source is not asked because of trouble", labels=["source"]
        )
        for source, look in self._breakers.items():
            breakers.add_metric([source], _is_open(look))
        yield breakers

    def _of_the_database(self) -> Iterable[GaugeMetricFamily]:
        now = clock.now()
        with self._database.glance() as db:
            rows = {row.state: row for row in _WAITING(db)}
            (unsealed,) = _UNSEALED(db)
        backlog = GaugeMetricFamily("idp_outbox_messages", "Messages of the outbox by state", labels=["state"])
        age = GaugeMetricFamily("idp_outbox_oldest_seconds", "Age of the oldest message of a state", labels=["state"])
        for state in ("waiting", "dead"):
            row = rows.get(state)
            backlog.add_metric([state], row.count if row else 0)
            age.add_metric([state], _age(row.oldest, now) if row else 0)
        yield backlog
        yield age
        yield GaugeMetricFamily("idp_audit_unsealed", "Audit entries that wait to be sealed", value=unsealed.count)


def registry(standing: Sequence[Standing]) -> CollectorRegistry:
    """All figures: of every process where they are shared in a folder, else of this one."""
    shown = CollectorRegistry()
    if _ARE_SHARED:
        MultiProcessCollector(shown)  # type: ignore[no-untyped-call]
    else:
        shown.register(_own)
    for each in standing:
        shown.register(each)
    return shown


def _is_open(state: Callable[[], str]) -> float:
    try:
        return 0.0 if state() == "closed" else 1.0
    except StoreUnavailable:
        return 1.0


def _age(since: datetime, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds())
