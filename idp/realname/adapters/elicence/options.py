"""What an installation was issued by the licence platform, and its keys."""

from dataclasses import dataclass

from idp.core import sm2
from idp.core.errors import ConfigurationError
from idp.core.secret import Secret
from idp.realname import option_rules

ROLES = frozenset({"LEGAL_REP", "MANAGER", "AGENT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Keys are hexadecimal digits or PEM. `callback_url` is sent where the platform insists on one; we poll all the same."""

    endpoint: str
    app_id: str
    private_key: Secret
    platform_public_key: str
    path: str = "/eblicense/api/v1"
    interface_code: str = "0004"
    area_prefix: str = "3700"
    business_type: str = "LOGIN"
    callback_url: str = ""
    roles: frozenset[str] = ROLES
    skew_seconds: int = 120
    answer_seconds: float = 10.0

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
