"""What a platform issued to us for the services of one authority, as a source's block holds it."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from idp.core.errors import ConfigurationError
from idp.core.secret import Secret

PROVINCIAL = "provincial"
CHANNELS = (PROVINCIAL,)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadOptions:
    """`endpoint` is the platform without a path of a service; HTTP Basic is asked for by some gateways besides."""

    endpoint: str
    app_id: str
    app_key: Secret
    channel: str = PROVINCIAL
    token_path: str = "/proxy/auth/token"
    basic_user: str = ""
    basic_password: Secret = field(default_factory=lambda: Secret(""))
    secret_expired_codes: frozenset[str] = frozenset({"401002"})  # codes are not published, they differ by site
    answer_seconds: float = 10.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.endpoint)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ConfigurationError("endpoint: the URL must be http(s)://host[:port][/path]")
        if self.channel not in CHANNELS:
            raise ConfigurationError(f"channel: there is {', '.join(CHANNELS)}")
        if not self.app_id or not self.app_id.isascii() or not self.app_id.isprintable():
            raise ConfigurationError("app_id: must be printable ASCII, it travels in a header")
        if not self.app_key:
            raise ConfigurationError("app_key: is not set")
        if bool(self.basic_user) != bool(self.basic_password):
            raise ConfigurationError("basic_user: goes together with basic_password")

    @property
    def password_headers(self) -> Mapping[str, str]:
        """HTTP Basic credentials, where there are any."""
        if not self.basic_user:
            return {}
        pair = f"{self.basic_user}:{self.basic_password.reveal()}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"}
