"""The English catalogue says everything the pages and the refusals say."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import idp
from idp.accounts.agreements import CURRENT
from idp.web import legal

ROOT = Path(idp.__file__).parent
PO = ROOT / "web/translations/en/LC_MESSAGES/messages.po"
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None}
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def _catalogue() -> dict[str, str]:
    with PO.open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file) if one.id}


def _said_by_pages() -> set[str]:
    methods = [("**.py", "python"), ("templates/**.html", "jinja2")]
    return {str(found[2]) for found in extract_from_dir(str(ROOT / "web"), method_map=methods, keywords=KEYWORDS)}


def _said_by_refusals() -> set[str]:
    sentences: set[str] = set()
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Assign(targets=[ast.Name(id="sentence")], value=ast.Constant(value=str(text))) if text:
                    sentences.add(text)
                case ast.AnnAssign(target=ast.Name(id="sentence"), value=ast.Constant(value=str(text))) if text:
                    sentences.add(text)
    return sentences


def test_every_sentence_has_its_english():
    known = _catalogue()

    assert {said for said in _said_by_pages() | _said_by_refusals() if not known.get(said)} == set()


def test_the_english_fills_in_the_same_values():
    differing = {s for s, t in _catalogue().items() if set(PLACEHOLDER.findall(s)) != set(PLACEHOLDER.findall(t))}

    assert differing == set()


def test_nothing_is_translated_that_nobody_says():
    assert set(_catalogue()) - _said_by_pages() - _said_by_refusals() == set()


def test_the_texts_people_agree_to_are_the_ones_shown():
    assert legal.current_versions() == dict(CURRENT)
    for document, version in CURRENT.items():
        for language in ("zh", "en"):
            assert legal.text(document, version, language) is not None
