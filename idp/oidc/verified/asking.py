"""How a site asks for verified claims: the member `verified_claims` of the claims parameter, read within bounds.

What is asked becomes plain data, a template of the answer. A leaf is `None` (wanted), a list of texts (one of these), or a
number (no older than so many seconds); an object holds templates; a list of objects is a list of filters, of which one must fit.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Template = Mapping[str, Any]
TEXT, MOMENT = "text", "moment"
_PLACE: Final = dict.fromkeys(
    ("name", "formatted", "street_address", "locality", "region", "postal_code", "country", "country_code", "jurisdiction"),
    TEXT,
)  # fmt: skip
_CHECK: Final = {"check_method": TEXT, "organization": TEXT, "check_id": TEXT, "txn": TEXT, "time": MOMENT}
_EVIDENCE: Final[dict[str, Any]] = {
    "type": TEXT,
    "check_details": [_CHECK],
    "document_details": {
        "type": TEXT, "document_number": TEXT, "serial_number": TEXT, "date_of_issuance": MOMENT,
        "date_of_expiry": MOMENT, "issuer": _PLACE,
    },
    "record": {"type": TEXT, "created_at": MOMENT, "date_of_expiry": MOMENT, "source": _PLACE},
    "attestation": {
        "type": TEXT, "reference_number": TEXT, "date_of_issuance": MOMENT, "date_of_expiry": MOMENT,
        "voucher": {**_PLACE, "birthdate": MOMENT, "occupation": TEXT, "organization": TEXT},
    },
    "signature_type": TEXT, "issuer": TEXT, "serial_number": TEXT, "created_at": MOMENT,
}  # fmt: skip
VERIFICATION: Final[dict[str, Any]] = {
    "trust_framework": TEXT,
    "assurance_level": TEXT,
    "assurance_process": {"policy": TEXT, "procedure": TEXT},
    "time": MOMENT,
    "verification_process": TEXT,
    "evidence": [_EVIDENCE],
}
"""What may stand inside `verification`; whatever else does is ignored, as the specification demands."""
# Without these an answer would not be valid: they come with whatever they belong to.
_ALWAYS: Final = {
    "check_details": "check_method",
    "document_details": "type",
    "record": "type",
    "attestation": "type",
}
_MOST_ELEMENTS, _MOST_FILTERS, _MOST_VALUES, _MOST_CLAIMS, _LONGEST_NAME, _LONGEST_VALUE = 8, 8, 20, 30, 100, 300
_SHORTEST_PURPOSE, _LONGEST_PURPOSE, _LONGEST_AGE = 3, 300, 10**10


class VerifiedMalformed(ValueError):
    """The request is not what the specification describes; the text is ASCII and says what is wrong."""


@dataclass(frozen=True, slots=True)
class WantedClaim:
    """How one verified claim is asked for; any value will do without `accepted`."""

    essential: bool = False
    accepted: tuple[Any, ...] = field(default=(), repr=False)
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Element:
    """One object of a request: what must be so of the verification, and the claims wanted of it."""

    verification: Template
    claims: Mapping[str, WantedClaim]
    is_essential: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked in one place; `is_list` when the site sent an array, and gets one."""

    elements: tuple[Element, ...] = ()
    is_list: bool = False

    def __bool__(self) -> bool:
        return bool(self.elements)


NOTHING: Final = Asked()


def parse(given: Any) -> Asked:
    """Read one `verified_claims`; null asks for nothing. VerifiedMalformed for what could not be answered."""
    if given is None:
        return NOTHING
    elements = given if isinstance(given, list) else [given]
    if not 0 < len(elements) <= _MOST_ELEMENTS:
        raise VerifiedMalformed("verified_claims is empty or asks for too much")
    return Asked(tuple(map(_element, elements)), isinstance(given, list))


def kept(asked: Asked, *, allowed: Collection[str], digest: Callable[[str, Any], str]) -> Any:
    """What tokens must remember of a request: its templates, the claims that the site may have, and of the values that it
    compares keyed digests only. None when nothing of it is for this site."""
    elements = [
        {
            "verification": each.verification,
            "claims": {
                name: [digest(name, value) for value in wanted.accepted] or None
                for name, wanted in each.claims.items()
                if name in allowed
            },
        }
        for each in asked.elements
    ]
    permitted = [element for element in elements if element["claims"]]
    if not permitted:
        return None
    return permitted if asked.is_list else permitted[0]


