"""What a platform issued to us for the services of one authority, as a source's block holds it."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from idp.core.errors import ConfigurationError
from idp.core.http import HttpClient
from idp.core.secret import Secret
from idp.realname.adapters.exchange.national import NationalExchange
from idp.realname.adapters.exchange.post import Contract
from idp.realname.adapters.exchange.provincial import ProvincialGateway
from idp.realname.adapters.exchange.road import Road
from idp.store.redis import Store

PROVINCIAL: Final = "provincial"
NATIONAL: Final = "national"
_TOKEN_PATHS: Final = {PROVINCIAL: "/proxy/auth/token", NATIONAL: "/sysapi/auth/refreshappsecret"}
_EXPIRED_CODES: Final = {PROVINCIAL: frozenset({"401002"}), NATIONAL: frozenset({"E-108"})}  # differ by site


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadOptions:
    """`endpoint` is the platform without a path; of the national one `app_id` is the requester id, and keys are a service's.

    HTTP Basic is asked for by some gateways besides.
    """

    endpoint: str
    channel: str = PROVINCIAL
    app_id: str
    app_key: Secret
    token_path: str = ""
    basic_user: str = ""
    basic_password: Secret = field(default_factory=lambda: Secret(""))
    secret_expired_codes: frozenset[str] = frozenset()
    answer_seconds: float = 10.0

    def __post_init__(self) -> None:
        address(self.endpoint)
        if self.channel not in _TOKEN_PATHS:
            raise ConfigurationError(f"channel: is one of {', '.join(_TOKEN_PATHS)}")
        if not self.app_id or not self.app_id.isascii() or not self.app_id.isprintable():
            raise ConfigurationError("app_id: must be printable ASCII, it travels in a header")
        if not self.app_key:
            raise ConfigurationError("app_key: is not set")
        if bool(self.basic_user) != bool(self.basic_password):
            raise ConfigurationError("basic_user: goes together with basic_password")
        if not 0 < self.answer_seconds <= 10:
            raise ConfigurationError("answer_seconds: must be above 0 and at most 10")

    @property
    def password_headers(self) -> Mapping[str, str]:
        """HTTP Basic credentials, where there are any."""
        if not self.basic_user:
            return {}
        pair = f"{self.basic_user}:{self.basic_password.reveal()}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"}

    def place_of(self, member: str, given: str, usual: str) -> str:
        """Where a service lies: a path below the provincial gateway, or the code that the national platform gave it."""
        if given:
            return given
        if self.channel == NATIONAL:
            raise ConfigurationError(f"{member}: is required over {NATIONAL}, it is the code of the service")
        return f"/proxy/api/{usual}"

    def road(self, http: HttpClient, store: Store | None, keys: Mapping[str, Secret]) -> Road:
        """The channel; `keys` are those of the services that are called, by where they lie."""
        contract = Contract(
            self.endpoint,
            self.app_id,
            self.app_key,
            self.token_path or _TOKEN_PATHS[self.channel],
            self.secret_expired_codes or _EXPIRED_CODES[self.channel],
            self.answer_seconds,
        )
        if self.channel == NATIONAL:
            return NationalExchange(contract, http, keys, store)
        return ProvincialGateway(contract, http, store)


def address(endpoint: str) -> None:
    """ConfigurationError unless this is the base address of a platform."""
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ConfigurationError("endpoint: the URL must be http(s)://host[:port][/path]")
