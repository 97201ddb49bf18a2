"""Organisations and mandates in words: what an organisation is, in which state, who somebody is in it, how a mandate stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _

from idp.core import clock
from idp.edge import pages
from idp.edge.services import services
from idp.mandates.acting import EVERY_SITE, MANAGES_SITES


def kind(word: str) -> str:
    words = {
        "company": _("企业"),
        "individual_business": _("个体工商户"),
        "cooperative": _("农民专业合作社"),
        "social_group": _("社会团体"),
        "private_non_enterprise": _("社会服务机构"),
        "foundation": _("基金会"),
        "villagers_committee": _("村民委员会"),
        "residents_committee": _("居民委员会"),
        "organ": _("机关"),
        "institution": _("事业单位"),
        "mass_organisation": _("群众团体"),
    }
    return str(words.get(word, _("其他单位")))


def state(word: str) -> tuple[str, str]:
    """The shape and the words of a register's state."""
    words = {
        "active": ("good", _("存续（在营、开业、在册）")),
        "revoked": ("bad", _("吊销，未注销")),
        "closed": ("bad", _("注销")),
        "moved": ("bad", _("迁出")),
        "suspended": ("bad", _("停业")),
    }
    shape, text = words.get(word, ("warn", _("登记机关没有查到，暂停办事")))
    return shape, str(text)


def role(word: str) -> str:
    words = {
        "legal_representative": _("法定代表人"),
        "administrator": _("单位管理员"),
        "agent": _("经办人"),
    }
    return str(words[word])


def mandate_state(word: str) -> tuple[str, str]:
    """The shape and the words of how a mandate stands, or why it ended."""
    words = {
        "offered": ("wait", _("等待接受")),
        "live": ("good", _("有效")),
        "declined": ("info", _("对方没有接受")),
        "withdrawn": ("info", _("邀请已撤回")),
        "revoked": ("info", _("已收回")),
        "resigned": ("info", _("经办人已放弃")),
        "expired": ("info", _("已到期")),
        "lapsed": ("info", _("邀请过期，没有答复")),
        "parent": ("info", _("上一级授权已结束")),
        "representative": ("info", _("法定代表人已变更或不再认定")),
        "organisation": ("info", _("单位不再存续")),
        "account": ("info", _("账户已注销")),
    }
    shape, text = words[word]
    return shape, str(text)


def told(act: str, details: Mapping[str, Any]) -> tuple[str, str] | None:
    """An entry of the audit trail in words, with its reason; None for machinery."""
    words = {
        "organisation.asked": _("向登记机关查询单位"),
        "organisation.not_recognised": _("查询单位没有通过"),
        "representation.recognised": _("被认定为一个单位的法定代表人"),
        "representation.ended": _("不再是一个单位的法定代表人"),
        "mandate.offered": _("以单位名义发出授权邀请"),
        "mandate.accepted": _("接受了一个单位的授权"),
        "mandate.was_accepted": _("发出的授权邀请被接受"),
        "mandate.ended": _("代表单位的授权结束"),
    }
    if act not in words:
        return None
    reason = str(details.get("reason", ""))
    return str(words[act]), mandate_state(reason)[1] if act == "mandate.ended" and reason else ""


def sites(client_ids: Iterable[str]) -> str:
    """Where a mandate holds."""
    named = list(client_ids)
    if named == [EVERY_SITE]:
        return str(_("所有为单位办事的网站"))
    return str(_("、")).join(site_name(each) for each in named)


def site_name(client_id: str) -> str:
    if client_id == MANAGES_SITES:
        return str(_("接入管理"))
    if client_id == EVERY_SITE:
        return str(_("所有为单位办事的网站"))
    client = services().provider.clients.find(client_id)
    return client.name(pages.locale()) if client is not None else client_id


def offered_sites(within: Iterable[str] | None = None) -> list[tuple[str, str]]:
    """The sites a mandate may name, by id and name; of those in another mandate, where it names any."""
    bounds = set(within) if within is not None else {EVERY_SITE}
    is_bound = EVERY_SITE not in bounds
    known = services().provider.clients.serving_organisations()
    return [(each.client_id, each.name(pages.locale())) for each in known if not is_bound or each.client_id in bounds]


def keeps_sites(uscc: str, within: Iterable[str] | None = None) -> str | None:
    """The service of keeping a department's own sites, where its mandates may name it: also those under another one."""
    everything = services()
    may_own = everything.sites.owners.may_own(uscc)
    return MANAGES_SITES if may_own and (within is None or MANAGES_SITES in set(within)) else None


def departments_kept(account_id: str) -> bool:
    """Whether this person keeps the sites of any department now."""
    everything = services()
    with everything.database.view() as db:
        return bool(everything.sites.owners.departments(db, account_id, clock.now()))
