"""Which of the configured registers answers for an organisation: its code says so, and for some codes no register does."""

from collections.abc import Iterable

from idp.core.identifiers import Uscc
from idp.realname.ports import OrganisationRegister


def register_for(registers: Iterable[OrganisationRegister], uscc: Uscc) -> OrganisationRegister | None:
    """The first that serves this code; None for those of justice, agriculture and others, whose papers people look at."""
    return next((register for register in registers if register.serves(uscc)), None)
