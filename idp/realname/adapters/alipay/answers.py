"""Answers of the Alipay gateway: the one object inside, as the bytes that were signed and as what it says.

The signature covers the text of the object exactly as it came, so it is cut out of the answer and never written anew.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from idp.core import strict_json

ERROR: Final = "error_response"


class AnswerBroken(ValueError):
    """Not one JSON object of the agreed shape."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: `signed` is what the signature covers, `value` an object, or text when it is encrypted."""

    name: str
    signed: bytes = field(repr=False)
    value: dict[str, Any] | str = field(repr=False)
    signature: str | None = field(default=None, repr=False)
    certificate_number: str | None = None


def read(body: bytes, method: str) -> Answer:
    """Take the answer apart; AnswerBroken when it is ambiguous or no answer to `method`."""
    members = read_object(body)
    wanted = f"{method.replace('.', '_')}_response"
    named = [name for name in (wanted, ERROR) if name in members]
    if len(named) != 1:
        raise AnswerBroken("no answer, or two")
    [name] = named
    value = members[name]
    if not isinstance(value, dict | str):
        raise AnswerBroken("neither an object nor text")
    signed = strict_json.member_text(body.decode(), name).encode()
    return Answer(name, signed, value, _text(members, "sign"), _text(members, "alipay_cert_sn"))


def read_object(text: bytes | str) -> dict[str, Any]:
    """A JSON object without repeated names; AnswerBroken for anything else."""
    try:
        return strict_json.load_object(text)
    except ValueError as broken:
        raise AnswerBroken("no JSON object") from broken


def _text(members: dict[str, Any], name: str) -> str | None:
    value = members.get(name)
    if value is not None and not isinstance(value, str):
        raise AnswerBroken(f"{name} is no text")
    return value or None
