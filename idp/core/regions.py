"""Divisions of GB/T 2260: six digits, two each for province, city and county; an empty one stands for the whole."""

import re

_DIVISION = re.compile(r"[1-8][0-9]{5}", re.ASCII)


def is_division(code: str) -> bool:
    """Six digits that name a division, a city or province among them."""
    return bool(_DIVISION.fullmatch(code))


def subtree(code: str) -> tuple[str, str]:
    """The first code of the division and of what lies in it, and the first one behind: `370100` holds `370102`."""
    prefix = code
    while prefix.endswith("00"):
        prefix = prefix[:-2]
    behind = str(int(prefix) + 1).zfill(len(prefix))
    return prefix.ljust(6, "0"), behind.ljust(6, "0")


def parts(code: str) -> list[str]:
    """The codes that the next smaller divisions of a province or a city may have; nothing for a county or the whole."""
    if code.endswith("0000"):
        return [f"{code[:2]}{number:02}00" for number in range(1, 100)]
    return [f"{code[:4]}{number:02}" for number in range(1, 100)] if code.endswith("00") else []


def lies_in(code: str, division: str) -> bool:
    """Whether the division `code` is `division` or lies in it; everything lies in the whole."""
    if not division:
        return True
    first, behind = subtree(division)
    return first <= code < behind
