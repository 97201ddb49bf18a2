"""The one door to outbound HTTP: total deadline, size cap, trace id, no environment proxies, no redirects.

`HttpClient` calls the addresses of our own settings. `GuardedClient` calls URLs that a relying site registered and
reaches only public addresses and the networks of `IDP_OUTBOUND_ALLOW` (SSRF guard, OWASP).
"""

import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import requests
import urllib3
from AntiSSRF import AntiSSRFError, AntiSSRFPolicy, PolicyConfigOptions
from requests.adapters import HTTPAdapter

from idp.core import logging
from idp.core.deadline import Deadline
from idp.core.transport import CONNECT_SECONDS, PunctualAdapter, Watch
from idp.core.turnstile import Turnstile

_CHUNK = 16384


class HttpUnavailable(Exception):
    """No usable answer; `reason` is a stable word: refused, unresolved, timeout, too_large, forbidden_address, tls, broken."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer as it came: any status, header names in lower case, at most `max_bytes` of body."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    cookies: tuple[str, ...] = field(default=(), repr=False)
    """The Set-Cookie lines, each by itself."""


class HttpClient:
    """A client for one trusted counterpart; connections are kept per thread, cookies never, redirects are not followed.

    Whoever fetches something while somebody waits for an answer of ours, and could be asked by strangers to do so, passes
    the `turnstile` first, with all its own waiting.
    """

    def __init__(self, ca_file: Path | None = None, *, places: int = 3) -> None:
        self.turnstile = Turnstile(places)
        self._ca_file = str(ca_file) if ca_file is not None else True
        self._local = threading.local()

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None,
        deadline: Deadline,
        max_bytes: int = 262_144,
    ) -> HttpAnswer:
        """One exchange within `deadline`; raises HttpUnavailable when no complete answer came."""
        if deadline.is_over():
            raise HttpUnavailable("timeout")
        sent = {**headers, "Accept-Encoding": "identity"}
        if trace := logging.trace_id():
            sent["traceparent"] = f"00-{trace}-{trace[:16]}-01"
        try:
            with Watch(deadline) as watch:
                try:
                    answer = self._exchange(method, url, sent, body, deadline, max_bytes)
                except Exception as lost:
                    if watch.was_cut or deadline.is_over():  # whatever a connection says when it is cut
                        raise HttpUnavailable("timeout") from lost
                    raise
                if watch.was_cut:  # the end of the connection may look like the end of the body
                    raise HttpUnavailable("timeout")
                return answer
        except AntiSSRFError as forbidden:
            raise HttpUnavailable("forbidden_address") from forbidden
        except (requests.Timeout, urllib3.exceptions.TimeoutError) as late:
            raise HttpUnavailable("timeout") from late
        except requests.exceptions.SSLError as untrusted:
            raise HttpUnavailable("tls") from untrusted
        except requests.ConnectionError as lost:
            raise HttpUnavailable("unresolved" if _has_no_address(lost) else "refused") from lost
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, UnicodeError, ValueError) as odd:
            raise HttpUnavailable("unresolved" if isinstance(odd, socket.gaierror) else "broken") from odd

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, deadline: Deadline, max_bytes: int
    ) -> HttpAnswer:
        left = deadline.remaining()
        with self._session().request(
            method, url, data=body, headers=headers, stream=True, allow_redirects=False, verify=self._ca_file,
            timeout=(min(CONNECT_SECONDS, left), left),
        ) as answer:  # fmt: skip
            return HttpAnswer(
                answer.status_code,
                {name.lower(): value for name, value in answer.headers.items()},
                _read(answer, max_bytes),
                tuple(answer.raw.headers.getlist("Set-Cookie")),
            )

    def _session(self) -> requests.Session:
        if (session := getattr(self._local, "session", None)) is None:
            session = self._local.session = requests.Session()
            session.trust_env = False
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            session.mount("http://", self._adapter())
            session.mount("https://", self._adapter())
        return session

    def _adapter(self) -> HTTPAdapter:
        return PunctualAdapter()


class GuardedClient(HttpClient):
    """A client for URLs that others gave us: every resolved address must be public or expressly allowed.

    Plain HTTP goes to the expressly allowed networks only.
    """

    def __init__(self, allowed_networks: Sequence[str], ca_file: Path | None = None, *, places: int = 3) -> None:
        super().__init__(ca_file, places=places)
        self._allowed = tuple(allowed_networks)
        self._policy = AntiSSRFPolicy(PolicyConfigOptions.EXTERNAL_ONLY_V1)
        self._policy.add_xff_header = False
        self._policy.allow_plain_text_http = bool(allowed_networks)
        if allowed_networks:
            self._policy.add_allowed_addresses(list(allowed_networks))

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None,
        deadline: Deadline,
        max_bytes: int = 262_144,
    ) -> HttpAnswer:
        return super().request(
            method, _ipv4_loopback(url), headers=headers, body=body, deadline=deadline, max_bytes=max_bytes
        )

    def _adapter(self) -> HTTPAdapter:
        return PunctualAdapter(self._policy.get_antissrf_session().get_adapter("https://"), self._allowed)


def _has_no_address(lost: requests.ConnectionError) -> bool:
    """Whether the name was not found: then nobody was there to refuse."""
    why = getattr(lost.args[0], "reason", None) if lost.args else None
    return isinstance(why, urllib3.exceptions.NameResolutionError)


def _read(answer: requests.Response, max_bytes: int) -> bytes:
    """The body, refusing to swallow more than the cap."""
    body = bytearray()
    for chunk in answer.iter_content(_CHUNK):
        body += chunk
        if len(body) > max_bytes:
            raise HttpUnavailable("too_large")
    return bytes(body)


def _ipv4_loopback(url: str) -> str:
    """The guard connects to the first address of a name only; for plain `localhost` that must be the IPv4 one."""
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname == "localhost":
        return urlunsplit(parts._replace(netloc=parts.netloc.lower().replace("localhost", "127.0.0.1", 1)))
    return url
