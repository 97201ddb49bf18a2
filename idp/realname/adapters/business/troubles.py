"""What trouble with a register of organisations comes from."""

from idp.realname.adapters.exchange.troubles import of_platform
from idp.realname.ports.troubles import Trouble

_PASSWORDS = ("basic_user", "basic_password")


def of_samr(reason: str, asked: str) -> Trouble | None:
    service = "verification_service" if asked == "register:verify" else "query_service"
    return of_platform(reason, services=(service,), passwords=_PASSWORDS)


def of_units(reason: str, _asked: str) -> Trouble | None:
    return of_platform(reason, services=("query",), passwords=_PASSWORDS)


def of_library(reason: str, _asked: str) -> Trouble | None:
    return of_platform(reason, services=("service",))
