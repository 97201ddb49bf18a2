"""What trouble with the population registry comes from."""

from idp.realname.adapters.exchange.troubles import of_platform
from idp.realname.ports.troubles import Fault, Trouble


def diagnose(reason: str, asked: str) -> Trouble | None:
    if reason == "package_code:20":  # its text, which is not kept, says why; with our own request it is who asks
        return Trouble(Fault.SECRET, ("soap_user", "soap_password", "department_code", "person_number"))
    services = ("photo_service", "photo_operation") if asked == "photo" else ("service", "operation")
    return of_platform(reason, services=services)
