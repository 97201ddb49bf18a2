"""What a platform issued to us for the services of one authority, as a source's block holds it."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from idp.core.errors import ConfigurationError
from idp.core.http import HttpClient
from idp.core.secret import Secret
from idp.realname import option_rules
from idp.realname.adapters.exchange.national import NationalExchange
from idp.realname.adapters.exchange.post import Contract
from idp.realname.adapters.exchange.provincial import ProvincialGateway
from idp.realname.adapters.exchange.road import Road
from idp.store.redis import Store

PROVINCIAL: Final = "provincial"
NATIONAL: Final = "national"
NATIONAL_SERVICES: Final = "national_services"
MD5: Final = "md5"
_CHANNELS: Final = (PROVINCIAL, NATIONAL)

TOKEN_PATHS: Final = {
    PROVINCIAL: "/proxy/auth/token",
    NATIONAL: "/sysapi/auth/refreshappsecret",
    NATIONAL_SERVICES: "/sysapi/auth/refreshappsecret",
    MD5: "/gateway/app/refreshTokenByKey.htm",
}
"""Where a platform gives out session secrets, unless a block says otherwise; the others have none."""

RENEW_PATH: Final = "/gateway/app/refreshTokenBySec.htm"
"""Where the MD5 gateway gives out the next ones."""

EXPIRED_CODES: Final = {
    PROVINCIAL: frozenset({"401002"}),
    NATIONAL: frozenset({"E-108"}),
    NATIONAL_SERVICES: frozenset({"E-108"}),
    MD5: frozenset({"401002"}),
}
"""By what it says that one has ended: nowhere published, and other sites have others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadOptions:
    """`endpoint` is the platform without a path; of the national one `app_id` is the requester id, and keys are a service's.

    HTTP Basic is asked for by some gateways besides.
    """

    endpoint: str
    """The platform: scheme, host, port, and a path where it has one."""
    channel: str = PROVINCIAL
    """`provincial` or `national`: which platform stands in front of the register."""
    app_id: str
    """Our name at the platform: appId, or requester id (rid)."""
    app_key: Secret
    """What signs for it; over `national` the key issued for the query."""
    token_path: str = ""
    """Where session secrets are fetched; usual paths are known."""
    basic_user: str = ""
    """HTTP Basic besides, where the gateway asks for it."""
    basic_password: Secret = field(default_factory=lambda: Secret(""))
    """Goes with `basic_user`."""
    secret_expired_codes: frozenset[str] = frozenset()
    """Codes by which the platform says that a session secret has ended; they are not published and differ by site."""
    answer_seconds: float = 10.0
    """How long one request may take, at most 10."""

    def __post_init__(self) -> None:
        option_rules.base_address("endpoint", self.endpoint)
        if self.channel not in _CHANNELS:
            raise ConfigurationError(f"channel: is one of {', '.join(_CHANNELS)}")
        option_rules.header_text("app_id", self.app_id)
        if not self.app_key:
            raise ConfigurationError("app_key: is not set")
        if bool(self.basic_user) != bool(self.basic_password):
            raise ConfigurationError("basic_user: goes together with basic_password")
        option_rules.answer_seconds(self.answer_seconds)

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
            self.token_path or TOKEN_PATHS[self.channel],
            self.secret_expired_codes or EXPIRED_CODES[self.channel],
            self.answer_seconds,
        )
        if self.channel == NATIONAL:
            return NationalExchange(contract, http, keys, store)
        return ProvincialGateway(contract, http, store)
