"""What is shown of a personal value: the same masks on every page."""

import re

from idp.core.identifiers.names import SEPARATOR

_COMPOUND_FAMILY_NAME = re.compile(
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|万俟|闻人|夏侯|诸葛|尉迟|公羊|赫连|澹台|皇甫|宗政|濮阳|公冶|太叔|申屠|公孙"
    "|慕容|仲孙|钟离|长孙|宇文|司徒|鲜于|司空|令狐|呼延|公西|第五|左丘|东郭|西门|百里|东门|南门|拓跋|轩辕"
)


def mask_resident_id(number: str) -> str:
    """370199198503070017 → 370199********0017."""
    return f"{number[:6]}{'*' * 8}{number[-4:]}" if len(number) == 18 else "*" * len(number)


def mask_mobile(number: str) -> str:
    """13800000001 → 138****0001."""
    return f"{number[:3]}****{number[-4:]}" if len(number) == 11 else "*" * len(number)


def mask_name(name: str) -> str:
    """张三 → 张*, 欧阳甲乙 → 欧阳**; of a name in parts or in Latin letters only the first character stays."""
    if SEPARATOR in name or name.isascii():
        return f"{name[:1]}**"
    family = 2 if len(name) > 2 and _COMPOUND_FAMILY_NAME.match(name) else 1
    return name[:family] + "*" * max(1, len(name) - family)
