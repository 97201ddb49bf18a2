"""The texts a person agrees to: privacy policy and user agreement, every published version kept word for word."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

TEXTS: Final = Path(__file__).parent / "texts"
DOCUMENTS: Final = ("user_agreement", "privacy_notice")


@dataclass(frozen=True, slots=True)
class LegalText:
    """One version of one document in one language; the text is our own trusted HTML."""

    document: str
    version: str
    html: str


@cache
def versions(document: str) -> tuple[str, ...]:
    """All published versions, newest first; a version is the day it came into force."""
    found = {path.name.split(".")[0] for path in (TEXTS / document).glob("*.html")}
    return tuple(sorted(found, reverse=True))


def current(document: str) -> str:
    return versions(document)[0]


def current_versions() -> dict[str, str]:
    """What somebody who registers today agrees to."""
    return {document: current(document) for document in DOCUMENTS}


@cache
def text(document: str, version: str, language: str) -> LegalText | None:
    """Read a version; a language without a translation gets the Chinese original, which is the binding one."""
    if document not in DOCUMENTS or version not in versions(document):
        return None
    translated = TEXTS / document / f"{version}.{language}.html"
    original = TEXTS / document / f"{version}.zh.html"
    source = translated if language in {"zh", "en"} and translated.is_file() else original
    return LegalText(document, version, source.read_text(encoding="utf-8"))
