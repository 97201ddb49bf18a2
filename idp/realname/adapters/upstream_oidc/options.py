"""What an installation agreed on with another centre: who it is, how we prove ourselves, and what its levels mean here."""

import re
from dataclasses import dataclass, field
from typing import Final

from idp.core import signing
from idp.core.errors import ConfigurationError
from idp.core.identifiers import DocumentKind
from idp.core.jwt import jose
from idp.core.secret import Secret
from idp.realname import option_rules
from idp.realname.ports import AssuranceLevel

BASIC: Final = "client_secret_basic"
PRIVATE_KEY: Final = "private_key_jwt"
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*")
_KINDS: Final = frozenset(DocumentKind) - {DocumentKind.FOREIGN_PASSPORT}  # no claim tells the country that it needs


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`levels` says what each value of the claim `level_claim` means here; a value that is not there means nothing.

    The document's kind is that of `document_kind`, or what `kinds` makes of the claim `kind_claim`.
    """

    issuer: str
    """The other centre, as it calls itself; its discovery document lies below."""
    label: str
    """What people call it, in Chinese."""
    client_id: str
    """Our name there."""
    client_secret: Secret = field(default=Secret(""))
    """Our secret there; or a `private_key`."""
    private_key: Secret = field(default=Secret(""))
    """Instead of a secret: a key in PKCS#8 PEM, for private_key_jwt."""
    key_id: str = ""
    """Goes with `private_key`: its `kid` there."""
    signing_alg: str = "ES256"
    """Goes with `private_key`."""
    scope: str = "openid profile"
    """What is asked for; `openid` is of it."""
    acr_values: str = ""
    """Levels to ask for, the best first, where the centre wants to be asked."""
    algorithms: frozenset[str] = frozenset({"RS256", "PS256", "ES256"})
    """By which its ID tokens may be signed."""
    userinfo: bool = True
    """Ask its UserInfo endpoint as well."""
    level_claim: str = "acr"
    """Claim of the ID token that tells its level."""
    levels: dict[str, int] = field(default_factory=dict)
    """What each of its levels means here, 0 to 3: `{ "2" = 1, "3" = 2 }`."""
    ceiling: int = 0
    """The highest level that evidence from there may have; 0 takes it as a place to sign in at and nothing more."""
    name_claim: str = "name"
    """Claim with the person's name."""
    number_claim: str = ""
    """Claim with the number of their document."""
    document_kind: str = DocumentKind.RESIDENT_ID.value
    """The kind of every document, where no claim tells it."""
    kind_claim: str = ""
    """Claim that tells the kind of document."""
    kinds: dict[str, str] = field(default_factory=dict)
    """What its values mean: `{ "1" = "resident_id" }`."""
    answer_seconds: float = 5.0
    """How long one request may take, at most 10."""

    def __post_init__(self) -> None:
        option_rules.base_address("issuer", self.issuer)
        for name in ("label", "client_id", "level_claim", "name_claim"):
            if not getattr(self, name):
                raise ConfigurationError(f"{name}: is not set")
        self._check_authentication()
        if not _SCOPE.fullmatch(self.scope) or "openid" not in self.scope.split(" "):
            raise ConfigurationError("scope: must hold openid")
        if not self.algorithms or not self.algorithms <= frozenset(jose.SIGNATURES):
            raise ConfigurationError(f"algorithms: are of {', '.join(jose.SIGNATURES)}")
        self._check_levels()
        self._check_documents()
        option_rules.answer_seconds(self.answer_seconds)

    @property
    def auth_method(self) -> str:
        return PRIVATE_KEY if self.private_key else BASIC

    def _check_authentication(self) -> None:
        if bool(self.client_secret) == bool(self.private_key):
            raise ConfigurationError("client_secret: give either this or private_key")
        if not self.private_key:
            return
        if not self.key_id:
            raise ConfigurationError("key_id: is required with private_key")
        try:
            signing.load_signer(self.key_id, self.signing_alg, self.private_key.reveal())
        except (ValueError, TypeError) as wrong:
            raise ConfigurationError(f"private_key: is no key for {self.signing_alg} in PKCS#8 PEM") from wrong

    def _check_levels(self) -> None:
        known = [int(level) for level in AssuranceLevel]
        for name, level in (
            ("ceiling", self.ceiling),
            *((f"levels.{said}", level) for said, level in self.levels.items()),
        ):
            if type(level) is not int or level not in known:
                raise ConfigurationError(f"{name}: is one of {', '.join(map(str, known))}")
        if self.ceiling and not (self.levels and self.number_claim):
            raise ConfigurationError("ceiling: evidence needs levels and number_claim")

    def _check_documents(self) -> None:
        for name, kind in (("document_kind", self.document_kind), *self.kinds.items()):
            if kind not in _KINDS:
                raise ConfigurationError(f"{name}: {kind} is no kind of document that a claim can tell")
        if bool(self.kinds) != bool(self.kind_claim):
            raise ConfigurationError("kinds: goes with kind_claim")
