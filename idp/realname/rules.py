"""What an installation decides about proofs of identity."""

from collections.abc import Callable
from dataclasses import dataclass

from idp.policies import built_in
from idp.realname.limits import Limits


@dataclass(frozen=True, slots=True)
class Rules:
    """Limits, whether there is a counter, whether those of 14 to 17 may use their face, and our own address.

    Limits and `face_text`, the version of the consent to a check of the face, are asked for at each use: operators change them.
    """

    limits: Callable[[], Limits] = Limits
    has_counter: bool = False
    minors_by_face: bool = False
    issuer: str = ""
    face_text: Callable[[], str] = lambda: built_in.newest(built_in.FACE_CONSENT)


ORDINARY = Rules()
