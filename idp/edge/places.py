"""Names of the divisions that operators meet most: the province and its cities (GB/T 2260); the others go by their code."""

from typing import Final

from flask_babel import gettext

from idp.core import regions


def word(text: str) -> str:
    """Marks a text for the catalogue; it is looked up where it is shown."""
    return text


NAMES: Final = {
    "370000": word("山东省"),
    "370100": word("济南市"),
    "370200": word("青岛市"),
    "370300": word("淄博市"),
    "370400": word("枣庄市"),
    "370500": word("东营市"),
    "370600": word("烟台市"),
    "370700": word("潍坊市"),
    "370800": word("济宁市"),
    "370900": word("泰安市"),
    "371000": word("威海市"),
    "371100": word("日照市"),
    "371300": word("临沂市"),
    "371400": word("德州市"),
    "371500": word("聊城市"),
    "371600": word("滨州市"),
    "371700": word("菏泽市"),
}


def name(code: str) -> str:
    """`济南市 370100`; a county under its city: `济南市 370102`; nothing for the whole."""
    if not code:
        return str(gettext(word("全域")))
    known = NAMES.get(code) or NAMES.get(code[:4] + "00") or NAMES.get(code[:2] + "0000")
    return f"{gettext(known)} {code}" if known else code


def within(division: str) -> list[tuple[str, str]]:
    """The codes that have a name of their own and lie in the division (empty for the whole), each with it."""
    return [(code, str(gettext(known))) for code, known in NAMES.items() if regions.lies_in(code, division)]
