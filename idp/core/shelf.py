"""A shelf of bounded size for what can be had again: who was asked for longest ago goes first."""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")


class Shelf(Generic[T]):
    """Things by name, at most so many and together of at most such a weight; any thread may use it."""

    def __init__(self, most: int, heaviest: int) -> None:
        self._most = most
        self._heaviest = heaviest
        self._things: OrderedDict[str, tuple[T, int]] = OrderedDict()
        self._weight = 0
        self._lock = threading.Lock()

    def get(self, name: str) -> T | None:
        with self._lock:
            found = self._things.get(name)
            if found is None:
                return None
            self._things.move_to_end(name)
            return found[0]

    def put(self, name: str, thing: T, weight: int) -> T:
        """Keep it, or go on keeping what stands there under this name, unless that is the same with a new weight."""
        with self._lock:
            standing = self._things.get(name)
            if standing is not None and standing[0] is not thing:
                return standing[0]
            self._weight += weight - (standing[1] if standing is not None else 0)
            self._things[name] = thing, weight
            self._things.move_to_end(name)
            while self._things and (len(self._things) > self._most or self._weight > self._heaviest):
                _, (_, lighter) = self._things.popitem(last=False)
                self._weight -= lighter
            return thing

    def __len__(self) -> int:
        return len(self._things)

    @property
    def weight(self) -> int:
        return self._weight
