"""A city's legal-entity library behind the MD5 gateway: every kind of organisation, found by its code."""

from typing import Any

import flask
from flask.typing import ResponseReturnValue

from sandbox.business import desk, units
from sandbox.business.companies import Companies
from sandbox.business.desk import Asked
from sandbox.parts import Part
from sandbox.population import md5
from sandbox.population.gate import Refused

_NAME = "legal_entity_library"
_COMPANIES = Companies()
bp = flask.Blueprint(_NAME, __name__)
PART = Part(
    _NAME,
    "法人库（浙江的样式）",
    bp,
    units.FAULTS,
    machine_paths=("/gateway/",),
    says="一个接口查询各类单位，只为兼容。",
    wires=("POST /gateway/api/getCacycyxx.htm",),
    page="business.page",
)
bp.register_error_handler(Refused, md5.refused)


@bp.post("/gateway/api/getCacycyxx.htm")
def call() -> ResponseReturnValue:
    return desk.serve(_NAME, _answer, md5.let_in, flask.request.form.to_dict)


def _answer(asked: Asked, fault: str) -> dict[str, Any]:
    found = _COMPANIES.find(str(asked.get("tyxydm", "")))
    if fault == "other_subject":
        found = _COMPANIES.another(found)
    if found is None or fault == "empty":
        return md5.wrapped("00", "成功", [])
    record = {"tyxydm": found.uscc, "frdwmc": found.name, "fddbr": found.head, "djzt": found.state}
    match fault:
        case "half_record":
            del record["fddbr"]
        case "no_state":
            del record["djzt"]
        case "strange_state":
            record["djzt"] = "正常年检中止"
        case "status_failed":
            return md5.wrapped("99", "查询失败", [record])
    return md5.wrapped("00", "成功", [record] * (2 if fault == "two_records" else 1))
