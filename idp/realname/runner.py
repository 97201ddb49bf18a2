"""Runs one adapter once: breaker before, deadline around, and nothing but the four outcomes afterwards."""

from idp.core import clock, logging
from idp.core.deadline import Deadline
from idp.realname.breaker import Breaker
from idp.realname.ports import Applicant, Check, Outcome, Unavailable
from idp.store.redis import Store

ANSWER_SECONDS = 10.0
_log = logging.get("realname.runner")


def run(store: Store, adapter: Check, applicant: Applicant, deadline: Deadline) -> Outcome:
    """The adapter's outcome; trouble of any kind is Unavailable, never a pass and never a refusal."""
    breaker = Breaker(store, adapter.source)
    if not breaker.admits():
        return Unavailable("breaker_open")
    began = clock.monotonic()
    try:
        outcome = adapter.verify(applicant, deadline.within(ANSWER_SECONDS))
    except Exception as broken:  # noqa: BLE001 - whatever an adapter raises, it is no proof
        _log.error("adapter_failed", source=adapter.source, exc_info=broken)
        outcome = Unavailable(f"failed:{type(broken).__name__}"[:64])
    if isinstance(outcome, Unavailable):
        breaker.failed()
    else:
        breaker.succeeded()
    _log.info(
        "adapter_called",
        source=adapter.source,
        channel=adapter.channel,
        outcome=type(outcome).__name__,
        request=outcome.request_number,
        ms=round((clock.monotonic() - began) * 1000),
    )
    return outcome
