"""The maps in the documentation are whole: the modules of the protocol, the index of the decisions, the links between pages."""

import re
from pathlib import Path

from tests.architecture.source import ROOT

FOLDER = ROOT / "idp" / "oidc"


def test_every_module_of_the_protocol_stands_in_the_map():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = text.partition("## The protocol, module by module")[2].partition("\n## ")[0]
    named = set()
    for _question, where, modules in (row.strip("|").split("|") for row in table.splitlines() if row.count("|") == 4):
        named |= {where.strip(" `") + name for name in re.findall(r"\b(?<!/)(\w+\.py)\b", modules)}
    there = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.py") if path.name != "__init__.py"}
    assert there - named == set(), "docs/architecture.md lacks them"
    assert named - there == set(), "docs/architecture.md names what is gone"


def test_every_decision_has_its_number_and_its_line_in_the_index():
    folder = ROOT / "docs" / "decisions"
    decisions = sorted(path.name for path in folder.glob("0*.md"))
    assert [int(name[:4]) for name in decisions] == list(range(1, len(decisions) + 1))
    index = (folder / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\((0\d{3}-[\w-]+\.md)\)", index) == decisions


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as they are made where the pages are read."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_between_the_pages_leads_somewhere():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "clients" / "README.md"]
    lost = []
    for page in pages:
        for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            if "://" in link or link.startswith("mailto:"):
                continue
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
                lost.append(f"{page.name}: {link}")
    assert not lost
