"""The cookies of one imagined visitor (RFC 6265 §5), as far as one site is concerned."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from idp.core import clock

_MOST = 60
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Cookie:
    name: str
    value: str
    domain: str
    is_host_only: bool
    path: str
    is_secure: bool

    def goes_to(self, scheme: str, host: str, path: str) -> bool:
        """Whether a browser would send it there; loopback counts as secure, as browsers have it."""
        if self.is_secure and scheme != "https" and host not in _LOOPBACK:
            return False
        if host != self.domain and (self.is_host_only or not host.endswith(f".{self.domain}")):
            return False
        return path == self.path or path.startswith(self.path.rstrip("/") + "/")


class Jar:
    """Keeps what sites set, and says what goes along with a request."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str, str], Cookie] = {}

    def header(self, url: str) -> str:
        """The Cookie header for a request; empty when there is none."""
        parts = urlsplit(url)
        fitting = (
            each for each in self._held.values() if each.goes_to(parts.scheme, parts.hostname or "", parts.path or "/")
        )
        ordered = sorted(fitting, key=lambda each: -len(each.path))
        return "; ".join(f"{each.name}={each.value}" for each in ordered)

    def take(self, url: str, lines: tuple[str, ...]) -> None:
        """Keep, replace or drop what an answer's Set-Cookie lines say."""
        for line in lines:
            self._take(url, line)

    def _take(self, url: str, line: str) -> None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        pair, *attributes = line.split(";")
        name, _, value = pair.strip().partition("=")
        said = {key.strip().casefold(): text.strip() for key, _, text in (each.partition("=") for each in attributes)}
        domain = said.get("domain", "").lstrip(".").casefold()
        if domain and host != domain and not host.endswith(f".{domain}"):
            return
        path = said.get("path", "")
        path = path if path.startswith("/") else (parts.path.rpartition("/")[0] or "/")
        key = (name, domain or host, path)
        self._held.pop(key, None)
        if not name or _is_over(said) or len(self._held) >= _MOST or len(line) > 8192:
            return
        self._held[key] = Cookie(name, value, domain or host, not domain, path, "secure" in said)


def _is_over(said: dict[str, str]) -> bool:
    if "max-age" in said:
        age = said["max-age"]
        return age.startswith("-") or age == "0"
    if "expires" not in said:
        return False
    try:
        until = parsedate_to_datetime(said["expires"])
    except (ValueError, OverflowError):
        return False
    until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
    return until <= max(clock.now(), datetime(2000, 1, 1, tzinfo=UTC))
