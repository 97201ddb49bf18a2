"""What a relying site registers: the metadata of RFC 7591 §2 and OpenID Registration §2 that are in use, checked."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

SCOPES = ("openid", "profile", "phone", "realname", "offline_access")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def _web_uri(uri: str) -> str:
    """An absolute https URI without fragment or credentials; plain http only on loopback."""
    if not uri.isascii() or not uri.isprintable() or any(c in uri for c in ' \\"<>*') or len(uri) > 2000:
        raise ValueError("must be a plain ASCII URI without spaces or wildcards")
    parts = urlsplit(uri)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.fragment or "#" in uri:
        raise ValueError("must be an absolute https URI without a fragment")
    if "@" in parts.netloc:
        raise ValueError("must not hold user information")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ValueError("plain http is for loopback addresses only")
    if ".." in parts.path.split("/"):
        raise ValueError("must not climb up with ..")
    _ = parts.port
    return uri


def _is_loopback(host: str) -> bool:
    """A loopback address, or a name that means one (RFC 6761 §6.3)."""
    return host in _LOOPBACK or host.endswith(".localhost")


WebUri = Annotated[str, AfterValidator(_web_uri)]


class ClientMetadata(BaseModel):
    """Metadata of one client; an unknown member is refused, never silently kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    client_name: str = Field(min_length=1, max_length=60)
    client_name_en: str = Field(default="", max_length=60)
    client_uri: WebUri
    initiate_login_uri: WebUri | None = None
    redirect_uris: tuple[WebUri, ...] = Field(default=(), max_length=20)
    post_logout_redirect_uris: tuple[WebUri, ...] = Field(default=(), max_length=20)
    backchannel_logout_uri: WebUri | None = None
    backchannel_logout_session_required: bool = True
    application_type: Literal["web", "native"] = "web"
    token_endpoint_auth_method: Literal["client_secret_basic", "client_secret_post", "none"] = "client_secret_basic"
    grant_types: tuple[Literal["authorization_code", "refresh_token", "client_credentials"], ...] = (
        "authorization_code",
    )
    response_types: tuple[Literal["code"], ...] = ("code",)
    scope: str = "openid"
    id_token_signed_response_alg: Literal["RS256", "ES256"] = "RS256"
    subject_type: Literal["pairwise", "public"] = "pairwise"
    default_max_age: int | None = Field(default=None, ge=0)
    purposes: dict[str, str] = Field(default_factory=dict)
    purposes_en: dict[str, str] = Field(default_factory=dict)

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(self.scope.split())

    @model_validator(mode="after")
    def _fits_together(self) -> "ClientMetadata":
        if "authorization_code" in self.grant_types and not self.redirect_uris:
            raise ValueError("redirect_uris: the code flow needs at least one")
        if unknown := set(self.scopes) - set(SCOPES):
            raise ValueError(f"scope: not offered here: {' '.join(sorted(unknown))}")
        if self.token_endpoint_auth_method == "none" and "client_credentials" in self.grant_types:
            raise ValueError("grant_types: client_credentials needs a client that authenticates")
        if self.subject_type == "pairwise" and len({urlsplit(uri).hostname for uri in self.redirect_uris}) > 1:
            raise ValueError("redirect_uris: a pairwise subject needs all of them on one host (OpenID Core §8.1)")
        if self.application_type == "web" and self.initiate_login_uri is None and self.redirect_uris:
            raise ValueError("initiate_login_uri: needed, so that a lost visitor can start again")
        return self
