"""A module is one idea, short, finished, and tied to no machine."""

import pytest

from tests.architecture import shape
from tests.architecture.source import Module, assert_kept, breaks

CODE = ("idp", "clients", "sandbox", "demo", "launcher", "bench")


@pytest.mark.parametrize(
    "rule",
    [shape.is_short, shape.opens_with_a_sentence, shape.has_a_telling_name, shape.is_finished],
    ids=lambda r: r.__name__,
)
def test_every_module_has_the_house_shape(rule):
    folders = [folder for folder in CODE if not (rule is shape.is_short and folder == "bench")]
    assert_kept(rule, *folders, except_in="/migrations/versions/")


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (shape.is_short, "idp/core/x.py", "\n" * 301),
        (shape.opens_with_a_sentence, "idp/core/x.py", "import json\n"),
        (shape.has_a_telling_name, "idp/web/utils.py", ""),
        (shape.has_a_telling_name, "idp/common/x.py", ""),
        (shape.is_finished, "idp/core/x.py", "x = 1  # TO" + "DO later"),
        (shape.names_no_machine, "docs/x.md", "see /roo" + "t/notes"),
        (shape.names_no_machine, "docs/x.md", "in (/hom" + "e/somebody/x)"),
        (shape.names_no_index, "requirements.txt", "--index-" + "url https://mirror.example/simple"),
    ],
)
def test_a_module_out_of_shape_is_seen(rule, path, text):
    assert breaks(rule, path, text)


@pytest.fixture(scope="module")
def files() -> list[Module]:
    return shape.text_files()


@pytest.mark.parametrize("rule", [shape.names_no_machine, shape.names_no_index], ids=lambda r: r.__name__)
def test_no_file_names_a_machine_or_an_index(rule, files):
    assert len(files) > 20
    found = [str(complaint) for module in files for complaint in rule(module)]
    assert not found, "\n" + "\n".join(found)
