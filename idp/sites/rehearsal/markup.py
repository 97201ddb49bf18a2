"""What a page offers to press, as far as it can be read without a script: forms, links, scripts, and its referrer policy."""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin

from idp.sites.rehearsal import tags

_OUT: Final = re.compile(r"(sign|log)[-_ ]?(out|off)|退出|登出|注销", re.IGNORECASE)
_NOT_SENT: Final = frozenset({"submit", "button", "image", "reset", "file"})
_MOST: Final = 200
_MOST_SAID, _LONGEST_ADDRESS = 2000, 4096
"""Characters: what is joined to something again and again must not grow with the page."""
Attributes = dict[str, str]


@dataclass(slots=True)
class Form:
    """A form as a browser would send it, pressed by its first button; `said` is what it looks to be for."""

    action: str
    method: str
    encoding: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    said: str = ""
    is_pressed: bool = False

    @property
    def leads_out(self) -> bool:
        return _OUT.search(self.said) is not None


@dataclass(slots=True)
class Page:
    """`scripts` are addresses with whether their content is pinned; `links` lead out by their words."""

    forms: list[Form] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    scripts: list[tuple[str, bool]] = field(default_factory=list)
    referrer: str = ""


def read(url: str, body: bytes) -> Page:
    """The page at this address; whatever is no markup offers nothing."""
    reader = _Reader(url)
    for each in tags.read(body.decode("utf-8", "replace")):
        if isinstance(each, str):
            reader.data(each)
        elif each.is_end:
            reader.end(each.name)
        else:
            reader.begin(each.name, each.attributes)
    return reader.page


class _Reader:
    def __init__(self, url: str) -> None:
        self.page = Page()
        self._base = url
        self._form: Form | None = None
        self._link: tuple[str, str] | None = None

    def begin(self, tag: str, attrs: tags.Attributes) -> None:
        said: Attributes = {name: value or "" for name, value in reversed(attrs)}  # of two, the first counts
        match tag:
            case "base" if said.get("href"):
                self._base = self._joined(said["href"]) or self._base
            case "form":
                self._begin(said)
            case "input" | "button" | "textarea":
                self._control(tag, said, {name for name, _ in attrs})
            case "a" if url := self._joined(said.get("href", "")):
                self._link = (url, f"{said.get('id', '')} {said['href']} "[:_MOST_SAID])
            case "script" if len(self.page.scripts) < _MOST and (url := self._joined(said.get("src", ""))):
                self.page.scripts.append((url, bool(said.get("integrity"))))
            case "meta" if said.get("name", "").casefold() == "referrer":
                self.page.referrer = said.get("content", "").strip().casefold()

    def end(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "a" and self._link is not None:
            url, said = self._link
            if _OUT.search(said) and len(self.page.links) < _MOST:
                self.page.links.append(url)
            self._link = None

    def data(self, data: str) -> None:
        self._say(data)
        if self._link is not None and len(self._link[1]) < _MOST_SAID:
            self._link = (self._link[0], self._link[1] + data[:_MOST_SAID])

    def _say(self, text: str) -> None:
        if self._form is not None and len(self._form.said) < _MOST_SAID:
            self._form.said += text[:_MOST_SAID]

    def _joined(self, address: str) -> str:
        """The whole address; empty for none, or for one that no browser would be asked to open."""
        if not address or len(address) > _LONGEST_ADDRESS:
            return ""
        try:
            whole = urljoin(self._base, address)
        except ValueError:
            return ""
        return whole if len(whole) <= _LONGEST_ADDRESS else ""

    def _begin(self, said: Attributes) -> None:
        if len(self.page.forms) >= _MOST:
            return
        action = self._joined(said.get("action", "")) or self._base
        method = "POST" if said.get("method", "").casefold() == "post" else "GET"
        kind = said.get("enctype", "").casefold() or "application/x-www-form-urlencoded"
        self._form = Form(action, method, kind, said=f"{said.get('id', '')} {action} "[:_MOST_SAID])
        self.page.forms.append(self._form)

    def _control(self, tag: str, said: Attributes, named: set[str]) -> None:
        form, kind = self._form, said.get("type", "submit" if tag == "button" else "text").casefold()
        if form is None or "disabled" in named or len(form.fields) >= _MOST:
            return
        if kind in {"submit", "image"}:
            self._say(f"{said.get('id', '')} {said.get('value', '')} ")
            if form.is_pressed:
                return
            form.is_pressed = True
        elif kind in _NOT_SENT or (kind in {"checkbox", "radio"} and "checked" not in named):
            return
        if said.get("name"):
            form.fields.append((said["name"], said.get("value", "on" if kind in {"checkbox", "radio"} else "")))
