"""How a site does, over the API: its sign-ins and errors by day, its last errors with their trace ids, and its deliveries."""

from datetime import date, datetime

from idp.edge.described import Model, Unfit
from idp.edge.services import services
from idp.sites import deliveries, errors_seen
from idp.sites.tokens import Scope
from idp.statistics import measures, reading, small
from idp.workbench.api.door import change, database, holder, mine, route
from idp.workbench.api.sites import After

_LONGEST_PERIOD = 400


class DayShown(Model):
    """`is_small`: too few people to be told how many."""

    day: date
    measure: str
    count: int | None
    is_small: bool


class DaysShown(Model):
    days: list[DayShown]


class DaysAsked(Model):
    since: date
    until: date


class ErrorShown(Model):
    """`sent` stands beside what is `registered`; `times` is how often it was noted, which is at most once a second."""

    code: str
    sent: str
    registered: str
    trace_id: str
    times: int
    at: datetime


class ErrorsShown(Model):
    errors: list[ErrorShown]


class DeliveryShown(Model):
    id: str
    kind: str
    state: str
    tries: int
    last_error: str | None
    created_at: datetime
    next_at: datetime | None
    settled_at: datetime | None
    trace_id: str
    may_be_sent_again: bool


class DeliveriesPage(Model):
    deliveries: list[DeliveryShown]
    next: str | None


class DeliveriesAsked(Model):
    after: After = ""


class SentAgain(Model):
    id: str


@route("/sites/<client_id>/statistics", Scope.READ, DaysShown, tag="statistics")
def site_statistics(client_id: str, query: DaysAsked) -> DaysShown:
    """How often people signed in at the site, and how often it made an error, by day; days of nothing are left out."""
    if (query.until - query.since).days > _LONGEST_PERIOD:
        raise Unfit(f"until: at most {_LONGEST_PERIOD} days after since")
    counted: dict[tuple[date, str], int] = {}
    with database().view() as db:
        mine(db, client_id)
        for measure in (measures.SITE_SIGN_IN, measures.SITE_ERROR):
            for each in reading.days(db, measure, since=query.since, until=query.until, client_id=client_id):
                counted[each.day, measure] = counted.get((each.day, measure), 0) + each.count
    return DaysShown(days=[_day(day, measure, count) for (day, measure), count in sorted(counted.items())])


@route("/sites/<client_id>/errors", Scope.READ, ErrorsShown, tag="errors")
def site_errors(client_id: str) -> ErrorsShown:
    """The last errors, the newest first. The workbench says of each what it means and how to mend it."""
    with database().view() as db:
        mine(db, client_id)
        seen = errors_seen.latest(db, client_id)
    return ErrorsShown(
        errors=[
            ErrorShown(
                code=each.code, sent=each.sent, registered=each.registered, trace_id=each.trace_id, times=each.times,
                at=each.at,
            )
            for each in seen
        ]
    )  # fmt: skip


@route("/sites/<client_id>/deliveries", Scope.READ, DeliveriesPage, tag="deliveries")
def site_deliveries(client_id: str, query: DeliveriesAsked) -> DeliveriesPage:
    """What was sent to the site without its asking, of a week, the last first."""
    with database().view() as db:
        mine(db, client_id)
        found = deliveries.listing(db, client_id, after=query.after)
    return DeliveriesPage(
        deliveries=[
            DeliveryShown(
                id=each.id, kind=each.kind, state=each.state, tries=each.tries, last_error=each.last_error,
                created_at=each.created_at, next_at=each.next_at, settled_at=each.settled_at, trace_id=each.trace_id,
                may_be_sent_again=each.may_be_sent_again,
            )
            for each in found.rows
        ],
        next=found.next,
    )  # fmt: skip


@route(
    "/sites/<client_id>/deliveries/<message_id>/again", Scope.WRITE, SentAgain, method="POST", tag="deliveries",
    status=201,
)  # fmt: skip
def site_delivery_again(client_id: str, message_id: str) -> tuple[SentAgain, int]:
    """Post the same anew, once, with an id and so a `jti` of its own."""
    everything = services()
    with change(client_id) as db:
        again = deliveries.send_again(
            db, everything.outbox, everything.trail, client_id, message_id, actor=holder().actor
        )  # fmt: skip
    everything.worker.wake()
    return SentAgain(id=again), 201


def _day(day: date, measure: str, count: int) -> DayShown:
    """The workbench's page draws the same line: below it nobody is counted out."""
    is_small = count < small.SMALL
    return DayShown(day=day, measure=measure, count=None if is_small else count, is_small=is_small)
