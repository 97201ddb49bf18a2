"""Mainland mobile numbers: eleven digits, kept national, shown to machines as E.164."""

import re
from dataclasses import dataclass, field

from idp.core.identifiers.errors import IdentifierError
from idp.core.identifiers.text import half_width, without_spaces

_PREFIX = re.compile(r"\A(?:\+86|0086)(?=1)")
_SHAPE = re.compile(r"1[3-9][0-9]{9}")
NOBODYS = "15400"
"""Numbers of test people begin so: no carrier was given the segment 154 (an assumption; it stands here alone)."""


@dataclass(frozen=True, slots=True)
class MobileNumber:
    """`national` is the form that is stored, indexed and typed; segments age quickly and are not looked up."""

    national: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "MobileNumber":
        """Accept the number as people write it: +86, 0086, spaces, hyphens, full-width digits."""
        number = _PREFIX.sub("", without_spaces(half_width(text)).replace("-", ""), count=1)
        if not _SHAPE.fullmatch(number):
            raise IdentifierError("mobile_number")
        return cls(number)

    @property
    def is_nobodys(self) -> bool:
        """Whether it is a number of a test person, to which nothing is ever sent."""
        return self.national.startswith(NOBODYS)

    @property
    def e164(self) -> str:
        """The form of the `phone_number` claim (OpenID Connect Core §5.1)."""
        return f"+86{self.national}"
