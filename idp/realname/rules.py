"""What an installation decides about proofs of identity."""

from dataclasses import dataclass

from idp.realname.limits import Limits


@dataclass(frozen=True, slots=True)
class Rules:
    """Limits, whether there is a counter, whether those of 14 to 17 may use their face, and our own address."""

    limits: Limits = Limits()
    has_counter: bool = False
    minors_by_face: bool = False
    issuer: str = ""


ORDINARY = Rules()
