"""The shape of a module, and what no file of the tree may hold."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import ROOT, Complaint, Module

LONGEST = 300
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "stuff"}
_UNFINISHED = re.compile(r"#\s*(TODO|FIXME|XXX|HACK)\b|\bNotImplementedError\b")
# Folders of one machine or one person; the names are split so that this file does not trip over itself.
_MACHINE = re.compile(r"(?<![\w.-])/(?:" + "|".join(["wor" + "k", "roo" + "t", "Use" + "rs", "hom" + "e"]) + r")/\w")
_INDEX = re.compile(r"^\s*(?:--)?(?:extra-)?index-" + r"url\b|--find-" + r"links", re.MULTILINE)
_TEXT = {
    ".py",
    ".md",
    ".txt",
    ".toml",
    ".yml",
    ".yaml",
    ".conf",
    ".html",
    ".css",
    ".js",
    ".json",
    ".cfg",
    ".ini",
    ".sh",
    ".po",
    "",
}


def is_short(module: Module) -> Iterator[Complaint]:
    """A module is one idea: at most 300 lines."""
    lines = module.text.count("\n")
    if lines > LONGEST:
        yield module.complain(lines, f"{lines} lines; a module has at most {LONGEST}")


def opens_with_a_sentence(module: Module) -> Iterator[Complaint]:
    """The first sentence says what the module owns."""
    doc = ast.get_docstring(module.tree)
    if module.text.strip() and not (doc and doc.split("\n")[0].strip()):
        yield module.complain(1, "open with one sentence that says what this module owns")


def has_a_telling_name(module: Module) -> Iterator[Complaint]:
    """No drawer for odds and ends."""
    if VAGUE & set(module.name.split(".")):
        yield module.complain(1, "name the module after what it owns")


def is_finished(module: Module) -> Iterator[Complaint]:
    """Nothing is left for later in the code."""
    for number, line in enumerate(module.text.splitlines(), 1):
        if _UNFINISHED.search(line):
            yield module.complain(number, "finish it, or leave it out")


def names_no_machine(module: Module) -> Iterator[Complaint]:
    """No folder of one machine or person."""
    for number, line in enumerate(module.text.splitlines(), 1):
        if found := _MACHINE.search(line):
            yield module.complain(number, f"a path of one machine: {found[0]}")


def names_no_index(module: Module) -> Iterator[Complaint]:
    """No file tells pip where to fetch from."""
    if _INDEX.search(module.text):
        yield module.complain(1, "names a package index")


def text_files() -> list[Module]:
    """Every text file that is, or is about to be, in the repository; not what .gitignore names."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    names = listed.stdout.splitlines() or _walk()
    paths = [ROOT / name for name in names if Path(name).suffix in _TEXT]
    return [
        Module(p.relative_to(ROOT).as_posix(), p.read_text(encoding="utf-8", errors="replace"))
        for p in paths
        if p.is_file()
    ]


def _walk() -> list[str]:
    """The same without git (a source archive)."""
    hidden = {".git", ".venv", "var"}
    return [str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if not hidden & set(p.relative_to(ROOT).parts)]
