"""Somebody with the licence application: opens what was shown, chooses, and confirms or refuses."""

from idp.core.deadline import Deadline
from idp.realname.ports import LicenceSignIn, Progress, Scene, Started, Surface
from tests.sandbox.served import ServedSandbox

SCENE = Scene(Surface.DESK, "http://localhost:8000/organisations/licence")
COMPANY = "91370199MA3DEM019F"
NUMBER = "370199198503070017"


class Phone:
    def __init__(self, sandbox: ServedSandbox) -> None:
        self._sandbox = sandbox

    def scan(self, started: Started) -> str:
        return self._sandbox.get(self._path(started)).text

    def confirm(self, started: Started, *, uscc: str = COMPANY, role: str = "LEGAL_REP", **more: str):
        form = {"uscc": uscc, "role": role, "pin": "123456", "action": "confirm", **more}
        return self._sandbox.post(self._path(started), data=form)

    def refuse(self, started: Started) -> None:
        self._sandbox.post(self._path(started), data={"action": "refuse"})

    def _path(self, started: Started) -> str:
        assert started.open_url.startswith(self._sandbox.url)
        return started.open_url.removeprefix(self._sandbox.url)


def start(platform: LicenceSignIn, seconds: float = 8) -> Started:
    return platform.start(SCENE, Deadline.after(seconds))


def poll(platform: LicenceSignIn, started: Started, seconds: float = 8, *, is_last: bool = False):
    progress = Progress(started.ticket, started.request_number, has_returned=False, is_last=is_last)
    return platform.poll(progress, Deadline.after(seconds))
