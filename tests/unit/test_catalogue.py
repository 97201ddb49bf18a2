"""The English catalogue says everything the pages and the refusals say."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import Blueprint, Flask
from flask_babel import gettext

import idp
from idp.policies import built_in
from idp.web import i18n

ROOT = Path(idp.__file__).parent
PLACE = "translations/en/LC_MESSAGES/messages.po"
OTHERS = [face for face in ("admin", "workbench") if (ROOT / face / PLACE).exists()]
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "word": None}
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def _catalogue(face: str = "web") -> dict[str, str]:
    with (ROOT / face / PLACE).open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file) if one.id}


def _said_by_pages(face: str = "web") -> set[str]:
    methods = [("**.py", "python"), ("templates/**.html", "jinja2")]
    said = {str(found[2]) for found in extract_from_dir(str(ROOT / face), method_map=methods, keywords=KEYWORDS)}
    if face == "web":  # what the faces share stands in the catalogue of the citizens' pages
        said |= _said_by_pages("edge")
    return said


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


@pytest.mark.parametrize("face", OTHERS)
def test_the_other_faces_have_their_english_too(face):
    """Refusals stand in the catalogue of the citizens' pages; what a face says beside them stands in its own."""
    known, first = _catalogue(face), _catalogue()

    assert {said for said in _said_by_pages(face) if not known.get(said) and not first.get(said)} == set()
    assert set(known) - _said_by_pages(face) - _said_by_refusals() == set()
    differing = {s for s, t in known.items() if set(PLACEHOLDER.findall(s)) != set(PLACEHOLDER.findall(t))}
    assert differing == set()


def test_the_english_fills_in_the_same_values():
    differing = {s for s, t in _catalogue().items() if set(PLACEHOLDER.findall(s)) != set(PLACEHOLDER.findall(t))}

    assert differing == set()


def test_nothing_is_translated_that_nobody_says():
    assert set(_catalogue()) - _said_by_pages() - _said_by_refusals() == set()


def test_every_text_of_the_release_is_there_in_both_languages():
    for document in built_in.DOCUMENTS:
        for version in built_in.versions(document):
            assert {bool(built_in.source(document, version, language)) for language in ("zh", "en")} == {True}


@pytest.mark.parametrize(("face", "said"), [("web", "Register"), ("admin", "Enrolment"), ("workbench", "Register")])
def test_a_face_says_its_own_english_first(face, said):
    app = Flask(__name__)
    i18n.init_app(app, *(ROOT / other / "translations" for other in ("workbench", "admin")))
    pages = Blueprint(face, __name__)
    pages.add_url_rule("/said", view_func=lambda: gettext("登记"))
    app.register_blueprint(pages)

    assert app.test_client().get("/said", headers={"Accept-Language": "en"}).get_data(as_text=True) == said
