"""What a site gets, in the person's words: labels for scopes and claims, and the masked values behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from idp.accounts.profiles import Profile
from idp.core import clock
from idp.core.identifiers import mask_birthdate, mask_email, mask_mobile, mask_name, mask_resident_id
from idp.edge import level_words
from idp.oidc import standard_claims
from idp.oidc.consents import CLAIM, VOUCHED, ReleasedFact
from idp.web import apis_shown

# What a scope's lines leave out: parts of another line, and what says nothing about the person.
_UNSAID = frozenset({
    "family_name", "given_name", "middle_name", "email_verified", "phone_number_verified", "verified_at",
    "locale", "zoneinfo", "updated_at",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShownFact:
    """One part of the consent page: what it is called, the values that would go out, and why."""

    label: str
    values: tuple[tuple[str, str], ...] = field(repr=False)
    purpose: str
    note: str = ""
    is_essential: bool = False
    legal_basis: str = ""


def labels(words: Iterable[str]) -> list[str]:
    """What a consent holds, in the order a person cares about; `openid` says no more than that they are signed in."""
    wanted = set(words)
    known = {
        "realname": _("姓名、公民身份号码、出生日期、性别（已核验）"),
        "verified": _("姓名、公民身份号码、出生日期、性别、国籍，和是谁在什么时候核验的"),
        "legal": _("您代表的单位：名称、统一社会信用代码、类型、法定代表人，您的身份和期限"),
        "profile": _("姓名、性别、出生日期和您填写的公开资料"),
        "phone": _("手机号"),
        "email": _("电子邮箱"),
        "address": _("联系地址"),
        **{f"{CLAIM}{name}": label for name, label in claim_labels().items()},
        **{f"{VOUCHED}{name}": _("%(fact)s和核验证明", fact=label) for name, label in vouched_labels().items()},
        **apis_shown.labels(wanted),
        "offline_access": _("您离开后继续更新这些信息"),
    }
    if {"realname", "profile"} <= wanted:
        known["profile"] = _("您填写的公开资料")  # the rest is said already
    return list(dict.fromkeys(label for word, label in known.items() if word in wanted))


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
        "legal": _("您代表的单位"),
        "ial": _("核验程度"),
        "verified_at": _("核验时间"),
        "nickname": _("昵称"),
        "preferred_username": _("账户名"),
        "phone_number": _("手机号"),
        "phone_number_verified": _("手机号是否已验证"),
        "email": _("电子邮箱"),
        "email_verified": _("电子邮箱是否已验证"),
        "address": _("联系地址"),
        "website": _("个人网站"),
        "profile": _("个人主页"),
        "picture": _("头像"),
        "locale": _("语言"),
        "zoneinfo": _("时区"),
        "updated_at": _("资料更新时间"),
    }


def vouched_labels() -> dict[str, str]:
    """What each claim is called that the centre vouches for."""
    known = claim_labels()
    return {
        **{name: known[name] for name in ("name", "resident_id", "gender", "birthdate")},
        "nationalities": _("国籍"),
        "legal_person": _("您代表的单位"),
        "legal_representative": _("单位的法定代表人"),
        "role": _("您在单位的身份"),
    }


def shown(facts: Iterable[ReleasedFact], known: Mapping[str, Any], *, in_english: bool = False) -> list[ShownFact]:
    """The parts of the consent page, each fact once; `in_english` when the site asks for the English forms as well."""
    made: list[ShownFact] = []
    told: set[str] = set()
    for fact in facts:
        names = _claims_of(fact.word)
        if fact.word == "realname" and "ial" not in known:
            names = ()  # nothing but confirmed facts goes out by it
        label = next(iter(labels([fact.word])), fact.word)
        if fact.word == "profile" and "name" in told:
            label = _("您填写的公开资料")
        made.append(_shown(fact, label, [n for n in names if n not in told], known, in_english=in_english))
        told |= {name for name in names if known.get(name)}
    return made


def _shown(
    fact: ReleasedFact, label: str, names: list[str], known: Mapping[str, Any], *, in_english: bool
) -> ShownFact:
    wording = claim_labels()
    values = [
        (wording[name], value_of(name, known))
        for name in wording
        if name in names and known.get(name) not in (None, "")
    ]
    if in_english:
        values += [
            (_("%(fact)s（英文）", fact=wording[name]), value_of(name, known, "#en"))
            for name in wording
            if name in names and known.get(f"{name}#en")
        ]
    has_values = bool(values) or not (names or fact.word == "realname")
    return ShownFact(
        label=label,
        # Of a single claim the label says it all.
        values=tuple(("" if said == label else said, value) for said, value in values),
        purpose=fact.purpose,
        note="" if has_values else _nothing_yet(fact.word),
        is_essential=fact.is_essential,
        legal_basis=fact.legal_basis,
    )


def _nothing_yet(word: str) -> str:
    confirmed = {
        "realname",
        *(f"{CLAIM}{name}" for name in ("resident_id", "gender", "birthdate", "ial", "verified_at")),
    }
    if word in confirmed:
        return str(_("您还没有核验身份，现在不会提供。核验之后会提供。"))
    if word in {"legal", f"{CLAIM}legal"}:
        return str(_("您这次不代表单位，不会提供。代表单位时会提供。"))
    return str(_("您还没有填写，现在不会提供。填写之后会提供。"))


def _claims_of(word: str) -> tuple[str, ...]:
    if word.startswith(CLAIM):
        return (word.removeprefix(CLAIM),)
    return tuple(name for name in standard_claims.SCOPE_CLAIMS.get(word, ()) if name not in _UNSAID)


def value_of(name: str, known: Mapping[str, Any], language: str = "") -> str:
    """A claim's value as its owner sees it, masked where somebody might look over their shoulder."""
    value = known.get(name + language)
    match name:
        case "name" | "family_name" | "given_name" | "middle_name":
            return mask_name(str(value)) if name == "name" else f"{str(value)[:1]}*"
        case "resident_id":
            return mask_resident_id(str(value))
        case "birthdate":
            return mask_birthdate(str(value))
        case "phone_number":
            return mask_mobile(str(value).removeprefix("+86"))
        case "email":
            return mask_email(str(value))
        case "address" if isinstance(value, dict):
            return _masked_address(value)
        case "gender":
            return str({"male": _("男"), "female": _("女")}.get(str(value), value))
        case "phone_number_verified" | "email_verified":
            return str(_("已验证") if value else _("未验证"))
        case "legal" if isinstance(value, dict):
            return f"{value['name']} {value['uscc']}"
        case "ial":
            return str(_(level_words.LEVELS[int(value or 0)]))
        case "updated_at" | "verified_at":
            return clock.day_in_beijing(int(value or 0))
        case _:
            return str(value)


def _masked_address(address: Mapping[str, str]) -> str:
    """Down to the town; the house is nobody's business who looks over a shoulder."""
    return f"{address.get('region', '')}{address.get('locality', '')}****"


def account_label(profile: Profile) -> str:
    """How the account is called on its owner's pages."""
    phone = masked_phone(profile)
    return _("%(name)s（%(phone)s）", name=profile.username, phone=phone) if profile.username else phone


def masked_phone(profile: Profile) -> str:
    return mask_mobile((profile.phone or "").removeprefix("+86"))
