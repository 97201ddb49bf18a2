"""What a signed answer says about licence and holder, and when it says too little, too much, or at the wrong time."""

import re
from collections.abc import Mapping
from typing import Any

from idp.core.identifiers import IdentifierError, Uscc
from idp.realname.adapters.business import answers, kinds, states
from idp.realname.ports import (
    LicenceHolder,
    LicenceRole,
    OrganisationRecord,
    OrganisationState,
    Refutation,
    Refuted,
    Unavailable,
)

_DIGEST = re.compile(r"[0-9a-f]{64}")
_SERIAL = re.compile(r"[A-Za-z0-9-]{1,64}")
_ROLES = {
    "LEGAL_REP": LicenceRole.LEGAL_REPRESENTATIVE,
    "MANAGER": LicenceRole.MANAGER,
    "AGENT": LicenceRole.AGENT,
}


def read(
    data: Mapping[str, Any], *, roles: frozenset[str], since_ms: int, until_ms: int, request_number: str
) -> LicenceHolder | Refuted | Unavailable:
    """The holder, when the data is whole, of this journey, and of an organisation that is live."""
    match data:
        case {
            "uniscid": str(code),
            "entName": str(name),
            "legalName": str(head),
            "licenceSn": str(serial),
            "authTime": int(at_ms),
            "holder": {"name": str(holder), "idHash": str(digest), "role": str(role)},
        } if head and holder and _SERIAL.fullmatch(serial) and _DIGEST.fullmatch(digest.lower()):
            pass
        case _:
            return Unavailable("half_data", request_number)
    if not since_ms <= at_ms <= until_ms:
        return Unavailable("other_time", request_number)  # an answer of another journey
    if role not in _ROLES:
        return Unavailable("unknown_role", request_number)
    try:
        uscc = Uscc.parse(code)
    except IdentifierError:
        return Unavailable("broken_uscc", request_number)
    state = states.read(data.get("regState"))
    if state is OrganisationState.UNKNOWN:
        return Unavailable("unknown_state", request_number)
    if state is not OrganisationState.ACTIVE:
        return Refuted(Refutation.NOT_ACTIVE, request_number)
    if role not in roles:
        return Refuted(Refutation.NOT_ALLOWED, request_number)
    kind = kinds.kind_of(uscc)
    is_nameless = kind == kinds.INDIVIDUAL_BUSINESS and answers.is_nameless(name, head)
    if not name and not is_nameless:
        return Unavailable("half_data", request_number)
    record = OrganisationRecord(uscc, "" if is_nameless else name, kind, head, state)
    return LicenceHolder(record, _ROLES[role], holder, digest.lower(), serial, request_number)
