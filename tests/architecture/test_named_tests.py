"""What the pages of the documentation name is there: a test that was renamed or lost takes its line along."""

import ast
import re
from functools import cache

import pytest

from tests.architecture.source import ROOT

PAGES = ("docs/conformance.md", "docs/security.md")
# `flows/test_x.py::test_y`, further tests of the same file on that line as `::test_z`, or a name that stands alone.
_NAMED = re.compile(r"([\w/]+\.py)?(::)?((?:Test\w+::)?test_\w+)(?![\w/]*\.py)(?!/)")
_MODULE = re.compile(r"`([\w/]+\.py|[\w/]+/)`")


def defined(path: str) -> set[str]:
    """The tests of one file, those in classes as `Class::name`."""
    found = set()
    for node in ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)}
    return {name for name in found if name.rpartition("::")[2].startswith("test_")}


@cache
def written() -> dict[str, set[str]]:
    """Every file with tests, by its place under `tests/`; a contract that classes inherit may stand in any of them."""
    paths = (path.relative_to(ROOT / "tests").as_posix() for path in (ROOT / "tests").rglob("*.py"))
    return {path: defined(path) for path in paths}


def missing(text: str) -> list[str]:
    """The tests that the text names and that nobody wrote."""
    known = written()
    all_names = {name.rpartition("::")[2] for names in known.values() for name in names}
    lost = []
    for line in text.splitlines():
        path = None
        for of_file, colons, name in _NAMED.findall(line):
            path = of_file or path
            if name not in (known.get(path or "", set()) if colons else all_names):
                lost.append(f"{path}::{name}" if colons else name)
    return lost


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_a_page_names_exists(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert len(_NAMED.findall(text)) > 50
    assert not missing(text)


def test_every_module_that_the_conformance_page_names_exists():
    text = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
    named = {name for name in _MODULE.findall(text) if not name.startswith(("flows/", "security/", "tests/"))}
    assert len(named) > 30
    assert not [name for name in named if not ((ROOT / "idp/oidc" / name).exists() or (ROOT / name).exists())]


@pytest.mark.parametrize(
    "line",
    [
        "`flows/test_requests.py::test_nothing_of_the_kind`",
        "`flows/test_requests.py::test_prompt_none_asks_nobody`, `::test_nothing_of_the_kind`",
        "`flows/test_nowhere.py::test_prompt_none_asks_nobody`",
        "`test_nothing_of_the_kind`",
        "`flows/test_asking.py::TestPkce::test_nothing_of_the_kind`",
    ],
)
def test_a_lost_test_is_seen(line):
    assert missing(line)


def test_a_test_that_is_there_passes():
    assert not missing(
        "`flows/test_requests.py::test_prompt_none_asks_nobody`, `::test_prompt_create_leads_to_registration`,"
        " `flows/test_asking.py::TestPkce::test_nobody_else_may`, `test_a_hint_means_one_person`, `tests/flows/test_asking.py`"
    )
