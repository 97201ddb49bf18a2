"""The registers of civil affairs and of the staffing office: one query in one shape of answer, which is our assumption."""

from typing import Any

import flask
from flask.typing import ResponseReturnValue

from sandbox.business import desk
from sandbox.business.companies import Companies
from sandbox.business.desk import Asked
from sandbox.parts import Part
from sandbox.population.gate import Refused
from sandbox.population.provincial import refused

CIVIL_SERVICE, STAFFING_SERVICE = "mz_social_group_check", "bb_institution_check"
FAULTS = {
    **desk.ON_THE_WAY,
    "status_failed": "状态为失败",
    "empty": "没有记录",
    "two_records": "应答有两个主体",
    "other_subject": "应答的是另一个主体（重放）",
    "half_record": "记录缺少法定代表人",
    "no_state": "记录没有状态",
    "strange_state": "状态是没有约定过的词",
}


def _part(name: str, title: str, service: str, says: str, prefix: str, *, has_kind: bool) -> Part:
    blueprint = flask.Blueprint(name, __name__)
    companies = Companies((prefix,))

    def answer(asked: Asked, fault: str) -> Any:
        return _answer(companies, asked, fault, has_kind=has_kind)

    def call() -> ResponseReturnValue:
        return desk.serve(name, answer)

    blueprint.add_url_rule(f"/proxy/api/{service}", "call", call, methods=["POST"])
    blueprint.register_error_handler(Refused, refused)
    wires = (f"POST /proxy/api/{service}",)
    return Part(name, title, blueprint, FAULTS, ("/proxy/",), says, wires, page="business.page")


def _answer(companies: Companies, asked: Asked, fault: str, *, has_kind: bool) -> dict[str, Any]:
    uscc = asked.get("usc_code", "")
    found = companies.find(uscc) if isinstance(uscc, str) else None
    if fault == "other_subject":
        found = companies.another(found)
    if found is None or fault == "empty":
        return {"status": "0", "msg": "", "data": []}
    record = {"org_name": found.name, "usc_code": found.uscc, "legal_person": found.head, "org_status": found.state}
    if has_kind:
        record["org_kind"] = found.kind
    match fault:
        case "half_record":
            del record["legal_person"]
        case "no_state":
            del record["org_status"]
        case "strange_state":
            record["org_status"] = "正常年检中止"
        case "status_failed":
            return {"status": "1", "msg": "查询失败", "data": [record]}
    return {"status": "0", "msg": "", "data": [record] * (2 if fault == "two_records" else 1)}


CIVIL_PART = _part(
    "civil_affairs",
    "民政（社会组织）",
    CIVIL_SERVICE,
    "社会团体、民办非企业单位、基金会的登记信息。",
    "5",
    has_kind=False,
)
STAFFING_PART = _part(
    "staffing_office",
    "机构编制（机关和事业单位）",
    STAFFING_SERVICE,
    "机关、事业单位、群众团体的登记信息。",
    "1",
    has_kind=True,
)
