"""What a program asks for, as its operator reads it: what was filled in, the difference it would make, what will follow."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import flask
from sqlalchemy.orm import Session

from idp.admin import account_words, exports, policy_forms, sources_changing, sources_words, texts
from idp.admin.client_words import SCOPES
from idp.admin.texts import say, word
from idp.core import clock, differences
from idp.core.differences import Change
from idp.edge import level_words, places
from idp.edge.services import Services
from idp.oidc.jwt import keys as signing_keys
from idp.oidc.jwt import rotation
from idp.oidc.models import Client
from idp.policies import kinds
from idp.realname.watch import settings as source_settings
from idp.realname.watch.offers import Missing
from idp.sites import operating, versions
from idp.sites import releases as going_live
from idp.sites.models import Release, SiteVersion
from idp.staff.confirmations import Form
from idp.staff.models import Confirmation, Operator
from idp.staff.operators import Duty

Rows = list[tuple[str, str]]

_LABELS: Final = {
    "action": word("操作"), "do": word("操作"), "source": word("身份源"), "value": word("数值"), "field": word("查看的内容"),
    "ial": word("提升到"), "days": word("有效天数"), "uscc": word("统一社会信用代码"), "number": word("版本"),
    "overlap": word("旧密码继续有效（小时）"), "approval": word("审批编号"), "fields": word("导出的列"),
    "unmasked": word("不掩码的列"), "state": word("状态"), "region": word("行政区划"), "since": word("从"), "until": word("到"),
    "login": word("登录名"), "role": word("角色"), "clients": word("应用范围"), "networks": word("登录网络"),
    "scope": word("给予的信息"), "level": word("给予所申请的核验程度"), "subject": word("用户编号"), "merge": word("合并编号"),
    "remark": word("说明"), "waiver": word("未通过检查而批准的理由"), "undoes": word("恢复的版本"), "reason": word("原因"),
    "ticket": word("工单号"), "not_before": word("执行时间"),
}  # fmt: skip
_ACTIONS: Final = {
    "disable": word("停用"), "enable": word("启用"), "delete": word("删除"), "approve": word("批准"), "refuse": word("不批准"),
    "return": word("退回"), "start": word("开始导入"), "ask": word("申请采信实名结果"), "cancel": word("取消导入"),
    "change": word("变更角色或范围"), "link": word("重新登记登录方式"),
}  # fmt: skip
_VALUES: Final[Mapping[str, Callable[[str], str]]] = {
    "action": lambda value: say(_ACTIONS.get(value, value)),
    "do": lambda value: say(sources_words.DOING.get(value, value)),
    "field": lambda value: say(account_words.FIELDS.get(value, value)),
    "ial": lambda value: f"{say(level_words.LEVELS[int(value)])} ial{value}",
    "reason": lambda value: say(texts.REASONS.get(value, value)),
    "role": lambda value: say(texts.ROLES.get(value, value)),
    "state": lambda value: say(texts.STATES.get(value, value)),
    "region": places.name,
    "fields": lambda value: say(exports.FIELDS.get(value, value)),
    "unmasked": lambda value: say(exports.FIELDS.get(value, value)),
    "scope": lambda value: say(SCOPES.get(value, value)),
    "level": lambda _value: say(word("是")),
    "subject": lambda _value: say(word("所有网站相同")),
    "not_before": lambda value: value.replace("T", " "),
}
_HIDDEN: Final = frozenset(
    {"base", "shown", "again", "kid", "compared", "understood", "release_basis", "serves", "level_scale"}
)
_PLACES: Final = {
    "account_id": "admin.account", "client_id": "admin.client", "release_id": "admin.release", "request_id": "admin.review",
    "import_id": "admin.import_shown", "kid": "admin.key", "kind": "admin.policy", "operator_id": "admin.staff_member",
    "approval_id": "admin.approval",
}  # fmt: skip
_TO_BE_SAID: Final = {
    "review_decided": word("我已经看过材料，并逐项核对。"),
    "sources_changed": word("我已经了解这项变更的后果。"),
    "key_rotation_asked": word("我已经了解轮换的后果。"),
    "key_revoked": word("我已经了解吊销立即生效，不能恢复。"),
    "client_state": word("我已经了解删除立即生效，不能恢复。"),
}

_ROTATED: Final = (
    word("批准后，待启用的密钥开始签名，现在的密钥退役，同时公布下一把待启用的密钥。"),
    word("把密钥写死在自己配置里的应用会验证失败；我们看不到哪些应用这样做，请事先通知。"),
)


@dataclass(frozen=True, slots=True)
class Told:
    """Rows of label and value, what would change, texts compared by lines, and what will follow."""

    rows: Rows
    changes: Sequence[Change] = ()
    compared: Mapping[str, Any] = field(default_factory=dict)
    will: Sequence[str] = ()
    missing: Missing | None = None
    """What people could not do any more."""


def told(db: Session, everything: Services, row: Confirmation, form: Form) -> Told:
    """Nothing but who and what once it is settled: then its form is forgotten."""
    if not form:
        return Told([])
    given, differing = dict(form), _DIFFERENCES.get(row.act)
    if row.act == "policy_published":
        return _policy(db, everything, row, given)
    changes = differing(db, everything, row, given) if differing is not None else []
    missing = _missing(db, everything, given) if row.act == "sources_changed" else None
    return Told(list(rows(form)), changes, will=_will(db, row), missing=missing)


def to_be_said(act: str, form: Mapping[str, str]) -> str:
    """What only a person can say, and says by a tick of their own; empty for an act without."""
    is_bound = {"review_decided": "approve", "client_state": "delete"}.get(act)
    if is_bound is not None and form.get("action") != is_bound:
        return ""
    return _TO_BE_SAID.get(act, "") if form else ""


def place(row: Confirmation) -> str:
    """The page of what it is about; empty where the act has none."""
    if row.act == "sources_changed":
        return flask.url_for("admin.sources")
    for name, endpoint in _PLACES.items():
        if name in row.arguments:
            return flask.url_for(endpoint, **{name: row.arguments[name]})
    return ""


def rows(form: Form) -> Iterator[tuple[str, str]]:
    """Each field once, in words, with all of its values."""
    joined = "、" if texts.language() != "en" else ", "
    for name in dict.fromkeys(name for name, _ in form):
        values = [value for each, value in form if each == name and value and (name != "action" or value in _ACTIONS)]
        if name in _LABELS and name not in _HIDDEN and values:
            shown = _VALUES.get(name, str)
            yield _LABELS[name], joined.join(shown(value) for value in values)


def _policy(db: Session, everything: Services, row: Confirmation, form: Mapping[str, str]) -> Told:
    kind = kinds.KINDS[row.arguments["kind"]]
    now = everything.policies.version(kind).value
    if form.get("undoes"):
        earlier = everything.policies.earlier(db, kind, int(form["undoes"]))
        then = earlier.value if earlier is not None else now
    else:
        then, _ = policy_forms.read(kind, form, now)
    said = list(rows([(name, form.get(name, "")) for name in ("undoes", "reason", "ticket")]))
    found = policy_forms.rows(kind, now, then)
    if kind.is_text:
        return Told(
            said, compared={name: policy_forms.lines(getattr(now, name), getattr(then, name)) for name in ("zh", "en")}
        )
    changes = [
        Change(say(each.words.label), _counted(each.before, each.words.unit), _counted(each.after, each.words.unit))
        for each in found
    ]
    weaker = [f"{say(each.words.label)}{say(word('：'))}{say(each.words.weaker)}" for each in found if each.is_weaker]
    return Told(said, changes, will=weaker)


def _counted(value: Any, unit: str) -> str:
    return f"{_text(value)} {say(unit)}".strip()


def _will(db: Session, row: Confirmation) -> Sequence[str]:
    if row.act == "account_act_done":
        return account_words.ACTS[row.arguments["act"]].will
    if row.act != "key_rotation_asked":
        return ()
    is_early = bool(rotation.too_new(signing_keys.listing(db), clock.now()))
    return (*_ROTATED, word("缓存较慢的应用可能还没有取到它，会有一段时间验证失败。")) if is_early else _ROTATED


def _missing(db: Session, everything: Services, form: Mapping[str, str]) -> Missing | None:
    now = source_settings.latest(db)
    made = sources_changing.wished(db, everything, form, now)
    return sources_changing.missing(everything, now, made) if made is not None else None


def _of_sources(db: Session, everything: Services, _row: Confirmation, form: Mapping[str, str]) -> list[Change]:
    now = source_settings.latest(db)
    made = sources_changing.wished(db, everything, form, now)
    labels = sources_words.CHANGES
    return [
        Change(say(labels.get(each.path.partition(".")[0], each.path)), _text(each.before), _text(each.after))
        for each in (differences.between(now.settings, made) if made is not None else [])
    ]


def _of_terms(db: Session, everything: Services, row: Confirmation, form: Mapping[str, str]) -> list[Change]:
    before = versions.of_client(db.get_one(Client, row.arguments["client_id"]))
    wanted: Mapping[str, str] = form
    if row.act == "client_undo":
        found = versions.numbered(db, row.arguments["client_id"], int(form["number"]))
        wanted = operating.terms_of(found.document) if found is not None else operating.terms_of(before)
    return differences.between(before, everything.sites.operating.terms(before, wanted))


def _of_release(db: Session, _everything: Services, row: Confirmation, _form: Mapping[str, str]) -> list[Change]:
    release = db.get_one(Release, row.arguments["release_id"])
    site, version = db.get_one(Client, release.client_id), db.get_one(SiteVersion, release.version_id)
    return differences.between(going_live.last_live(db, site), version.document)


def _of_duty(db: Session, _everything: Services, row: Confirmation, form: Mapping[str, str]) -> list[Change]:
    member = db.get(Operator, row.arguments["operator_id"])
    if member is None or form.get("action") != "change":
        return []
    had = Duty.of(member)
    before = {"role": had.role.value, "region": had.region, "clients": had.clients, "networks": had.networks}
    return [
        Change(say(_LABELS[name]), _text(_in_words(name, before[name])), _text(_in_words(name, form.get(name, ""))))
        for name in before
    ]


def _in_words(name: str, value: Any) -> Any:
    shown = _VALUES.get(name)
    return shown(value) if shown is not None and isinstance(value, str) else value


def _text(value: Any) -> str:
    if value is None or value in ("", [], ()):
        return "—"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else say(str(value))


_DIFFERENCES: Final[Mapping[str, Callable[[Session, Services, Confirmation, Mapping[str, str]], list[Change]]]] = {
    "sources_changed": _of_sources,
    "client_terms": _of_terms,
    "client_undo": _of_terms,
    "release_decided": _of_release,
    "staff_member_asked": _of_duty,
}
