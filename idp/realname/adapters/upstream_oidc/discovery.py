"""What the other centre says of itself (OpenID Connect Discovery 1.0 §4), kept for an hour, and for a day while it is silent."""

import threading
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from idp.core import clock, logging
from idp.core.deadline import Deadline
from idp.core.http import HttpClient
from idp.realname.adapters.upstream_oidc.exchange import Told, UpstreamTrouble, ask

_log = logging.get("realname.upstream_oidc")
_PATIENCE = 1.0
"""How long a thread waits for the fetch of another: a process has few, and a centre that hangs must not hold them all."""
_FRESH, _HELD, _PAUSE = 3600.0, 86_400.0, 10.0


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where its parts are."""

    authorization: str
    token: str
    jwks: str
    userinfo: str | None
    names_itself: bool
    """It says `iss` in its authorization responses (RFC 9207)."""


@dataclass(slots=True)
class Discovery:
    """Of one issuer. One thread fetches; after a fetch in vain nobody waits for another one for ten seconds."""

    issuer: str
    auth_method: str
    http: HttpClient
    _known: Endpoints | None = None
    _fetched: float = float("-inf")
    _tried: float = float("-inf")
    _trouble: str = ""
    _renewal: threading.Lock = field(default_factory=threading.Lock)

    def get(self, deadline: Deadline) -> Endpoints:
        """UpstreamTrouble when nothing is known and nothing can be learnt."""
        if (known := self._usable()) is not None:
            return known
        if not self._renewal.acquire(timeout=min(_PATIENCE, deadline.remaining())):
            raise UpstreamTrouble("timeout")
        try:
            if (known := self._usable()) is not None:
                return known
            return self._renewed(deadline)
        finally:
            self._renewal.release()

    def _usable(self) -> Endpoints | None:
        """Fresh, or just asked for in vain and not too old; raises what was in vain when there is nothing else."""
        now = clock.monotonic()
        if self._trouble and self._known is None and now < self._tried + _PAUSE:
            raise UpstreamTrouble(self._trouble)
        is_good = now < self._fetched + _FRESH or (now < self._tried + _PAUSE and now < self._fetched + _HELD)
        return self._known if is_good else None

    def _renewed(self, deadline: Deadline) -> Endpoints:
        self._trouble = ""
        try:
            told = ask(
                self.http, "GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration", {}, None, deadline
            )
            found = self._read(told)
        except UpstreamTrouble as trouble:
            self._tried, self._trouble = clock.monotonic(), trouble.reason
            if self._known is not None and clock.monotonic() < self._fetched + _HELD:
                _log.warning("discovery_not_fetched", issuer=self.issuer, reason=trouble.reason)
                return self._known
            raise
        self._known, self._fetched = found, clock.monotonic()
        return found

    def _read(self, told: Told) -> Endpoints:
        said = told.members
        if told.status != 200:
            raise UpstreamTrouble(f"discovery:http_{told.status}")
        if said.get("issuer") != self.issuer:  # Discovery §4.3: the very same
            raise UpstreamTrouble("discovery:other_issuer")
        methods = said.get("token_endpoint_auth_methods_supported")
        if isinstance(methods, list) and self.auth_method not in methods:
            raise UpstreamTrouble("discovery:auth_method")
        challenges = said.get("code_challenge_methods_supported")
        if isinstance(challenges, list) and "S256" not in challenges:
            raise UpstreamTrouble("discovery:no_s256")
        userinfo = said.get("userinfo_endpoint")
        return Endpoints(
            authorization=self._address(said.get("authorization_endpoint")),
            token=self._address(said.get("token_endpoint")),
            jwks=self._address(said.get("jwks_uri")),
            userinfo=self._address(userinfo) if userinfo is not None else None,
            names_itself=said.get("authorization_response_iss_parameter_supported") is True,
        )

    def _address(self, url: object) -> str:
        """An address as safe as the issuer's own."""
        if not isinstance(url, str) or len(url) > 2048:
            raise UpstreamTrouble("discovery:address")
        parts = urlsplit(url)
        allowed = {"https"} if self.issuer.startswith("https:") else {"https", "http"}
        if parts.scheme not in allowed or not parts.hostname or parts.fragment or parts.username:
            raise UpstreamTrouble("discovery:address")
        return url
