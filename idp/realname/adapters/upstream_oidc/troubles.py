"""What trouble with another centre comes from."""

from typing import Final

from idp.realname.ports.troubles import Fault, Trouble

_REASONS: Final = {
    "discovery:other_issuer": Trouble(Fault.ADDRESS, ("issuer",)),
    "discovery:auth_method": Trouble(Fault.SECRET, ("client_secret", "private_key")),
    "discovery:address": Trouble(Fault.UNEXPECTED, ("issuer",)),
    "token:invalid_client": Trouble(Fault.SECRET, ("client_id", "client_secret", "private_key")),
    "token:unauthorized_client": Trouble(Fault.GRANT, ("client_id",)),
    "token:invalid_scope": Trouble(Fault.GRANT, ("scope",)),
    "not_json": Trouble(Fault.ADDRESS, ("issuer",)),
    "media_type": Trouble(Fault.ADDRESS, ("issuer",)),
}


def diagnose(reason: str, _asked: str) -> Trouble | None:
    if reason.startswith(("discovery:http_4", "http_4")):
        return Trouble(Fault.ADDRESS, ("issuer",))
    return _REASONS.get(reason)
