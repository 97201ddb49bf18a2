"""Which of the configured registers answers for an organisation: its code says so, and for some codes no register does."""

from collections.abc import Iterable

from idp.core.deadline import Deadline
from idp.core.identifiers import Uscc
from idp.realname.ports import Found, OrganisationRegister, Refutation, Refuted, Unavailable


def register_for(registers: Iterable[OrganisationRegister], uscc: Uscc) -> OrganisationRegister | None:
    """The first that serves this code; None for those of justice, agriculture and others, whose papers people look at."""
    return next((register for register in registers if register.serves(uscc)), None)


def look_up(registers: Iterable[OrganisationRegister], uscc: Uscc, deadline: Deadline) -> Found | Refuted | Unavailable:
    """What the right register knows; Refuted as MANUAL where there is none to ask."""
    register = register_for(registers, uscc)
    return register.look_up(uscc, deadline) if register is not None else Refuted(Refutation.MANUAL)
