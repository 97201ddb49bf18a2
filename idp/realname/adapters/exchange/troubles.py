"""What the platforms' own refusals come from. Most of their codes are not published; the same ones stand in the sandbox."""

from typing import Final

from idp.realname.ports.troubles import Fault, Trouble

_CODES: Final = {
    "401001": Fault.APP_ID,
    "401002": Fault.SECRET,
    "401003": Fault.CLOCK,
    "403001": Fault.GRANT,
    "429001": Fault.QUOTA,
    "500001": Fault.DOWN,
    "E-106": Fault.GRANT,
    "E-107": Fault.CLOCK,
    "E-108": Fault.SECRET,
    "http_401": Fault.SECRET,
    "http_403": Fault.GRANT,
    "http_404": Fault.ADDRESS,
    "not_opened": Fault.SECRET,  # the session secret does not open with our key
}
_OF_PASSWORDS: Final = frozenset({"401004", "http_401"})


def of_platform(reason: str, *, services: tuple[str, ...], passwords: tuple[str, ...] = ()) -> Trouble | None:
    """`services` are the members that say which service is called, `passwords` those of what stands behind the platform."""
    if reason == "not_sealed":
        return Trouble(Fault.SECRET, ("app_key", "national_cryptography"))
    where, _, code = reason.partition(":")
    if where not in {"token", "gateway"}:
        return None
    is_token = where == "token"
    if passwords and not is_token and code in _OF_PASSWORDS:
        return Trouble(Fault.SECRET, passwords)
    match _CODES.get(code):
        case Fault.APP_ID:
            return Trouble(Fault.APP_ID, ("app_id",))
        case Fault.SECRET:
            return Trouble(Fault.SECRET, ("app_key",))
        case Fault.GRANT:
            return Trouble(Fault.GRANT, ("app_id",) if is_token else (*services, "app_id"))
        case Fault.ADDRESS:
            return Trouble(Fault.ADDRESS, ("token_path", "endpoint") if is_token else (*services, "endpoint"))
        case None:
            return None
        case fault:
            return Trouble(fault)
