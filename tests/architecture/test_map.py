"""The map of the protocol in docs/architecture.md: every module of `idp/oidc` stands in it, and none that is gone."""

import re

from tests.architecture.source import ROOT

FOLDER = ROOT / "idp" / "oidc"


def test_every_module_of_the_protocol_stands_in_the_map():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = text.partition("## The protocol, module by module")[2].partition("\n## ")[0]
    named = {name.rpartition("/")[2] for name in re.findall(r"`([\w/]+\.py)`", table)} | set(
        re.findall(r"\b(\w+\.py)\b", table)
    )
    there = {path.name for path in FOLDER.rglob("*.py")} - {"__init__.py"}
    assert there - named == set(), "docs/architecture.md lacks them"
    assert named - there - {"signing.py"} == set(), "docs/architecture.md names what is gone"
