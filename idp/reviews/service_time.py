"""How soon a human looks: so many working days for each kind of request, counted in Beijing.

Working days are Monday to Friday. The holidays of a year, and the weekends that are worked for them, are announced each
autumn and are not known here: around them a request is due earlier than people work, never later than promised.
"""

from datetime import datetime, timedelta
from typing import Final

from idp.core import clock

TARGETS: Final = {"organisation": 2, "document": 2, "guardianship": 3}
"""Working days, by kind of request."""
_DAY: Final = timedelta(days=1)
_WORKING: Final = 5


def due(kind: str, submitted_at: datetime) -> datetime:
    """The end of the last working day of the target, counted from the day after it was submitted."""
    day = submitted_at.astimezone(clock.BEIJING).replace(hour=18, minute=0, second=0, microsecond=0)
    left = TARGETS[kind]
    while left:
        day += _DAY
        left -= day.weekday() < _WORKING
    return day
