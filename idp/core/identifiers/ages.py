"""Ages in completed years, and the two ages that the law knows (PIPL art. 31; identifiers are read in Beijing)."""

from datetime import date
from typing import Final

NEEDS_GUARDIAN_UNDER: Final = 14
ADULT: Final = 18


def age_on(born: date, day: date) -> int:
    """Completed years; someone born on 29 February completes a year on 1 March of a common year."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
