"""Sources that people sign in at, as pages show them: which suit the browser in hand, and what they are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import gettext as _

from idp.edge import browser
from idp.edge.services import services
from idp.realname.ports import SignIn, Source


@dataclass(frozen=True, slots=True)
class Door:
    """A button that leads to a source; the glyph is the first letter of its name, no vendor's mark."""

    name: str
    label: str

    @property
    def glyph(self) -> str:
        return self.label[:1]


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A link as its owner's pages show it."""

    id: str
    label: str
    shown: str = field(repr=False)
    linked_at: datetime
    last_used_at: datetime | None


def links_of(account_id: str) -> list[ShownLink]:
    """The links of an account, each by the name of its source."""
    with services().database.view() as db:
        found = services().links.of(db, account_id)
    return [ShownLink(each.id, label(each.source), each.shown, each.linked_at, each.last_used_at) for each in found]


def doors() -> list[Door]:
    """The sources to sign in at that can be used where the person is."""
    return [
        Door(source.name, label_of(source)) for source in services().sources.offered if usable(source.name) is not None
    ]


def said(query: Mapping[str, str]) -> str | None:
    """A sentence about a sign-in elsewhere that came to nothing, from the address of the page it ended on."""
    source = services().sources.find(query.get("with", ""))
    if source is None:
        return None
    name = label_of(source)
    sentences = {
        "refused": _("您没有在%(source)s完成登录。可以再试一次，或换一种方式登录。", source=name),
        "away": _("%(source)s现在没有答复。请换一种方式登录，或过一会儿再试。", source=name),
        "unusable": _("%(source)s关联的账户已被停用，不能登录。请到政务服务大厅或拨打服务热线办理。", source=name),
    }
    return sentences.get(query.get("said", ""))


def usable(name: str) -> SignIn | None:
    """The sign-in of a source, if there is one and it suits this browser."""
    source = services().sources.find(name)
    if source is None or source.sign_in is None or not services().sources.is_offered(name):
        return None
    return source.sign_in if source.sign_in.suits(browser.surface()) else None


def label(name: str) -> str:
    """What people call a source; one that is configured no more is called by its name."""
    source = services().sources.find(name)
    return label_of(source) if source is not None else name


def label_of(source: Source) -> str:
    return translated(source.label)


def translated(given: str) -> str:
    """The label of a source in the language of the page, where it is one that we know."""
    known = {
        "微信": _("微信"), "支付宝": _("支付宝"), "公安人口库": _("公安人口库"), "政务服务大厅": _("政务服务大厅"),
        "电子营业执照": _("电子营业执照"), "企业登记信息": _("企业登记信息"), "社会组织登记信息": _("社会组织登记信息"),
        "机关和事业单位登记信息": _("机关和事业单位登记信息"), "法人库": _("法人库"),
    }  # fmt: skip
    return str(known.get(given, given))
