"""How far an operator's duty reaches, as conditions that go into the query itself: a region's subtree, or named clients."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false, true
from sqlalchemy.orm import InstrumentedAttribute

from idp.core import regions

_Column = InstrumentedAttribute[Any] | ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class Reach:
    """`region` is a division of GB/T 2260, empty for the whole; `clients` limits to these sites, where it is given."""

    region: str = ""
    clients: frozenset[str] | None = None

    @property
    def is_whole(self) -> bool:
        return not self.region and self.clients is None

    def of_region(self, column: _Column) -> ColumnElement[bool]:
        """Rows of accounts, organisations and the like, by their division. A duty for named sites reaches none of them."""
        if self.clients is not None:
            return false()
        return self._inside(column)

    def of_client(self, client_id: _Column, region: _Column) -> ColumnElement[bool]:
        """Rows of relying sites, by their id and their department's division."""
        if self.clients is None:
            return self._inside(region)
        return and_(client_id.in_(sorted(self.clients)), self._inside(region))

    def _inside(self, column: _Column) -> ColumnElement[bool]:
        if not self.region:
            return true()
        first, behind = regions.subtree(self.region)
        return and_(column >= first, column < behind)


EVERYWHERE = Reach()
