"""The level scales of other platforms, as tables: what each of their levels proves here, and how ours is told to them.

Some count the other way round, some tell apart what we do not: a level is looked up, never computed. Both directions keep
"at least": what they say proves no more than their table promises, and what we tell them promises no more than we know.

| scale      | level → IAL                                                | where from                                       |
|------------|------------------------------------------------------------|--------------------------------------------------|
| `zj`       | 1 → 0, 2 → 1, 3 → 2                                        | Zhejiang, natural persons: their guide           |
| `zj_legal` | 4 → 0, 3 → 1, 2 → 3, 1 → 3 by certificate or licence       | Zhejiang, legal persons: their guide, 1 is best  |
| `gd`       | 2 → 0, 3 → 1, 4 → 2, 5 → 3                                 | Guangdong: their guide                           |
| `gj`       | 1 → 0, 2 → 0, 3 → 1, 4 → 2                                 | the national app, as client programs describe it |
| `bj`       | L1 → 1, L2 → 2, L3 → 3                                     | Beijing certificates: assumed to count as ours   |
"""

from dataclasses import dataclass, field
from typing import Final, Literal

CERTIFICATE, LICENCE = "certificate", "licence"
"""Means that a scale may tell apart where ours does not."""

ScaleName = Literal["zj", "gd", "gj", "bj"]
"""The scales of natural persons, in which a site may be told of a sign-in."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One level of a scale; `only_by` names the means of which one is needed beside the level."""

    name: str
    proves: int
    only_by: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scale:
    """The levels of one platform, the weakest first whatever they are called."""

    name: str
    rungs: tuple[Rung, ...]
    _by_name: dict[str, Rung] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {rung.name: rung for rung in self.rungs})

    def proves(self, level: str) -> int | None:
        """The IAL that their level comes to here; None for a level that the scale does not have."""
        rung = self._by_name.get(level)
        return rung.proves if rung is not None else None

    def told(self, ial: int, by: frozenset[str] = frozenset()) -> str | None:
        """The best of their levels that somebody of this IAL, proven by these means, has; None below all of them."""
        held = [r.name for r in self.rungs if r.proves <= ial and (not r.only_by or r.only_by & by)]
        return held[-1] if held else None

    def meets(self, held: str, wanted: str) -> bool:
        """Whether one of their levels is at least another, in the order of the scale."""
        order = [rung.name for rung in self.rungs]
        return held in order and wanted in order and order.index(held) >= order.index(wanted)


def _scale(name: str, *rungs: Rung) -> Scale:
    return Scale(name, rungs)


SCALES: Final[dict[str, Scale]] = {
    scale.name: scale
    for scale in (
        _scale("zj", Rung("1", 0), Rung("2", 1), Rung("3", 2)),
        _scale(
            "zj_legal", Rung("4", 0), Rung("3", 1), Rung("2", 3), Rung("1", 3, frozenset({CERTIFICATE, LICENCE}))
        ),
        _scale("gd", Rung("2", 0), Rung("3", 1), Rung("4", 2), Rung("5", 3)),
        _scale("gj", Rung("1", 0), Rung("2", 0), Rung("3", 1), Rung("4", 2)),
        _scale("bj", Rung("L1", 1), Rung("L2", 2), Rung("L3", 3)),
    )
}  # fmt: skip
_OF_PERSONS: Final = frozenset({"zj", "gd", "gj", "bj"})


def wanted(acr: str) -> int | None:
    """The IAL behind a value like `zj:3`, asked for of a natural person; None for a value of no scale here."""
    name, _colon, level = acr.partition(":")
    return SCALES[name].proves(level) if name in _OF_PERSONS else None
