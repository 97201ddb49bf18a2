"""What a relying site registers: the metadata of RFC 7591 §2 and OpenID Registration §2 that are in use, checked."""

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

SCOPES = ("openid", "profile", "email", "address", "phone", "realname", "offline_access")
# RFC 6749 §3.3. Whether somebody knows the word is asked where clients are registered: resource servers add their own.
_SCOPE_WORD = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]{1,64}", re.ASCII)
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def is_scope_word(word: str) -> bool:
    return _SCOPE_WORD.fullmatch(word) is not None


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


SigningAlg = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]  # fmt: skip
MacAlg = Literal["HS256", "HS384", "HS512"]
KeyWrapAlg = Literal["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"]
ContentEnc = Literal["A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM"]
AuthMethod = Literal[
    "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt",
    "tls_client_auth", "self_signed_tls_client_auth", "none",
]  # fmt: skip
GrantType = Literal[
    "authorization_code", "implicit", "refresh_token", "client_credentials",
    "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:token-exchange",
]  # fmt: skip
ResponseType = Literal[
    "code", "id_token", "token", "id_token token", "code id_token", "code token", "code id_token token", "none"
]  # fmt: skip


class ClientMetadata(BaseModel):
    """Metadata of one client; an unknown member is refused, never silently kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # who it is
    client_name: str = Field(min_length=1, max_length=60)
    client_name_en: str = Field(default="", max_length=60)
    client_uri: WebUri
    logo_uri: WebUri | None = None
    policy_uri: WebUri | None = None
    tos_uri: WebUri | None = None
    contacts: tuple[str, ...] = Field(default=(), max_length=20)
    software_id: str | None = Field(default=None, max_length=200)
    software_version: str | None = Field(default=None, max_length=200)
    application_type: Literal["web", "native"] = "web"
    # where answers go
    redirect_uris: tuple[WebUri, ...] = Field(default=(), max_length=20)
    initiate_login_uri: WebUri | None = None
    post_logout_redirect_uris: tuple[WebUri, ...] = Field(default=(), max_length=20)
    backchannel_logout_uri: WebUri | None = None
    backchannel_logout_session_required: bool = True
    frontchannel_logout_uri: WebUri | None = None
    frontchannel_logout_session_required: bool = False
    # how it proves itself, and its keys
    token_endpoint_auth_method: AuthMethod = "client_secret_basic"
    token_endpoint_auth_signing_alg: SigningAlg | MacAlg | None = None
    tls_client_auth_subject_dn: str | None = None
    tls_client_auth_san_dns: str | None = None
    tls_client_auth_san_uri: str | None = None
    tls_client_auth_san_ip: str | None = None
    tls_client_auth_san_email: str | None = None
    jwks_uri: WebUri | None = None
    jwks: dict[str, Any] | None = None
    # what it may ask
    grant_types: tuple[GrantType, ...] = ("authorization_code",)
    response_types: tuple[ResponseType, ...] = ("code",)
    scope: str = "openid"
    require_pkce: bool = True
    default_max_age: int | None = Field(default=None, ge=0)
    require_auth_time: bool = False
    default_acr_values: tuple[str, ...] = Field(default=(), max_length=10)
    request_uris: tuple[str, ...] = Field(default=(), max_length=20)
    request_object_signing_alg: SigningAlg | None = None
    request_object_encryption_alg: KeyWrapAlg | None = None
    request_object_encryption_enc: ContentEnc | None = None
    require_signed_request_object: bool = False
    # what it gets
    subject_type: Literal["pairwise", "public"] = "pairwise"
    sector_identifier_uri: WebUri | None = None
    id_token_signed_response_alg: SigningAlg = "RS256"
    id_token_encrypted_response_alg: KeyWrapAlg | None = None
    id_token_encrypted_response_enc: ContentEnc | None = None
    userinfo_signed_response_alg: SigningAlg | None = None
    userinfo_encrypted_response_alg: KeyWrapAlg | None = None
    userinfo_encrypted_response_enc: ContentEnc | None = None
    introspection_signed_response_alg: SigningAlg | None = None
    introspection_encrypted_response_alg: KeyWrapAlg | None = None
    introspection_encrypted_response_enc: ContentEnc | None = None
    # why it asks (ours: purposes of scopes, in Chinese and English)
    purposes: dict[str, str] = Field(default_factory=dict)
    purposes_en: dict[str, str] = Field(default_factory=dict)

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(self.scope.split())

    @property
    def signing_algorithms(self) -> frozenset[str]:
        """The algorithms in which we sign for this client."""
        named = (
            self.id_token_signed_response_alg,
            self.userinfo_signed_response_alg,
            self.introspection_signed_response_alg,
        )
        return frozenset(alg for alg in named if alg is not None)

    @model_validator(mode="after")
    def _fits_together(self) -> "ClientMetadata":
        if "authorization_code" in self.grant_types and not self.redirect_uris:
            raise ValueError("redirect_uris: the code flow needs at least one")
        if odd := [word for word in self.scopes if not is_scope_word(word)]:
            raise ValueError(f"scope: not a scope word: {odd[0]!a}")
        for response_type in self.response_types:
            words = set(response_type.split())
            needed = {"authorization_code"} if "code" in words else set()
            needed |= {"implicit"} if words & {"token", "id_token"} else set()
            if self.redirect_uris and (missing := needed - set(self.grant_types)):
                raise ValueError(f"response_types: {response_type} needs grant_types {' '.join(sorted(missing))}")
        if self.token_endpoint_auth_method == "none" and "client_credentials" in self.grant_types:
            raise ValueError("grant_types: client_credentials needs a client that authenticates")
        if self.subject_type == "pairwise" and len({urlsplit(uri).hostname for uri in self.redirect_uris}) > 1:
            raise ValueError("redirect_uris: a pairwise subject needs all of them on one host (OpenID Core §8.1)")
        if self.application_type == "web" and self.initiate_login_uri is None and self.redirect_uris:
            raise ValueError("initiate_login_uri: needed, so that a lost visitor can start again")
        return self
