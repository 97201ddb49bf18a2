"""What trouble with WeChat comes from: its numbers, and which of our applications was asked for."""

from typing import Final

from idp.realname.ports.troubles import Fault, Trouble

_OF_US: Final = {
    "40013": (Fault.APP_ID, "appid"),
    "40001": (Fault.SECRET, "secret"),
    "40125": (Fault.SECRET, "secret"),
    "41002": (Fault.APP_ID, "appid"),
    "41004": (Fault.SECRET, "secret"),
    "48001": (Fault.GRANT, "appid"),
    "40164": (Fault.ALLOW_LIST, "appid"),
}
_OF_THEM: Final = {"-1": Fault.DOWN, "45009": Fault.QUOTA, "45011": Fault.QUOTA}


def diagnose(reason: str, asked: str) -> Trouble | None:
    if reason.startswith("http_4"):
        return Trouble(Fault.ADDRESS, ("api_url",))
    number = reason.rpartition(":")[2]
    if (ours := _OF_US.get(number)) is not None:
        fault, member = ours
        kind = asked.partition(":")[2] or "mini"  # a face scan is the mini program's
        return Trouble(fault, (f"{kind}_{member}",))
    theirs = _OF_THEM.get(number)
    return Trouble(theirs) if theirs is not None else None
