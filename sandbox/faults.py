"""Faults that an operator or a test switched on, for a service or for one request."""

import flask

from sandbox.parts import NONE
from sandbox.runtime import runtime
from sandbox.state import State

HEADER = "sandbox-fault"


class UnknownFault(ValueError):
    """The request asks for a fault that the service does not have."""


def active(state: State, service: str, places: frozenset[str] | None = None) -> str:
    """The fault for the present request: its header first, then the switch; `places` are those that apply here."""
    asked = flask.request.headers.get(HEADER)
    if asked is not None:
        if asked not in runtime().parts[service].all_faults:
            raise UnknownFault
        return asked if places is None or asked in places else NONE
    switch = state.switches().get(service)
    if switch is None or (places is not None and switch.fault not in places):
        return NONE
    return switch.fault if state.use_switch(service, switch.fault) else NONE
