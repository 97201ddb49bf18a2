"""The JSON envelope of the population service: a `datalist` of one, and the shapes in which sites answer it."""

import base64
import json
import re
from dataclasses import dataclass
from typing import Any

from idp.core import strict_json
from idp.realname.adapters.exchange.road import Call
from idp.realname.adapters.population.messages import Answer, EnvelopeBroken, Question, Record
from idp.realname.adapters.population.options import Options

_SUCCEEDED = "0"
_CODE = re.compile(r"[0-9A-Za-z]{1,8}")


@dataclass(frozen=True, slots=True)
class JsonEnvelope:
    """`{"datalist": [{"gmsfzh": …, "xm": …, "xczp": …}]}`, with the headers that some sites ask for."""

    options: Options

    def wrap(self, question: Question) -> Call:
        item = {"gmsfzh": question.applicant.resident_id, "xm": question.applicant.name}
        if question.jpeg is not None:
            item["xczp"] = base64.b64encode(question.jpeg).decode("ascii")
        named = {"api_id": self.options.api_id, "from_user": self.options.from_user}
        return Call(
            question.service,
            json.dumps({"datalist": [item]}, ensure_ascii=False).encode(),
            headers={name: value for name, value in named.items() if value},
            answer_codes=frozenset({"200", "00"}),
            fields=item,
        )

    def open(self, body: bytes, question: Question) -> Answer:
        status, items = _shape(_json(body))
        if len(items) > 1:
            raise EnvelopeBroken("several_records")
        code = _code(status)
        record = _record(items[0], question) if items else None
        return Answer(None, code, record, frozenset({_SUCCEEDED}))


def _shape(told: Any) -> tuple[Any, list[Any]]:
    """Status and items; the inner JSON may be text, stand beside a head, or lie in `datas` of a gateway's own wrapping."""
    match told:
        case {"code": "200" | 200, "data": str(inner)}:
            return _inner(_json(inner))
        case {"head": {"status": status}, "data": {"cxjg": [*items]}}:
            return status, items
        case {"head": {"status": status}}:
            return status, []
        case {"code": "00", "datas": [*items]}:
            return _SUCCEEDED, items
    raise EnvelopeBroken("no_package")


def _inner(told: Any) -> tuple[Any, list[Any]]:
    match told:
        case {"status": status, "data": [*items]}:
            return status, items
        case {"status": status}:
            return status, []
    raise EnvelopeBroken("no_package")


def _record(item: Any, question: Question) -> Record:
    if not isinstance(item, dict):
        raise EnvelopeBroken("no_package")
    number = item.get("gmsfzh", question.applicant.resident_id)  # not every site repeats whom it was asked about
    return Record(
        code=_code(item.get("code", "")),
        message=_text(item.get("msg", "")),
        number=_text(number),
        number_code=_text(item.get("gmsfzh_ppddm", "")),
        name_code=_text(item.get("xm_ppddm", "")),
        cancelled=_text(item.get("swbs", "")),
        photo_code=_code(item.get("bddm", "")),
    )


def _text(value: Any) -> str:
    """Text, or a number as text; anything else agrees with nothing."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if type(value) is int else "" if value is None else "?"


def _code(value: Any) -> str:
    """A code fit for a log; what is none becomes a question mark, which no rule accepts."""
    text = _text(value)
    return text if not text or _CODE.fullmatch(text) else "?"


def _json(text: bytes | str) -> Any:  # JSON may be anything
    try:
        return strict_json.loads(text)
    except ValueError:
        raise EnvelopeBroken("broken_json") from None
