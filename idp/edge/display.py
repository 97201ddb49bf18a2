"""How this browser wants the pages shown: language, elder mode and theme, in one cookie that says nothing about a person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Self

from flask import Request, Response, request

COOKIE: Final = "idp_display"
LANGUAGES: Final = ("zh", "en")
THEMES: Final = ("auto", "light", "dark")
ONE_YEAR: Final = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Display:
    """A person's own choices; the defaults are what a browser without the cookie gets."""

    language: str = ""  # empty: not chosen, the browser's own languages decide
    is_elder: bool = False
    theme: str = "auto"
    chosen_during: str = ""  # end of the handle of the journey in which the language was chosen

    @classmethod
    def read(cls, cookie: str | None) -> Self:
        """Read the cookie; whatever is not understood is as if it had never been chosen."""
        language, elder, theme, during = [*(cookie or "").split("."), "", "", "", ""][:4]
        return cls(
            language=language if language in LANGUAGES else "",
            is_elder=elder == "elder",
            theme=theme if theme in THEMES else "auto",
            chosen_during=during if during.isalnum() and during.isascii() else "",
        )

    def __str__(self) -> str:
        elder = "elder" if self.is_elder else "standard"
        return f"{self.language}.{elder}.{self.theme}.{self.chosen_during}"

    def with_language(self, language: str, *, journey: str | None = None) -> Display:
        """Choose a language; chosen inside a journey it also outranks the wish of that journey's site."""
        return replace(self, language=language, chosen_during=_tail(journey))

    def outranks_site(self, journey: str | None) -> bool:
        """Whether the person changed the language after the site had asked for one (`ui_locales`)."""
        return bool(self.language and self.chosen_during) and self.chosen_during == _tail(journey)


def of(asked: Request) -> Display:
    return Display.read(asked.cookies.get(COOKIE))


def current() -> Display:
    return of(request)


def remember(answer: Response, display: Display) -> Response:
    answer.set_cookie(COOKIE, str(display), max_age=ONE_YEAR, httponly=True, samesite="Lax", secure=request.is_secure)
    return answer


def _tail(journey: str | None) -> str:
    return "".join(letter for letter in (journey or "") if letter.isascii() and letter.isalnum())[-6:]
