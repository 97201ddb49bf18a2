"""Counts of few people: what is told of one to those from whom small numbers are hidden."""

from typing import Any

from sqlalchemy import ColumnElement

# People of one county at one site are few: a count of two is two neighbours, and with what else is known of them it tells who
# went to the clinic's site that day. Who works for a region sees such a cell only from here on, and in steps of as many
# (PIPL art. 6 and 51): a city less its other counties, or a week less six of its days, would tell the small number otherwise.
SMALL = 5


def told(count: int) -> int:
    """What a day tells of a site: its number in whole steps. Months keep the sum of this, so that they tell no more."""
    return count - count % SMALL


def told_sql(count: Any) -> ColumnElement[int]:
    """The same as SQL."""
    wanted: ColumnElement[int] = count - count % SMALL
    return wanted
