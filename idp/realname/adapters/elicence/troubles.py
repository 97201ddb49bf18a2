"""What trouble with the licence platform comes from; its codes are our assumption, as its protocol is."""

from typing import Final

from idp.realname.ports.troubles import Fault, Trouble

_REASONS: Final = {
    "code:1001": Trouble(Fault.APP_ID, ("app_id",)),
    "code:1002": Trouble(Fault.SECRET, ("private_key",)),  # or the time, which it does not tell apart
    "code:1007": Trouble(Fault.UNEXPECTED, ("interface_code", "area_prefix", "business_type")),
    "http_404": Trouble(Fault.ADDRESS, ("path", "endpoint")),
    "platform_signature": Trouble(Fault.THEIR_KEY, ("platform_public_key",)),
}


def diagnose(reason: str, _asked: str) -> Trouble | None:
    return _REASONS.get(reason)
