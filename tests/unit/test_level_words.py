"""The levels have one set of words, and the citizens' pages speak in it."""

from babel.messages.extract import extract_from_dir

from idp.edge import level_words
from tests.unit.test_catalogue import KEYWORDS, ROOT


def test_the_words_of_the_levels_are_those_of_the_citizens_pages():
    pages = extract_from_dir(str(ROOT / "web"), method_map=[("templates/**.html", "jinja2")], keywords=KEYWORDS)
    said = {found[2] for found in pages}

    assert set(level_words.LEVELS.values()) <= said


def test_a_level_is_named_by_its_first_part():
    assert [level_words.named(each) for each in ("ial0", "ial2", "ial3.aal1")] == [
        level_words.LEVELS[each] for each in (0, 2, 3)
    ]
    assert {level_words.named(each) for each in ("", "aal1", "ial4", "ialx", "3", "L1")} == {""}
