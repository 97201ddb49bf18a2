"""The catalogue: what can be done here, what it takes, and the few questions that released claims do not answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Question:
    """One field of a form, answered from a fixed list."""

    name: str
    label: str
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """One 政务服务事项; with questions it can be applied for online, without them it is a guide."""

    slug: str
    theme: str
    title: str
    department: str
    summary: str
    days: int
    materials: tuple[str, ...]
    questions: tuple[Question, ...] = ()

    def read(self, form: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """The answers given, and what is wrong with them."""
        answers = {question.name: form.get(question.name, "") for question in self.questions}
        errors = {q.name: f"请选择{q.label}" for q in self.questions if answers[q.name] not in q.choices}
        if form.get("promise") != "yes":
            errors["promise"] = "请阅读并勾选承诺"
        return answers, errors


def theme_of(services: Iterable[Service]) -> list[tuple[str, list[Service]]]:
    return [(theme, list(group)) for theme, group in groupby(services, key=lambda service: service.theme)]


_CITY = Question("city", "办理城市", ("济南", "青岛", "烟台", "潍坊", "临沂", "菏泽"))

SERVICES = (
    Service(
        "flexible-employment",
        "就业与社保",
        "灵活就业参保登记",
        "人力资源社会保障部门",
        "没有固定单位的劳动者，以个人身份参加企业职工基本养老保险。",
        1,
        ("免提交身份证件（实名核验代替）",),
        (
            _CITY,
            Question("work", "就业方式", ("个体经营", "平台就业", "非全日制用工", "其他灵活就业")),
            Question("base", "缴费档次", ("60%", "80%", "100%", "150%")),
        ),
    ),
    Service(
        "job-seeker",
        "就业与社保",
        "失业登记",
        "人力资源社会保障部门",
        "登记后可以享受职业介绍、技能培训等公共就业服务。",
        1,
        ("免提交身份证件（实名核验代替）",),
        (_CITY, Question("reason", "离职原因", ("合同期满", "单位裁员", "个人原因", "从未就业"))),
    ),
    Service(
        "pension-record",
        "就业与社保",
        "养老保险缴费记录说明",
        "人力资源社会保障部门",
        "了解缴费年限如何累计、中断后如何接续。",
        0,
        ("无需材料",),
    ),
    Service(
        "residence-permit",
        "户籍与居住",
        "居住证申领",
        "公安部门",
        "离开常住户口所在地居住半年以上，可以申领居住证。",
        15,
        ("免提交身份证件（实名核验代替）", "居住满半年的证明，窗口领取时出示"),
        (_CITY, Question("home", "居住方式", ("租赁", "自有住房", "单位宿舍", "亲属家中"))),
    ),
    Service(
        "household-guide",
        "户籍与居住",
        "户口登记办事指南",
        "公安部门",
        "出生、迁入、变更登记需要到窗口办理，可以先查看所需材料。",
        0,
        ("居民户口簿", "与事项相符的证明"),
    ),
    Service(
        "provident-fund",
        "户籍与居住",
        "住房公积金提取指南",
        "住房公积金管理机构",
        "购房、租房、退休等情形的提取条件和所需材料。",
        3,
        ("提取情形的证明",),
    ),
)
