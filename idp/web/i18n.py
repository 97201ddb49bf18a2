"""Languages of the pages: Chinese is the source text, every other language a .po catalogue read into memory at boot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, Domain, get_locale

from idp.edge import display

CATALOGUES: Final = Path(__file__).parent / "translations"
DEFAULT: Final = "zh_CN"
LOCALES: Final[Mapping[str, str]] = {"zh": "zh_CN", "en": "en"}


class MemoryDomain(Domain):  # type: ignore[misc] # Flask-Babel is untyped
    """A message domain that never touches the disk after boot; a face that is named has its own words first."""

    def __init__(
        self,
        catalogues: Mapping[str, NullTranslations],
        faces: Mapping[str, Mapping[str, NullTranslations]] | None = None,
    ) -> None:
        super().__init__(domain="messages")
        self._catalogues, self._faces = catalogues, faces or {}
        self._source = NullTranslations()

    def get_translations(self) -> NullTranslations:
        locale = get_locale()
        if locale is None:
            return self._source
        face = request.blueprint if has_request_context() else None
        return self._faces.get(face or "", self._catalogues).get(locale.language, self._source)


class MemoryBabel(Babel):  # type: ignore[misc]
    """Flask-Babel with that one domain instead of a new one for each request."""

    domain_instance = None

    def __init__(self, domain: MemoryDomain) -> None:
        super().__init__()
        self.domain_instance = domain


def load_catalogues(*folders: Path) -> Mapping[str, NullTranslations]:
    """Compile every `<language>/LC_MESSAGES/messages.po` in memory; no compiled file lives in the repository.

    What a later folder says differently from an earlier one is ignored.
    """
    catalogues: dict[str, Translations] = {}
    for po_file in (found for folder in folders for found in sorted(folder.glob("*/LC_MESSAGES/messages.po"))):
        language = po_file.parents[1].name
        compiled = BytesIO()
        with po_file.open("rb") as source:
            write_mo(compiled, read_po(source, locale=language))
        compiled.seek(0)
        read = Translations(compiled)
        catalogues[language] = read.merge(catalogues.get(language, read))
    return catalogues


def init_app(app: Flask, *further: Path) -> None:
    """Give the application its languages and the time zone its readers live in; `further` faces bring their catalogues.

    A face is the blueprint that is named as its folder: its pages read its own catalogue first, then all others.
    """
    faces = {each.parent.name: load_catalogues(each, CATALOGUES, *further) for each in further}
    MemoryBabel(MemoryDomain(load_catalogues(CATALOGUES, *further), faces)).init_app(
        app, default_locale=DEFAULT, default_timezone="Asia/Shanghai", locale_selector=select_locale
    )


def wish_of_site(ui_locales: Iterable[str], *, journey: str) -> None:
    """Note the languages the relying site asked for (OpenID Connect Core §3.1.2.1, `ui_locales`)."""
    g.ui_locales = tuple(ui_locales)
    g.ui_journey = journey


def select_locale() -> str:
    """The site's wish, then the person's own choice, then the browser's languages, then Chinese."""
    if not has_request_context():
        return DEFAULT
    chosen = display.current()
    wished = match(g.get("ui_locales") or request.args.get("ui_locales", "").split())
    if wished is not None and not chosen.outranks_site(g.get("ui_journey")):
        return wished
    if chosen.language:
        return LOCALES[chosen.language]
    return match(tag for tag, quality in request.accept_languages if quality > 0) or DEFAULT


def match(tags: Iterable[str]) -> str | None:
    """The first language tag we have pages in; every kind of Chinese gets the Chinese pages."""
    for tag in tags:
        if (locale := LOCALES.get(tag.replace("_", "-").split("-")[0].lower())) is not None:
            return locale
    return None


def language_tag() -> str:
    """The value of `<html lang>`."""
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else "zh-CN"
