"""What a page offers to press, as far as it can be read without a script: forms, links, scripts, and its referrer policy."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin

_OUT: Final = re.compile(r"(sign|log)[-_ ]?(out|off)|退出|登出|注销", re.IGNORECASE)
_NOT_SENT: Final = frozenset({"submit", "button", "image", "reset", "file"})
_MOST: Final = 200
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
    reader.feed(body.decode("utf-8", "replace"))
    reader.close()
    return reader.page


class _Reader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._base = url
        self._form: Form | None = None
        self._link: tuple[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said: Attributes = {name: value or "" for name, value in reversed(attrs)}  # of two, the first counts
        match tag:
            case "base" if said.get("href"):
                self._base = urljoin(self._base, said["href"])
            case "form":
                self._begin(said)
            case "input" | "button" | "textarea":
                self._control(tag, said, {name for name, _ in attrs})
            case "a" if said.get("href"):
                self._link = (urljoin(self._base, said["href"]), f"{said.get('id', '')} {said['href']} ")
            case "script" if said.get("src") and len(self.page.scripts) < _MOST:
                self.page.scripts.append((urljoin(self._base, said["src"]), bool(said.get("integrity"))))
            case "meta" if said.get("name", "").casefold() == "referrer":
                self.page.referrer = said.get("content", "").strip().casefold()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "a" and self._link is not None:
            url, said = self._link
            if _OUT.search(said) and len(self.page.links) < _MOST:
                self.page.links.append(url)
            self._link = None

    def handle_data(self, data: str) -> None:
        if self._form is not None and len(self._form.said) < 2000:
            self._form.said += data
        if self._link is not None:
            self._link = (self._link[0], self._link[1] + data)

    def _begin(self, said: Attributes) -> None:
        if len(self.page.forms) >= _MOST:
            return
        action = urljoin(self._base, said.get("action") or self._base)
        method = "POST" if said.get("method", "").casefold() == "post" else "GET"
        kind = said.get("enctype", "").casefold() or "application/x-www-form-urlencoded"
        self._form = Form(action, method, kind, said=f"{said.get('id', '')} {action} ")
        self.page.forms.append(self._form)

    def _control(self, tag: str, said: Attributes, named: set[str]) -> None:
        form, kind = self._form, said.get("type", "submit" if tag == "button" else "text").casefold()
        if form is None or "disabled" in named or len(form.fields) >= _MOST:
            return
        if kind in {"submit", "image"}:
            form.said += f"{said.get('id', '')} {said.get('value', '')} "
            if form.is_pressed:
                return
            form.is_pressed = True
        elif kind in _NOT_SENT or (kind in {"checkbox", "radio"} and "checked" not in named):
            return
        if said.get("name"):
            form.fields.append((said["name"], said.get("value", "on" if kind in {"checkbox", "radio"} else "")))