def canonical(value: Any) -> str:
    """A value of a claim as a text that is the same for equal values."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _element(given: Any) -> Element:
    if not isinstance(given, dict):
        raise VerifiedMalformed("verified_claims is neither an object nor an array of objects")
    verification, claims = given.get("verification"), given.get("claims")
    if not isinstance(verification, dict) or "trust_framework" not in verification:
        raise VerifiedMalformed("verification in verified_claims must have trust_framework")
    if not isinstance(claims, dict) or not 0 < len(claims) <= _MOST_CLAIMS:
        raise VerifiedMalformed("claims in verified_claims must name one claim at least, and not too many")
    wanted = {name: _claim(name, how) for name, how in claims.items()}
    is_essential = any(each.essential for each in wanted.values()) or any(_essentials(verification, VERIFICATION))
    return Element(_object(verification, VERIFICATION), wanted, is_essential)


def _claim(name: str, how: Any) -> WantedClaim:
    if len(name) > _LONGEST_NAME:
        raise VerifiedMalformed("a claim in verified_claims has too long a name")
    if how is None:
        return WantedClaim()
    _check_leaf(how)
    values = (*([how["value"]] if how.get("value") is not None else ()), *how.get("values", ()))
    if any(value is None or len(canonical(value)) > _LONGEST_VALUE for value in values):
        raise VerifiedMalformed("a requested value in verified_claims cannot be a value of its claim")
    return WantedClaim(how.get("essential", False), values, how.get("purpose", ""))


def _object(given: Mapping[str, Any], shape: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _member(name, given[name], kind) for name, kind in shape.items() if name in given}


def _member(name: str, given: Any, kind: Any) -> Any:
    always = {_ALWAYS[name]: None} if name in _ALWAYS else {}
    if isinstance(kind, list):
        return _filters(name, given, kind[0], always)
    if isinstance(kind, dict):
        if given is None:  # wanted as it is: its members that are no personal data of their own
            return always or dict.fromkeys(kind)
        if not isinstance(given, dict):
            raise VerifiedMalformed(f"{name} in verification is not an object")
        return always | _object(given, kind)
    return _moment(given) if kind == MOMENT else _text(given)


def _filters(name: str, given: Any, shape: Mapping[str, Any], always: dict[str, None]) -> list[dict[str, Any]]:
    if given is None:
        return [always or {"type": None}]
    if not isinstance(given, list) or not 0 < len(given) <= _MOST_FILTERS:
        raise VerifiedMalformed(f"{name} in verification is not an array of objects")
    if not all(isinstance(each, dict) for each in given):
        raise VerifiedMalformed(f"{name} in verification holds what is no object")
    if name == "evidence" and not all(_names_its_type(each) for each in given):
        raise VerifiedMalformed("each evidence in verification must name its type by one value")
    return [always | _object(each, shape) for each in given]


def _names_its_type(evidence: Mapping[str, Any]) -> bool:
    kind = evidence.get("type")
    return isinstance(kind, dict) and isinstance(kind.get("value"), str) and "values" not in kind


def _text(given: Any) -> list[str] | None:
    if given is None:
        return None
    _check_leaf(given)
    values = [*([given["value"]] if given.get("value") is not None else ()), *given.get("values", ())]
    if not all(isinstance(value, str) and len(value) <= _LONGEST_VALUE for value in values):
        raise VerifiedMalformed("a requested value in verification is not a text")
    return list(dict.fromkeys(values)) or None


def _moment(given: Any) -> int | None:
    if given is None:
        return None
    _check_leaf(given)
    age = given.get("max_age")
    if age is None:
        return None
    if isinstance(age, bool) or not isinstance(age, int | float) or not 0 <= age <= _LONGEST_AGE:
        raise VerifiedMalformed("max_age in verification is not a number of seconds")
    return int(age)


def _check_leaf(how: Any) -> None:
    """The members that every request of one thing may have; an unknown one is ignored."""
    if not isinstance(how, dict):
        raise VerifiedMalformed("what is asked in verified_claims is neither null nor an object")
    if not isinstance(how.get("essential", False), bool):
        raise VerifiedMalformed("essential in verified_claims is not a boolean")
    values = how.get("values", [])
    if not isinstance(values, list) or ("values" in how and not 0 < len(values) <= _MOST_VALUES):
        raise VerifiedMalformed("values in verified_claims is not an array of possible values")
    if "purpose" in how and not (
        isinstance(how["purpose"], str) and _SHORTEST_PURPOSE <= len(how["purpose"]) <= _LONGEST_PURPOSE
    ):
        raise VerifiedMalformed("purpose in verified_claims must have 3 to 300 characters")


def _essentials(given: Mapping[str, Any], shape: Mapping[str, Any]) -> Iterator[bool]:
    """Whether any member of the verification is called essential; its shape has been checked."""
    for name, kind in shape.items():
        each = given.get(name)
        if isinstance(kind, list):
            for entry in each if isinstance(each, list) else ():
                if isinstance(entry, dict):
                    yield from _essentials(entry, kind[0])
        elif isinstance(each, dict):
            if isinstance(kind, dict):
                yield from _essentials(each, kind)
            else:
                yield each.get("essential") is True
