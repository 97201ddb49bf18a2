"""The audit trail in the words of the person it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from flask_babel import gettext as _

from idp.oidc import consents, standard_claims
from idp.web import facts_shown, organisations_shown, principals_shown, reviews_shown

SiteName = Callable[[str | None], str]
SourceName = Callable[[str], str]


class Entry(Protocol):
    """The members of an audit entry that are told."""

    at: Any
    act: Any
    outcome: Any
    client_id: Any
    details: Any


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the page; `kind` chooses the shape beside the words."""

    at: datetime
    kind: str
    text: str
    detail: str


def told(
    entries: Iterable[Entry],
    site_name: SiteName,
    source_name: SourceName = lambda name: name,
    organisation_name: Callable[[str], str] = lambda _id: "",
) -> Iterator[Told]:
    """The entries a person should know of; the rest is machinery."""
    for entry in entries:
        details = dict(entry.details or {})
        at = site_name(entry.client_id)
        line = (
            organisations_shown.told(str(entry.act), details)
            or reviews_shown.told(str(entry.act), details)
            or principals_shown.line(entry.act, entry.outcome, details, at, organisation_name)
            or _line(entry, details, site_name, source_name)
        )
        if line is not None:
            text, detail = line
            yield Told(entry.at, "info" if entry.outcome == "success" else "warn", text, detail)


def method(word: str) -> str:
    """How a sign-in was made: the words of the trail and of `amr`."""
    words = {
        "password": _("密码"),
        "pwd": _("密码"),
        "sms": _("短信验证码"),
        "recovery": _("找回密码"),
        "registration": _("注册"),
        "link": _("关联的账户"),
        "fed": _("关联的账户"),
        "kba": _("姓名和证件号码"),
    }
    return str(words.get(word, ""))


def methods(amr: Iterable[str]) -> str:
    return str(_("、")).join(filter(None, map(method, amr)))


def _line(
    entry: Entry, details: Mapping[str, Any], site_name: SiteName, source_name: SourceName
) -> tuple[str, str] | None:
    plain = {
        "account.registered": _("账户已注册"),
        "account.frozen": _("账户被停用"),
        "account.unfrozen": _("账户恢复使用"),
        "phone.bound": _("绑定了手机号"),
        "phone.released": _("手机号不再属于这个账户：它的新主人用它注册了账户"),
        "account.merged": _("您的另一个账户已并入这个账户"),
        "account.merged_away": _("这个账户已并入您的另一个账户"),
        "account.parted": _("合并已撤销"),
        "account.restored": _("合并已撤销，账户恢复"),
        "developer_token.made": _("为部门制作了接入接口的令牌"),
        "developer_token.revoked": _("您的一个接入接口令牌被吊销"),
        "developer_token.ended": _("您的一个接入接口令牌已失效"),
    }
    match str(entry.act).partition("."):
        case "sign_in", _dot, done:
            said = _("登录成功") if done == "succeeded" else _("登录没有成功")
            return said, source_name(details.get("source", "")) or method(details.get("method", ""))
        case "password", _dot, "changed":
            return (_("密码已更改") if entry.outcome == "success" else _("更改密码没有成功")), ""
        case "oidc", _dot, "device_approved":
            return _("允许一台设备登录%(site)s", site=site_name(entry.client_id)), ""
        case "oidc", _dot, "device_denied":
            return _("拒绝一台设备登录%(site)s", site=site_name(entry.client_id)), ""
        case "consent", _dot, "given":
            got = _("、").join(facts_shown.labels(details.get("scope", ())))
            return _("允许%(site)s得到信息", site=site_name(entry.client_id)), got
        case "consent", _dot, "withdrawn":
            return _("已撤回对%(site)s的授权", site=site_name(entry.client_id)), ""
        case "link", _dot, "added" | "removed" as change:
            return _link(change), source_name(details.get("source", ""))
        case "face_consent", _dot, "given" | "withdrawn" as change:
            return str(_("同意用人脸核验身份") if change == "given" else _("撤回了用人脸核验身份的同意")), ""
        case "details", _dot, "changed":
            return _("资料已更改"), _("、").join(facts_shown.labels(_claims(details.get("members", ()))))
        case "identity", _dot, "proven" | "not_proven" as verdict:
            return _verdict(verdict, details, source_name), _asked_by(site_name(entry.client_id))
        case "session", _dot, "ended":
            return _("已退出登录"), _end_reason(details.get("reason", ""))
        case _:
            return (plain[entry.act], "") if entry.act in plain else None


def _link(change: str) -> str:
    return str(_("关联了一种登录方式") if change == "added" else _("取消了一种登录方式"))


def _claims(members: Iterable[str]) -> list[str]:
    """Members of a person's details as the words of a consent; an English form counts as its claim."""
    return [f"{consents.CLAIM}{standard_claims.base(member)}" for member in members]


def _verdict(verdict: str, details: Mapping[str, Any], source_name: SourceName) -> str:
    source = source_name(details.get("source", "")) or _("登记机关")
    if verdict == "proven":
        return str(_("向%(source)s核验身份：通过", source=source))
    if details.get("verdict") == "unavailable":
        return str(_("向%(source)s核验身份：没有得到答复", source=source))
    if details.get("verdict") == "abandoned":
        return str(_("向%(source)s核验身份：没有完成", source=source))
    return str(_("向%(source)s核验身份：没有通过", source=source))


def _asked_by(site: str) -> str:
    return str(_("由%(site)s发起", site=site) if site else _("由您在账户中心发起"))


def _end_reason(reason: str) -> str:
    words = {
        "password_changed": _("因为更改了密码"),
        "password_recovered": _("因为找回了密码"),
        "account_frozen": _("因为账户被停用"),
        "ended_by_owner": _("由您在账户中心操作"),
        "ended_by_staff": _("由工作人员办理"),
        "credentials_reset": _("因为重置了登录方式"),
    }
    return str(words.get(reason, ""))
