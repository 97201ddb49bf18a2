"""One imagined visitor of a site: requests, cookies and redirects as a browser makes them, kept to the site's own addresses.

Whatever the developer typed and wherever the site redirects to, only the origins that the site registered are visited, and
those through the guarded client alone: it reaches no address that `IDP_OUTBOUND_ALLOW` does not, and nothing of what it
reads is shown but the status.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode, urljoin, urlsplit

from idp.core.deadline import Deadline
from idp.core.http import GuardedClient, HttpAnswer, HttpUnavailable
from idp.oidc.registration.clients import RegisteredClient
from idp.sites.rehearsal.cookies import Jar
from idp.sites.rehearsal.markup import Form

_REDIRECTS: Final = 10
_SECONDS: Final = 8.0
_REDIRECTING: Final = frozenset({301, 302, 303, 307, 308})
_AS_IT_WAS: Final = frozenset({307, 308})
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_AS_BROWSER: Final = {"Accept": "text/html,application/xhtml+xml", "User-Agent": "Mozilla/5.0 (idp site check)"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk ended: a page of the site, or the door of the centre (`at_centre`), or nowhere (`trouble`)."""

    url: str
    status: int = 0
    body: bytes = field(default=b"", repr=False)
    at_centre: bool = False
    trouble: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def path(self) -> str:
        """What may be shown: without the query, which may hold a code."""
        return urlsplit(self.url).path or "/"

    @property
    def is_fault(self) -> bool:
        return bool(self.trouble) or self.status >= 500


class Visitor:
    """A browser with cookies of its own."""

    def __init__(
        self, http: GuardedClient, own: frozenset[str], reachable: frozenset[str], issuer: str, deadline: Deadline
    ) -> None:
        """`own` are the site's origins, `reachable` those of which its department showed that they are theirs."""
        self._http = http
        self._issuer = issuer
        self._own, self._reachable = own, reachable
        self._deadline = deadline
        self._jar = Jar()

    def walk(self, url: str) -> Place:
        """Open an address and follow redirects, to the end or to the centre's door."""
        return self._walk("GET", url, None)

    def post(self, url: str, form: Mapping[str, str]) -> Place:
        """Post a form and follow redirects."""
        return self._walk("POST", url, urlencode(form).encode("ascii"))

    def submit(self, form: Form, page: str) -> Place:
        """Press the button of a form on this page of the site."""
        body = urlencode(form.fields)
        if form.method != "POST":
            return self.walk(urlsplit(form.action)._replace(query=body, fragment="").geturl())
        if form.encoding != _FORM["Content-Type"]:
            return Place(form.action, trouble="odd_form")
        return self._walk("POST", form.action, body.encode("ascii"), page)

    def look(self, url: str) -> Place:
        """Open an address and follow nothing."""
        return self._step("GET", url, None)[0]

    def _walk(self, method: str, url: str, body: bytes | None, page: str = "") -> Place:
        for _ in range(_REDIRECTS):
            if _is_under(url, self._issuer):
                return Place(url, at_centre=True)
            place, onward = self._step(method, url, body, page)
            if onward is None:
                return place
            if place.status not in _AS_IT_WAS:
                method, body = "GET", None
            url, page = onward, ""
        return Place(url, trouble="too_many_redirects")

    def _step(self, method: str, url: str, body: bytes | None, page: str = "") -> tuple[Place, str | None]:
        if (origin := origin_of(url)) not in self._own:
            return Place(url, trouble="left_the_site"), None
        if origin not in self._reachable:
            return Place(url, trouble="unproven_host"), None
        headers = {**_AS_BROWSER, **(_FORM if body is not None else {})}
        if page:  # as browsers say where a form stands: sites hold it against forged ones
            headers |= {
                "Origin": _shown_origin(page),
                "Referer": page if origin_of(page) == origin else f"{_shown_origin(page)}/",
            }
        if cookies := self._jar.header(url):
            headers["Cookie"] = cookies
        try:
            answer: HttpAnswer = self._http.request(
                method, url, headers=headers, body=body, deadline=self._deadline.within(_SECONDS), max_bytes=1_048_576
            )
        except HttpUnavailable as away:
            return Place(url, trouble=away.reason), None
        self._jar.take(url, answer.cookies)
        location = answer.headers.get("location")
        try:
            onward = urljoin(url, location) if location and answer.status in _REDIRECTING else None
        except ValueError:  # no address at all
            return Place(url, answer.status, trouble="broken"), None
        return Place(url, answer.status, answer.body, headers=answer.headers), onward


def origins_of(client: RegisteredClient) -> frozenset[str]:
    """The origins that the site registered anything at."""
    m = client.metadata
    named = (m.client_uri, m.initiate_login_uri, m.backchannel_logout_uri, m.frontchannel_logout_uri)
    every = (*m.redirect_uris, *m.post_logout_redirect_uris, *(each for each in named if each is not None))
    return frozenset(origin for each in every if (origin := origin_of(each)) is not None)


def origin_of(url: str) -> str | None:
    """Scheme, host and port of a web address; None for anything else."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port or {'http': 80, 'https': 443}[parts.scheme]}"


def _shown_origin(url: str) -> str:
    """As browsers write it (RFC 6454 §6.2)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _is_under(url: str, issuer: str) -> bool:
    return origin_of(url) == origin_of(issuer)
