"""Assurance levels as `acr` values: `ial1.aal1` names who and how surely; a request means "at least" on each axis."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from idp.realname import foreign_levels

REACHABLE_AAL = 1
"""The strongest way of signing in that is switched on; how far a proof of identity leads is configuration (`Provider.reach`)."""

AUTH_LEVEL = "auth_level"
_SHAPE = re.compile(r"(?:ial([0-3]))?\.?(?:aal([1-3]))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Level:
    """IAL 0 registered … 3 in person; AAL 1 one factor … 3 phishing-resistant and hardware-bound."""

    ial: int
    aal: int

    def meets(self, wanted: "Level") -> bool:
        return self.ial >= wanted.ial and self.aal >= wanted.aal

    def __str__(self) -> str:
        return f"ial{self.ial}.aal{self.aal}"


OUT_OF_REACH = Level(9, 9)
"""What a demand comes to that names no level of ours."""


def parse(acr: str) -> Level | None:
    """`ial1`, `aal2` or `ial1.aal2`, or a level of another platform like `zj:3`; None for a value of no scale."""
    if ":" in acr:
        ial = foreign_levels.wanted(acr)
        return Level(ial, 1) if ial is not None else None
    match = _SHAPE.fullmatch(acr)
    if not acr or match is None or acr in {".", "ial", "aal"} or not any(match.groups()):
        return None
    return Level(int(match[1] or 0), int(match[2] or 1))


def parse_all(acr_values: Iterable[str]) -> tuple[Level, ...]:
    """The levels asked for, in the site's order of preference; values of other schemes are passed over (Core §3.1.2.1)."""
    return tuple(level for level in map(parse, acr_values) if level is not None)


def told(scale: str | None, acr: str) -> dict[str, str]:
    """The claim `auth_level`: the sign-in of this `acr` in the scale that a site registered; nothing without one."""
    level = parse(acr) if scale is not None else None
    name = foreign_levels.SCALES[scale].told(level.ial) if scale is not None and level is not None else None
    return {AUTH_LEVEL: name} if name is not None else {}


NO_PROOF = Level(0, REACHABLE_AAL)
"""As far as it goes where no source of proof is configured."""


def reachable(ial: int) -> Level:
    """The highest level that leads anywhere, where proofs of identity lead to this one."""
    return Level(ial, REACHABLE_AAL)


def supported(reach: Level) -> list[str]:
    """`acr_values_supported` of the discovery document."""
    return [str(Level(ial, aal)) for ial in range(reach.ial + 1) for aal in range(1, reach.aal + 1)]
