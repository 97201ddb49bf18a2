"""The texts that people agree to as pages show them: which document, which version, since when, in which language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from idp.policies import built_in, prose
from idp.policies.kinds import Text
from idp.policies.policies import DatedText

ADDRESSES: Final = {
    built_in.USER_AGREEMENT: "/legal/agreement",
    built_in.PRIVACY_NOTICE: "/legal/privacy",
    built_in.FACE_CONSENT: "/legal/face",
}


@dataclass(frozen=True, slots=True)
class ShownText:
    """One version, and its place among all there were; `until` is when it was replaced, None while it holds."""

    title: str
    version: str
    address: str
    until: str | None
    versions: tuple[DatedText, ...]
    text: Markup


def markup(text: Text, language: str) -> Markup:
    """The words as HTML; the writer of `idp.policies.prose` lets no other markup through than its own."""
    return Markup(prose.html(text.source(language)))  # noqa: S704


def shown(document: str, title: str, text: Text, versions: list[DatedText], language: str) -> ShownText:
    """What `legal.html` shows: of a text that is not published yet, too."""
    until = next((each.until for each in versions if each.name == text.name), None)
    return ShownText(title, text.name, ADDRESSES[document], until, tuple(versions), markup(text, language))
