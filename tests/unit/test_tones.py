"""The colours that operators may choose from are readable wherever they are used, in both themes (WCAG 2.2, 1.4.3)."""

import re
from pathlib import Path

import pytest

import idp
from idp.policies.kinds import COLOURS

CSS = (Path(idp.__file__).parent / "web/static/css/tokens.css").read_text(encoding="utf-8")


def tokens(selector: str) -> dict[str, str]:
    found = re.search(re.escape(selector) + r" \{([^}]*)\}", CSS)
    assert found is not None, selector
    return dict(re.findall(r"(--[a-z-]+): (#[0-9a-f]{6})", found[1]))


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lower, upper = sorted((luminance(one), luminance(other)))
    return (upper + 0.05) / (lower + 0.05)


@pytest.mark.parametrize("colour", [each for each in COLOURS if each != "blue"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_tone_is_readable(colour, theme):
    ground = tokens(":root" if theme == "light" else ':root[data-theme="dark"]')
    tone = tokens(f":root.tone-{colour}" if theme == "light" else f':root[data-theme="dark"].tone-{colour}')

    for button in ("--action", "--action-strong"):
        assert contrast(tone[button], "#ffffff") >= 4.5
    for behind in (ground["--paper"], ground["--ground"], tone["--action-tint"]):
        assert contrast(tone["--link"], behind) >= 4.5


@pytest.mark.parametrize("colour", [each for each in COLOURS if each != "blue"])
def test_the_systems_wish_and_the_persons_choice_are_the_same_dark(colour):
    assert tokens(f':root.tone-{colour}:not([data-theme="light"])') == tokens(f':root[data-theme="dark"].tone-{colour}')
