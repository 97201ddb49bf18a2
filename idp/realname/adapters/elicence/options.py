"""What an installation was issued by the licence platform, and its keys."""

from dataclasses import dataclass

from idp.core import sm2
from idp.core.errors import ConfigurationError
from idp.core.secret import Secret
from idp.realname import option_rules

ROLES = frozenset({"LEGAL_REP", "MANAGER", "AGENT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Keys are hexadecimal digits or PEM."""

    endpoint: str
    """The platform: scheme, host, port."""
    app_id: str
    """Our name at the platform."""
    private_key: Secret
    """Signs our requests (SM2)."""
    platform_public_key: str
    """Signs the platform's answers (SM2)."""
    path: str = "/eblicense/api/v1"
    """What stands before the names of its operations."""
    interface_code: str = "0004"
    """As the platform issued it."""
    area_prefix: str = "3700"
    """Of the province: the first four digits of its division."""
    business_type: str = "LOGIN"
    """As the platform issued it."""
    callback_url: str = ""
    """Where the platform reports a confirmation, if it insists on such an address; we poll all the same."""
    roles: frozenset[str] = ROLES
    """`LEGAL_REP`, `MANAGER`, `AGENT`: whose licences are accepted."""
    skew_seconds: int = 120
    """How far the platform's clock may be from ours."""
    answer_seconds: float = 10.0
    """How long one request may take, at most 10."""

    def __post_init__(self) -> None:
        sm2.require("elicence")
        option_rules.base_address("endpoint", self.endpoint)
        if self.callback_url:
            option_rules.page_address("callback_url", self.callback_url)
        if not self.path.startswith("/"):
            raise ConfigurationError("path: must begin with /")
        if not self.app_id:
            raise ConfigurationError("app_id: is not set")
        if not self.roles or not self.roles <= ROLES:
            raise ConfigurationError(f"roles: are some of {', '.join(sorted(ROLES))}")
        if self.skew_seconds < 0:
            raise ConfigurationError("skew_seconds: cannot be negative")
        option_rules.answer_seconds(self.answer_seconds)
        self.signing_key()
        self.platform_key()

    def signing_key(self) -> sm2.PrivateKey:
        """Ours, read anew; ConfigurationError when it is none."""
        try:
            return sm2.PrivateKey.parse(self.private_key.reveal())
        except sm2.KeyBroken as broken:
            raise ConfigurationError(f"private_key: {broken}") from None

    def platform_key(self) -> sm2.PublicKey:
        """The platform's, read anew; ConfigurationError when it is none."""
        try:
            return sm2.PublicKey.parse(self.platform_public_key)
        except sm2.KeyBroken as broken:
            raise ConfigurationError(f"platform_public_key: {broken}") from None
