"""What a site gets, in the person's words: labels for scopes and the masked values behind them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from flask_babel import gettext as _

from idp.accounts.accounts import Profile
from idp.core.identifiers import mask_mobile, mask_name, mask_resident_id
from idp.oidc.consents import ReleasedFact
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
        "phone": _("手机号"),
        "profile": _("账户名"),
        "offline_access": _("您离开后继续更新这些信息"),
    }
    wanted = set(scope)
    return [label for word, label in words.items() if word in wanted]


def shown(facts: Iterable[ReleasedFact], profile: Profile, person: PersonFacts | None) -> list[ShownFact]:
    """The lines of the consent page with the values that would go out, masked."""
    return [
        ShownFact(
            labels([fact.scope])[0], _values(fact.scope, profile, person), fact.purpose or _("用于识别您的账户。")
        )
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
