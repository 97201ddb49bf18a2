"""What proving an identity comes to: the person stands at a level, or nobody could say."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Proven:
    """The person now stands at this level."""

    ial: int


@dataclass(frozen=True, slots=True)
class SourceDown:
    """No source could answer; nothing was decided, and nothing was used up."""
