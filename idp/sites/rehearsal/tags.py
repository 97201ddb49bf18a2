"""The tags and texts of a page that somebody else wrote, read once from front to end: no page takes longer than its length.

The parser of the standard library goes back to where it was for each of many tags that never end: a small page would hold
a worker for hours.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_NAME: Final = re.compile(r"[A-Za-z][^\s/>]*")
_BETWEEN: Final = re.compile(r"[\s/=]*")
_ATTRIBUTE: Final = re.compile(r"([^\s/>=]+)\s*(=?)\s*")
_BARE: Final = re.compile(r"[^\s>]*")
_AS_TEXT: Final = {
    name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style", "textarea", "title", "xmp", "iframe")
}
"""In which nothing is a tag before their own end (HTML, 13.2.5)."""

Attributes = list[tuple[str, str | None]]


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag; names are in small letters, values as they read."""

    name: str
    attributes: Attributes
    is_end: bool = False


def read(text: str) -> Iterator[Tag | str]:
    """Tags and the texts between them, in order; what is never closed is not there."""
    at = 0
    while (opens := text.find("<", at)) >= 0:
        if opens > at:
            yield plain(text[at:opens])
        found, at = _markup(text, opens)
        if found is not None:
            yield found
        if at < 0:
            return
        if isinstance(found, Tag) and not found.is_end and (end := _AS_TEXT.get(found.name)) is not None:
            closes = end.search(text, at)
            if closes is None:
                return
            at = closes.start()
    if at < len(text):
        yield plain(text[at:])


def plain(text: str) -> str:
    """With its character references resolved."""
    try:
        return html.unescape(text)
    except ValueError:  # a number of thousands of digits
        return text


def _markup(text: str, at: int) -> tuple[Tag | str | None, int]:
    """What begins with this `<`, and where it ends; -1 where it never does."""
    if text.startswith("<!--", at):
        return None, _behind(text, "-->", at + 4)
    if text.startswith(("<!", "<?"), at):
        return None, _behind(text, ">", at)
    is_end = text.startswith("</", at)
    name = _NAME.match(text, at + 1 + is_end)
    if name is None:
        return "<", at + 1
    if is_end:
        return Tag(name[0].lower(), [], is_end=True), _behind(text, ">", name.end())
    attributes, behind = _attributes(text, name.end())
    return (Tag(name[0].lower(), attributes) if behind >= 0 else None), behind


def _attributes(text: str, at: int) -> tuple[Attributes, int]:
    found: Attributes = []
    while True:
        between = _BETWEEN.match(text, at)
        at = between.end() if between is not None else at
        said = _ATTRIBUTE.match(text, at)
        if said is None:
            return found, at + 1 if at < len(text) else -1  # it is the `>`
        value, at = None, said.end()
        if said[2]:
            value, at = _value(text, at)
            if at < 0:
                return found, -1
        found.append((said[1].lower(), plain(value) if value is not None else None))


def _value(text: str, at: int) -> tuple[str, int]:
    if (quote := text[at : at + 1]) and quote in "'\"":
        end = text.find(quote, at + 1)
        return text[at + 1 : end], end + 1 if end >= 0 else -1
    bare = _BARE.match(text, at)
    return (bare[0], bare.end()) if bare is not None else ("", at)


def _behind(text: str, closing: str, at: int) -> int:
    found = text.find(closing, at)
    return found + len(closing) if found >= 0 else -1
