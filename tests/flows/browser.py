"""A browser without scripts: cookies, redirects within the centre, plain HTML forms, and the stop at a site's door."""

import itertools
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests

_addresses = itertools.count(1)


@dataclass
class Form:
    """One form of a page: where it goes, what it carries, which buttons it has."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        elif tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag in {"input", "button"} and self.forms and "name" in given:
            if tag == "button" or given.get("type") == "submit":
                if given["name"] == "action":
                    self.forms[-1].buttons.append(given.get("value", ""))
            elif given.get("type") not in {"checkbox", "radio"} or "checked" in given:
                self.forms[-1].fields[given["name"]] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


class Page:
    """An answer of the centre that the browser shows."""

    def __init__(self, answer: requests.Response) -> None:
        self.url = answer.url
        self.path = urlsplit(answer.url).path
        self.query = dict(parse_qsl(urlsplit(answer.url).query))
        self.status = answer.status_code
        self.headers = answer.headers
        self.body = answer.text
        reader = _Reader()
        reader.feed(answer.text)
        self.forms, self.links = reader.forms, reader.links
        self.text = " ".join("".join(reader.text).split())

    def form(self, button: str) -> Form:
        """The posting form that has this button."""
        found = [form for form in self.forms if form.method == "post" and button in form.buttons]
        assert found, f"{self.path} ({self.status}) has no button {button!r}: {[f.buttons for f in self.forms]}"
        return found[-1]

    def has_button(self, button: str) -> bool:
        return any(button in form.buttons for form in self.forms if form.method == "post")


@dataclass(frozen=True)
class Landing:
    """The browser was sent to a site, where the centre's part ends."""

    url: str
    params: dict[str, str]
    mode: str = "query"

    @property
    def code(self) -> str:
        return self.params["code"]

    @property
    def state(self) -> str | None:
        return self.params.get("state")

    @property
    def error(self) -> str | None:
        return self.params.get("error")

    @property
    def address(self) -> str:
        """Where it landed, without the parameters."""
        return self.url.partition("#")[0].partition("?")[0]


def landing_at(url: str) -> Landing:
    """What a site finds in the address it was called by."""
    parts = urlsplit(url)
    if parts.fragment:
        return Landing(url, dict(parse_qsl(parts.fragment)), "fragment")
    return Landing(url, dict(parse_qsl(parts.query)))


class Browser:
    """One person's browser at an address of its own (the proxy in front of the centre reports it)."""

    def __init__(self, issuer: str, *, language: str = "zh-CN") -> None:
        self.issuer = issuer
        number = next(_addresses)
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers.update(
            {
                "Accept-Language": language,
                "X-Forwarded-For": f"10.{number // 62500 % 250}.{number // 250 % 250}.{number % 250}",
                "User-Agent": "Mozilla/5.0 (X11; Linux) Firefox/150.0",
            }
        )
        self.page: Page | None = None

    def close(self) -> None:
        self.http.close()

    def get(self, url: str) -> Page | Landing:
        """Open an address (of the centre, unless it is absolute) and follow where it leads."""
        return self._follow(self.raw("GET", url))

    def post(self, url: str, data: dict[str, str]) -> Page | Landing:
        return self._follow(self.raw("POST", url, data=data))

    def raw(self, method: str, url: str, **more: object) -> requests.Response:
        """One exchange, followed nowhere."""
        return self.http.request(method, urljoin(self.issuer + "/", url), allow_redirects=False, timeout=30, **more)  # type: ignore[arg-type]

    def submit(self, action: str, page: Page | None = None, **typed: str) -> Page | Landing:
        """Fill in the form that has the button `action`, press it, and follow."""
        page = page or self.page
        assert page is not None
        form = page.form(action)
        unknown = set(typed) - set(form.fields) - {"agree", "principal", "face_consent", "way"}
        assert not unknown, f"{page.path} has no field {unknown}"
        return self._follow(
            self.raw("POST", urljoin(page.url, form.action), data={**form.fields, **typed, "action": action})
        )

    def cookie(self, name: str) -> str | None:
        return self.http.cookies.get(name)

    @property
    def session_cookie(self) -> str | None:
        return self.cookie("idp_session")

    def _follow(self, answer: requests.Response) -> Page | Landing:
        for _ in range(12):
            if answer.status_code not in {301, 302, 303, 307, 308}:
                self.page = Page(answer)
                if (posted := self._posted_on(self.page)) is not None:
                    return posted
                return self.page
            target = urljoin(answer.url, answer.headers["Location"])
            if not target.startswith(self.issuer + "/"):
                self.page = None
                return landing_at(target)
            answer = self.raw("GET", target)
        raise AssertionError(f"more than twelve redirects, last to {answer.url}")

    def _posted_on(self, page: Page) -> Landing | None:
        """A page whose form leads to a site is sent on, as its script or its only button does (form_post)."""
        (form,) = page.forms if len(page.forms) == 1 else (None,)
        if form is None or form.method != "post" or urljoin(page.url, form.action).startswith(self.issuer + "/"):
            return None
        return Landing(form.action, form.fields, "form_post")
