"""The authorization request, read once into a frozen value (OpenID Connect Core §3.1.2.1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from idp.oidc import levels
from idp.oidc.authorization import claims_request
from idp.oidc.authorization.claims_request import ClaimsRequest
from idp.oidc.levels import Level

PARAMETERS = (
    "client_id", "response_type", "redirect_uri", "scope", "state", "nonce", "response_mode", "prompt", "max_age", "display",
    "ui_locales", "login_hint", "id_token_hint", "acr_values", "code_challenge", "code_challenge_method",
    "request", "request_uri", "registration", "claims", "claims_locales", "resource", "principal",
)  # fmt: skip
DISPLAYS = {"page", "popup", "touch", "wap"}
DISPLAYS_SHOWN = ("page", "popup", "touch")
"""Those that the pages look different for; `wap` gets the plain page, which is made for small screens anyway."""


@dataclass(frozen=True)
class AuthorizationRequest:
    """What a site asks, as it came; `wire` holds the recognised parameters, everything else reads them, once."""

    wire: Mapping[str, str] = field(repr=False)

    @classmethod
    def from_wire(cls, parameters: Mapping[str, str]) -> "AuthorizationRequest":
        """Keep what the specifications name; an unknown parameter is ignored (RFC 6749 §3.1)."""
        return cls({name: parameters[name] for name in PARAMETERS if name in parameters})

    @property
    def client_id(self) -> str | None:
        return self.wire.get("client_id")

    @property
    def redirect_uri(self) -> str | None:
        return self.wire.get("redirect_uri")

    @property
    def state(self) -> str | None:
        return self.wire.get("state")

    @property
    def nonce(self) -> str | None:
        return self.wire.get("nonce")

    @cached_property
    def response_type(self) -> frozenset[str]:
        return frozenset(self._words("response_type"))

    @property
    def repeats_response_type(self) -> bool:
        """Whether a word of the response type comes more than once, which no response type has."""
        return len(self.response_type) != len(self._words("response_type"))

    @property
    def response_mode(self) -> str | None:
        return self.wire.get("response_mode")

    @cached_property
    def scope(self) -> tuple[str, ...]:
        return self._words("scope")

    @property
    def resource(self) -> tuple[str, ...]:
        """The resource servers that the tokens are meant for (RFC 8707 §2.1)."""
        return self._words("resource")

    @property
    def principal(self) -> str | None:
        """`select`: the person is to say on whose behalf they come, even if they said so before."""
        return self.wire.get("principal")

    @cached_property
    def prompt(self) -> frozenset[str]:
        return frozenset(self._words("prompt"))

    @property
    def max_age(self) -> int | None:
        """Seconds; only read after the rule about its shape has passed."""
        text = self.wire.get("max_age")
        return int(text) if text is not None else None

    @cached_property
    def claims(self) -> ClaimsRequest:
        """The single claims asked for; only read after the rule about their shape has passed (OpenID Core §5.5)."""
        text = self.wire.get("claims")
        return claims_request.parse(text) if text is not None else claims_request.NOTHING

    @property
    def claims_locales(self) -> tuple[str, ...]:
        return self._words("claims_locales")

    def levels_within(self, reach: Level) -> tuple[Level, ...]:
        """The levels of which one must be reached; an essential `acr` goes before `acr_values` (OpenID Core §5.5.1.1).

        A voluntary one is passed over where no way leads to it.
        """
        if essential := self.claims.essential_acrs:
            return levels.parse_all(essential) or (levels.OUT_OF_REACH,)
        wanted = levels.parse_all(self._words("acr_values"))
        return wanted or tuple(each for each in levels.parse_all(self.claims.voluntary_acrs) if reach.meets(each))

    def acr_for(self, level: Level) -> str:
        """How a sign-in of this level is called: as the site demanded it, if it did (OpenID Core §5.5.1.1)."""
        named = ((each, levels.parse(each)) for each in self.claims.essential_acrs)
        return next((acr for acr, wanted in named if wanted is not None and level.meets(wanted)), str(level))

    @property
    def login_hint(self) -> str | None:
        return self.wire.get("login_hint")

    @property
    def id_token_hint(self) -> str | None:
        return self.wire.get("id_token_hint")

    @property
    def ui_locales(self) -> tuple[str, ...]:
        return self._words("ui_locales")

    @property
    def display(self) -> str:
        return self.wire.get("display", "page")

    @property
    def code_challenge(self) -> str | None:
        return self.wire.get("code_challenge")

    def _words(self, name: str) -> tuple[str, ...]:
        return tuple(self.wire.get(name, "").split())
