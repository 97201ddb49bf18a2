"""The page about adapters tells the members of every built-in adapter as the code has them."""

import dataclasses

import pytest

from docs import adapters
from idp.realname.sources import BUILT_IN

PAGE = adapters.PAGE.read_text(encoding="utf-8")


def test_the_tables_are_current():
    assert adapters.rendered(PAGE) == PAGE, "run: python -m docs.adapters"


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_member_of_every_adapter_is_there(name):
    table = PAGE.partition(f"### `{name}`")[2].partition("\n### ")[0]

    for field in dataclasses.fields(adapters.adapter_at(BUILT_IN[name]).options):
        assert f"| `{field.name}` |" in table


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_member_says_what_it_is(name):
    options = adapters.adapter_at(BUILT_IN[name]).options

    assert not {field.name for field in dataclasses.fields(options)} - adapters.sentences(options).keys()
