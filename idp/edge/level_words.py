"""What the levels of identity proof are called: one set of words, for people, operators and developers alike."""

from typing import Final


def word(text: str) -> str:
    """Marks a text for the catalogue; it is looked up where it is shown."""
    return text


LEVELS: Final = {
    0: word("尚未核验"),
    1: word("已实名"),
    2: word("已实人核验"),
    3: word("已当面或凭证书核验"),
}
"""By the number behind `ial` (docs/integration.md, "Levels")."""


def named(level: str) -> str:
    """The words for `ial2`, or for the first part of `ial2.aal1`; empty where it is no level of ours."""
    ial = level.partition(".")[0]
    return LEVELS.get(int(ial[3]), "") if len(ial) == 4 and ial.startswith("ial") and ial[3] in "0123" else ""
