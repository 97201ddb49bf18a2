"""What operators set about the sources: which are off, which come first among equals, and what a check costs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Self

_NONE: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Preferences:
    """The settings in force; without any, sources stand in the order of their blocks and cost what those say."""

    version: int = 0
    order: tuple[str, ...] = ()
    off: frozenset[str] = frozenset()
    costs: Mapping[str, int] = field(default_factory=lambda: _NONE)
    """In fen, by source, where it is not what the block says."""

    @classmethod
    def of(cls, version: int, settings: Mapping[str, Any]) -> Self:
        """As they are kept."""
        return cls(
            version, tuple(settings.get("order", ())), frozenset(settings.get("off", ())), settings.get("costs", _NONE)
        )

    @property
    def settings(self) -> dict[str, Any]:
        """As they are kept: a JSON object that two versions can be compared by."""
        return {"order": list(self.order), "off": sorted(self.off), "costs": dict(sorted(self.costs.items()))}

    def is_on(self, source: str) -> bool:
        return source not in self.off

    def place(self, source: str) -> int:
        """Where it stands among those that operators put in order; behind them when they did not."""
        return self.order.index(source) if source in self.order else len(self.order)


ORDINARY = Preferences()
Preferring = Callable[[], Preferences]
"""Answers what is in force now."""
