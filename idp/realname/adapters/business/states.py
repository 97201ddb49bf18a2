"""How a register's words about an organisation's state are read: live only where every word of it says so."""

import re
from typing import Final

from idp.core.identifiers.text import half_width
from idp.realname.ports import OrganisationState

_BETWEEN: Final = re.compile(r"[\s()\[\]、,;/。]+")
_LIVE: Final = frozenset({"存续", "在营", "开业", "在册", "正常"})
_LIVE_WHOLE: Final = frozenset({"在营(开业)企业"})
_ENDED: Final = {
    "已注销": OrganisationState.CLOSED,
    "注销": OrganisationState.CLOSED,
    "撤销": OrganisationState.CLOSED,
    "已撤销": OrganisationState.CLOSED,
    "撤销登记": OrganisationState.CLOSED,
    "吊销": OrganisationState.REVOKED,
    "已吊销": OrganisationState.REVOKED,
    "迁出": OrganisationState.MOVED,
    "停业": OrganisationState.SUSPENDED,
}
"""In the order in which they weigh: what is revoked and then closed is closed. 未注销 beside 吊销 says nothing new."""


def read(words: object) -> OrganisationState:
    """The state; UNKNOWN for every word that was not agreed on, and for none."""
    if not isinstance(words, str):
        return OrganisationState.UNKNOWN
    text = half_width(words).strip()
    told = {each for each in _BETWEEN.split(text) if each}
    for word, state in _ENDED.items():
        if word in told:
            return state
    if text in _LIVE_WHOLE or (told and told <= _LIVE):
        return OrganisationState.ACTIVE
    return OrganisationState.UNKNOWN
