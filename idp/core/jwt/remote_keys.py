"""Key sets that others publish at a URI: kept for a bounded time, fetched again when a key is missing.

A set is asked for again at once when it lacks a key, but at most once a second, by whichever thread comes first. While it
cannot be had the one before goes on holding. How many are kept, and how much of them, is bounded.
"""

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from joserfc.jwk import Key

from idp.core import clock, deadline, logging, strict_json
from idp.core.deadline import Deadline
from idp.core.http import HttpAnswer, HttpClient, HttpUnavailable
from idp.core.jwt.jose import JoseRefused, KeySource
from idp.core.jwt.jwks import KeySetRefused, PublicKeys, read_set
from idp.core.shelf import Shelf

_log = logging.get("core.remote_keys")
_FETCH_SECONDS = 3.0
_PATIENCE = 1.0
"""How long a thread waits for the fetch of another: a process has few threads, and slow sites must not hold them all."""
_MAX_BYTES = 65_536
_SHORT_PATIENCE = 0.5
"""How long it waits when all places are taken: only for a site that has not been found slow or broken."""
_SHORTEST, _USUAL, _LONGEST = 60.0, 300.0, 3600.0
_PAUSE = 1.0
_PAUSE_PER_SECOND_LOST = 3.0
_KEPT_WITHOUT_NEWS = 86_400.0
_MOST_SETS, _MOST_BYTES, _MOST_FETCHES = 20_000, 16_777_216, 2
_EMPTY_WEIGHS = 300
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age=\"?(\d{1,9})")
_HEADERS = {"Accept": "application/jwk-set+json, application/json"}


@dataclass(slots=True)
class _Known:
    """What is known of one URI."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    keys: PublicKeys | None = None
    body: bytes = b""
    fresh_until: float = float("-inf")
    held_until: float = float("-inf")
    ask_at: float = float("-inf")
    has_failed: bool = False


class RemoteKeySets:
    """The sets by their URIs, shared by all threads."""

    def __init__(self, http: HttpClient, now: Callable[[], float] = clock.monotonic) -> None:
        self._http = http
        self._now = now
        self._known: Shelf[_Known] = Shelf(_MOST_SETS, _MOST_BYTES)
        self._fetches = threading.BoundedSemaphore(_MOST_FETCHES)

    def get(self, uri: str) -> PublicKeys | None:
        """The set as it is known, fetched when it is not or has become old; None while it cannot be had."""
        known = self._of(uri)

        def is_old() -> bool:
            return self._now() >= max(known.fresh_until, known.ask_at)

        self._renew(uri, known, is_old, waits=known.keys is None)
        return self._held(known)

    def keys_at(self, uri: str) -> KeySource:
        """The keys of the set at this URI; asked for anew when none of those at hand holds the signature.

        A source of keys that cannot be had raises JoseRefused.
        """

        def candidates(header: Mapping[str, Any]) -> Iterator[Key]:
            present, kid = self.get(uri), header.get("kid")
            if present is not None:
                yield from present.named(kid)
            newer = self.newer(uri, than=present)
            if newer is not None:
                yield from newer.named(kid)
            elif present is None:
                raise JoseRefused("keys_unavailable")

        return candidates

    def newer(self, uri: str, than: PublicKeys | None) -> PublicKeys | None:
        """The set when it is another one than the caller has, asked for now unless that was done less than a second ago."""
        known = self._of(uri)

        def is_due() -> bool:
            return known.keys is than and self._now() >= known.ask_at

        self._renew(uri, known, is_due, waits=True, pause=_PAUSE)
        return held if (held := self._held(known)) is not than else None

    def _of(self, uri: str) -> _Known:
        return self._known.get(uri) or self._known.put(uri, _Known(), _EMPTY_WEIGHS)

    def _held(self, known: _Known) -> PublicKeys | None:
        return known.keys if self._now() < known.held_until else None

    def _renew(self, uri: str, known: _Known, is_due: Callable[[], bool], *, waits: bool, pause: float = 0) -> None:
        """Fetch, unless another thread just did; the others wait for it only when they have nothing to go on with."""
        if not is_due():
            return
        with self._http.turnstile.passed() as is_in:
            if is_in:
                self._renew_in_turn(uri, known, is_due, deadline.allowed(_PATIENCE) if waits else 0, pause)
            elif waits and not known.has_failed and known.lock.acquire(timeout=deadline.allowed(_SHORT_PATIENCE)):
                known.lock.release()  # somebody else was fetching, and has finished

    def _renew_in_turn(
        self, uri: str, known: _Known, is_due: Callable[[], bool], patience: float, pause: float
    ) -> None:
        if not known.lock.acquire(timeout=patience):
            return
        try:
            if not is_due() or not self._fetches.acquire(timeout=patience):
                return
            try:
                self._fetch(uri, known)
                known.ask_at = max(known.ask_at, self._now() + pause)
            finally:
                self._fetches.release()
        finally:
            known.lock.release()

    def _fetch(self, uri: str, known: _Known) -> None:
        began = self._now()
        try:
            answer = self._http.request(
                "GET", uri, headers=_HEADERS, body=None,
                deadline=Deadline.after(deadline.allowed(_FETCH_SECONDS)), max_bytes=_MAX_BYTES,
            )  # fmt: skip
            keys = _keys_in(answer)
        except (HttpUnavailable, KeySetRefused) as failed:
            now = self._now()
            known.has_failed = True
            known.ask_at = now + max(_PAUSE, _PAUSE_PER_SECOND_LOST * (now - began))
            _log.warning("keys_not_fetched", host=urlsplit(uri).hostname, reason=failed.reason)
            return
        now = self._now()
        known.has_failed = False
        known.held_until = now + _KEPT_WITHOUT_NEWS
        known.fresh_until = now + _lifetime(answer.headers.get("cache-control", ""))
        if known.keys is None or answer.body != known.body:
            known.keys, known.body = keys, answer.body
            self._known.put(uri, known, _EMPTY_WEIGHS + len(answer.body))


def _keys_in(answer: HttpAnswer) -> PublicKeys:
    if answer.status != 200:
        raise KeySetRefused(f"http_{answer.status}")
    kind = answer.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if not (kind.endswith(("/json", "+json")) or kind in {"text/plain", "text/javascript", "application/octet-stream"}):
        raise KeySetRefused("media_type")
    try:
        document = strict_json.loads(answer.body, depth=6, nodes=5000)
    except ValueError as odd:
        raise KeySetRefused("not_json") from odd
    return read_set(document)


def _lifetime(cache_control: str) -> float:
    """How long the set is taken as it is: what its owner says, within a minute and an hour (RFC 9111 §5.2.2)."""
    said = cache_control.lower()
    if "no-store" in said or "no-cache" in said:
        return _SHORTEST
    age = _MAX_AGE.search(said)
    return min(max(float(age[1]), _SHORTEST), _LONGEST) if age is not None else _USUAL
