"""What needs an operator now: every duty names its own, the first page asks those that the operator may look into."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from idp.edge.services import Services
from idp.staff.permissions import Permission
from idp.staff.sessions import SignedInOperator


@dataclass(frozen=True, slots=True)
class Need:
    """`count` answers how many wait within the operator's reach, in one bounded statement; nought is not shown.

    `endpoint` is where they are dealt with, with `filters` as its address has them; `is_urgent` puts it on top and in colour.
    """

    label: str
    permission: Permission
    endpoint: str
    count: Callable[[Session, Services, SignedInOperator], int]
    is_urgent: bool = False
    filters: Mapping[str, Any] = field(default_factory=dict)


MOST = 1000
"""Nobody counts further: the page shows `999+`."""
NEEDS: list[Need] = []


def register(need: Need) -> Need:
    """Make a need known; its module is named in `idp.admin.pages`."""
    NEEDS.append(need)
    return need
