"""What a site gets, in the person's words: labels for scopes and the masked values behind them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from flask_babel import gettext as _

from idp.accounts.profiles import Profile
from idp.core.identifiers import mask_mobile, mask_name, mask_resident_id
from idp.oidc.consents import CLAIM, ReleasedFact
from idp.realname.persons import PersonFacts


@dataclass(frozen=True, slots=True)
class ShownFact:
    """One line of the consent page."""

    label: str
    values: tuple[str, ...] = field(repr=False)
    purpose: str


def labels(scope: Iterable[str]) -> list[str]:
    """The scopes of a site in the order a person cares about; `openid` says no more than that they are signed in."""
    words = {
        "realname": _("姓名、公民身份号码、出生日期、性别（已核验）"),
        "profile": _("姓名、性别、出生日期和您的公开资料"),
        "phone": _("手机号"),
        "email": _("电子邮箱"),
        "address": _("联系地址"),
        **{f"{CLAIM}{name}": label for name, label in claim_labels().items()},
        "offline_access": _("您离开后继续更新这些信息"),
    }
    wanted = set(scope)
    return list(dict.fromkeys(label for word, label in words.items() if word in wanted))


def claim_labels() -> dict[str, str]:
    """What each claim is called, in the order in which they are shown."""
    return {
        "name": _("姓名"),
        "family_name": _("姓"),
        "given_name": _("名"),
        "middle_name": _("中间名"),
        "resident_id": _("公民身份号码"),
        "gender": _("性别"),
        "birthdate": _("出生日期"),
        "ial": _("核验程度"),
        "verified_at": _("核验时间"),
        "nickname": _("昵称"),
        "preferred_username": _("账户名"),
        "phone_number": _("手机号"),
        "phone_number_verified": _("手机号是否已验证"),
        "email": _("电子邮箱"),
        "email_verified": _("电子邮箱是否已验证"),
        "address": _("联系地址"),
        "profile": _("个人主页"),
        "picture": _("头像"),
        "website": _("个人网站"),
        "locale": _("语言"),
        "zoneinfo": _("时区"),
        "updated_at": _("资料更新时间"),
    }


def shown(facts: Iterable[ReleasedFact], profile: Profile, person: PersonFacts | None) -> list[ShownFact]:
    """The lines of the consent page with the values that would go out, masked."""
    return [
        ShownFact(labels([fact.word])[0], _values(fact.word, profile, person), fact.purpose or _("用于识别您的账户。"))
        for fact in facts
    ]


def account_label(profile: Profile) -> str:
    """How the account is called on its owner's pages."""
    phone = masked_phone(profile)
    return f"{profile.username}（{phone}）" if profile.username else phone


def masked_phone(profile: Profile) -> str:
    return mask_mobile((profile.phone or "").removeprefix("+86"))


def _values(scope: str, profile: Profile, person: PersonFacts | None) -> tuple[str, ...]:
    match scope:
        case "realname" if person is not None:
            return mask_name(person.name), mask_resident_id(person.resident_id)
        case "phone":
            return (masked_phone(profile),)
        case "profile":
            return (profile.username or masked_phone(profile),)
        case _:
            return ()
