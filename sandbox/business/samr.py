"""The register of market regulation: the basic query, and the verification that discloses what it holds."""

from datetime import datetime
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from sandbox import registry
from sandbox.business import desk
from sandbox.business.companies import NAMELESS, Companies, Company
from sandbox.business.desk import Asked
from sandbox.parts import Part
from sandbox.population import national
from sandbox.population.gate import Refused
from sandbox.population.provincial import refused
from sandbox.runtime import BEIJING, runtime

bp = flask.Blueprint("business", __name__)
_NAME = "business"
PART = Part(
    _NAME,
    "市场监管（企业登记）",
    bp,
    {
        **desk.ON_THE_WAY,
        "ambiguous": "名称与代码指向不同的主体（02）",
        "query_failed": "查询失败（06）",
        "bad_request": "缺少必填项（05）",
        "unknown_code": "没有约定过的代码（99）",
        "no_code": "应答没有核验代码",
        "contradictory": "答一致（03），却又列出差异",
        "empty": "应答是空数组",
        "two_records": "应答有两个主体",
        "other_subject": "应答的是另一个主体（重放）",
        "half_record": "记录缺少法定代表人和名称",
        "wrapped_error": "外层状态为失败（江苏外形）",
        "no_state": "记录没有登记状态",
        "strange_state": "登记状态是没有约定过的词",
        "no_apprdate": "记录没有核准日期（不是故障，应照常读取）",
        "wrapped": "外面包着一层状态（江苏外形，不是故障）",
    },
    machine_paths=("/proxy/", "/httpproxy"),
    says="企业、个体工商户、农民专业合作社的登记信息查询与核验。",
    wires=("POST /proxy/api/SAMR_QYJBXXCX", "POST /proxy/api/SAMR_QYXXHY", "POST /httpproxy"),
    page="business.page",
)
QUERY, VERIFICATION = "SAMR_QYJBXXCX", "SAMR_QYXXHY"
QUERY_SID, VERIFICATION_SID = "s_1200003200000_2158", "s_1200003200000_2157"
COMPANIES = Companies(("9",))
_COMPARED = {"entname": "name", "uniscid": "uscc", "name": "head", "enttypeCn": "kind"}

bp.register_error_handler(Refused, refused)


@bp.get("/organisations")
def page() -> ResponseReturnValue:
    """All registers at once, for people."""
    return flask.render_template("organisations.html", companies=Companies().all, nameless=NAMELESS)


@bp.post(f"/proxy/api/{QUERY}")
def query() -> ResponseReturnValue:
    return desk.serve(_NAME, basic_information)


@bp.post(f"/proxy/api/{VERIFICATION}")
def verification() -> ResponseReturnValue:
    return desk.serve(_NAME, comparison)


national.OTHERS |= {
    QUERY_SID: lambda: desk.serve(_NAME, basic_information, national.let_in),
    VERIFICATION_SID: lambda: desk.serve(_NAME, comparison, national.let_in),
}


def basic_information(asked: Asked, fault: str) -> Any:
    """Everything about the subjects that fit, as an array; some provinces put it into a wrapper."""
    uscc, name = _text(asked, "uniscid"), _text(asked, "entname")
    found = COMPANIES.find(uscc) if uscc else COMPANIES.named(name)
    if found is not None and name and name != found.name:
        found = None
    records = [_record(found)] if found is not None else []
    match fault:
        case "empty":
            records = []
        case "two_records":
            records = records * 2
        case "other_subject":
            records = [_record(COMPANIES.another(found))]
        case "wrapped":
            return {"status": "0", "msg": "查询成功", "data": records}
        case "wrapped_error" | "query_failed" | "unknown_code" | "bad_request":
            return {"status": "1", "msg": "查询失败", "data": records}
    for record in records:
        _bend(record, fault)
    return records


def comparison(asked: Asked, fault: str) -> Any:
    """Whether the given values agree; a difference discloses the true one, as the real service does."""
    uscc, name, head = (_text(asked, key) for key in ("uniscid", "entname", "name"))
    found = COMPANIES.find(uscc)
    code, differences = "03", []
    if not uscc or not (name or (uscc.startswith("92") and head)):
        code = "05"
    elif found is None:
        code = "01"
    elif name and name != found.name and COMPANIES.named(name) is not None:
        code = "02"
    else:
        held = {key: getattr(found, member) for key, member in _COMPARED.items()}
        if field := runtime().of(_NAME).get("legal_id_field"):
            held[field] = _number_of(found)
        differences = [
            {"chk_key": key, "in_val": given, "out_val": value}
            for key, value in held.items()
            if (given := _text(asked, key)) and given != value
        ]
        code = "04" if differences else "03"
    code = {"ambiguous": "02", "query_failed": "06", "bad_request": "05", "unknown_code": "99"}.get(fault, code)
    if fault == "contradictory":
        code, differences = "03", [{"chk_key": "name", "in_val": head, "out_val": "样例另一人"}]
    told = COMPANIES.another(found) if fault == "other_subject" else found if code in {"03", "04"} else None
    answer: dict[str, Any] = {
        "ent_idx": {"entname": told.name, "uniscid": told.uscc} if told else {},
        "regstateCn": told.state if told else "",
        "entchk_checkres_key": code,
        "diff_list": differences if code in {"03", "04"} else [],
        "_map_": "true",
    }
    return _spoilt(answer, fault)


def _spoilt(answer: dict[str, Any], fault: str) -> Any:
    match fault:
        case "no_code":
            del answer["entchk_checkres_key"]
        case "half_record":
            del answer["ent_idx"]
        case "no_state":
            del answer["regstateCn"]
        case "strange_state":
            answer["regstateCn"] = "在营但已列入其他情形"
        case "empty":
            return []
        case "two_records":
            return [answer, answer]
        case "wrapped":
            return {"status": "0", "msg": "查询成功", "data": answer}
        case "wrapped_error":
            return {"status": "1", "msg": "查询失败", "data": answer}
    return answer


def _record(company: Company) -> dict[str, Any]:
    approved = datetime(2024, 3, 15, tzinfo=BEIJING)
    return {
        "uniscid": company.uscc,
        "entname": company.name,
        "regno": f"3701990000{company.uscc[-5:-1]}",
        "name": company.head,
        "enttypeCn": company.kind,
        "regstateCn": company.state,
        "estdate": "2018-06-20",
        "apprdate": int(approved.timestamp() * 1000),
        "opfrom": "2018-06-20",
        "opto": "2048-06-19" if company.uscc.startswith("91") else "",
        "regcap": 500,
        "regcapcurCn": "人民币",
        "regorgCn": "示例市市场监督管理局",
        "dom": "示例市样例路 1 号",
        "opscope": "虚构经营范围，仅供演示",
        "sExtNodenum": "370000",
    }


def _bend(record: dict[str, Any], fault: str) -> None:
    missing = {"half_record": ("name", "entname"), "no_state": ("regstateCn",), "no_apprdate": ("apprdate",)}
    for member in missing.get(fault, ()):
        del record[member]
    if fault == "strange_state":
        record["regstateCn"] = "在营但已列入其他情形"


def _number_of(company: Company) -> str:
    return next(str(each["resident_id"]) for each in registry.people() if each["key"] == company.head_key)


def _text(asked: Asked, member: str) -> str:
    value = asked.get(member, "")
    return value.strip() if isinstance(value, str) else ""
