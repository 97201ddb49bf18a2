"""The acts of the console that need a second person: what each is called, and what is done once it is allowed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from idp.edge.services import Services
from idp.staff.approvals import Allowed
from idp.staff.models import Approval
from idp.staff.sessions import SignedInOperator

Perform = Callable[[Session, Services, Allowed, SignedInOperator], None]


@dataclass(frozen=True, slots=True)
class SensitiveAct:
    """`name` is the act's code in the trail, `label` what people read.

    With `perform` it is done in the transaction of the second person's yes (a DomainError undoes that yes too); without,
    the asker is led to `goes_on(approval)`, an address of the console, and does it there by `Approvals.take`. `describe`
    answers rows of label and value for the second person, from the readable `summary` and the opened `payload`.
    """

    name: str
    label: str
    describe: Callable[[Services, Approval, dict[str, Any]], Sequence[tuple[str, str]]]
    perform: Perform | None = None
    goes_on: Callable[[Approval], str] | None = None
    hands_over: Callable[[Session, Services, Allowed], str] | None = None
    """Done in the transaction of the yes: answers a code that the second person alone sees, once, and gives to whom it is for."""
    not_before: Callable[[Approval], datetime | None] | None = None
    """When a worker is to do it instead; None for at once, in the transaction of the yes."""
    after: Callable[[Services], None] | None = None
    """Run once that is committed, such as waking the worker."""


ACTS: dict[str, SensitiveAct] = {}


def register(act: SensitiveAct) -> SensitiveAct:
    """Make an act known; its module is named in `idp.admin.pages`."""
    if act.name in ACTS or (act.perform is None) == (act.goes_on is None):
        raise ValueError(f"{act.name}: registered twice, or not either performed or gone on with")
    ACTS[act.name] = act
    return act
