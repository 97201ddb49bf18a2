"""What a relying site registers: the metadata of RFC 7591 §2 and OpenID Registration §2 that are in use, checked."""

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationInfo,
    model_validator,
)

from idp.core.jwt.jwks import KeySetRefused, read_set
from idp.oidc.registration import language_tags, metadata_rules
from idp.oidc.registration.client_uris import RedirectUri, RequestUri, WebUri, web_uri
from idp.realname.foreign_levels import ScaleName

SCOPES, is_scope_word = metadata_rules.SCOPES, metadata_rules.is_scope_word
OURS = ("localised", "purposes", "purposes_en", "legal_bases", "legal_bases_en", "about", "public_subject_reason",
        "require_pkce", "serves")  # fmt: skip
"""What is ours alone: no registration endpoint takes it or tells it."""
OPERATOR, DEPARTMENT, DYNAMIC = "operator", "department", "dynamic"
"""Who registered a site: an operator, the department that owns it, or a machine at the registration endpoint."""
_LONGEST_NAME = 100
_DEFAULT_ENC = "A128CBC-HS256"  # OpenID Registration §2, RFC 9101 §10
_ENCRYPTIONS = ("id_token_encrypted_response", "userinfo_encrypted_response", "introspection_encrypted_response",
                "request_object_encryption")  # fmt: skip


def _readable(text: str) -> str:
    """What a page may show as it is: no control, no invisible character, nothing that turns the direction of writing."""
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for character in text):
        raise ValueError("must not hold control or invisible characters")
    if text != text.strip():
        raise ValueError("must not begin or end with a space")
    return text


def _public_keys(document: dict[str, Any]) -> dict[str, Any]:
    """A JWK Set by value: public keys, at least one of which is of a kind that we use (RFC 7517 §5)."""
    try:
        found = read_set(document)
    except KeySetRefused as refused:
        raise ValueError(f"is not a set of public keys: {refused.reason}") from refused
    if not found.keys:
        raise ValueError("holds no key of a kind that is used here")
    return document


def _in_order(response_type: Any) -> Any:
    """The words of a response type in the order of the specification: they mean the same in any (OAuth 2.0 MRT §3)."""
    words = response_type.split(" ") if isinstance(response_type, str) else []
    if len(words) < 2 or len(set(words)) != len(words):
        return response_type
    order = ("code", "id_token", "token")
    return " ".join(sorted(words, key=order.index)) if set(words) <= set(order) else response_type


Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_readable)]
Name = Annotated[str, Field(min_length=1, max_length=_LONGEST_NAME), AfterValidator(_readable)]
Purposes = Annotated[dict[str, Text], Field(max_length=20)]
Jwks = Annotated[dict[str, Any], AfterValidator(_public_keys)]
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
    client_name: Name | None = None
    client_uri: WebUri | None = None
    logo_uri: WebUri | None = None
    policy_uri: WebUri | None = None
    tos_uri: WebUri | None = None
    localised: dict[str, str] = Field(default_factory=dict, max_length=language_tags.MOST)
    contacts: tuple[Text, ...] = Field(default=(), max_length=20)
    software_id: Text | None = None
    software_version: Text | None = None
    software_statement: str | None = Field(default=None, max_length=16_384)
    application_type: Literal["web", "native"] = "web"
    # where answers go
    redirect_uris: tuple[RedirectUri, ...] = Field(default=(), max_length=20)
    initiate_login_uri: WebUri | None = None
    post_logout_redirect_uris: tuple[RedirectUri, ...] = Field(default=(), max_length=20)
    backchannel_logout_uri: WebUri | None = None
    backchannel_logout_session_required: StrictBool = False
    frontchannel_logout_uri: WebUri | None = None
    frontchannel_logout_session_required: StrictBool = False
    # how it proves itself, and its keys
    token_endpoint_auth_method: AuthMethod = "client_secret_basic"
    token_endpoint_auth_signing_alg: SigningAlg | MacAlg | None = None
    tls_client_auth_subject_dn: Text | None = None
    tls_client_auth_san_dns: Text | None = None
    tls_client_auth_san_uri: Text | None = None
    tls_client_auth_san_ip: Text | None = None
    tls_client_auth_san_email: Text | None = None
    jwks_uri: WebUri | None = None
    jwks: Jwks | None = None
    # what it may ask
    grant_types: tuple[GrantType, ...] = Field(default=("authorization_code",), max_length=20)
    response_types: tuple[ResponseType, ...] = Field(default=("code",), max_length=20)
    scope: str = Field(default="openid", max_length=1000)
    require_pkce: StrictBool = True
    default_max_age: Annotated[StrictInt, Field(ge=0, le=999_999_999)] | None = None
    require_auth_time: StrictBool = False
    default_acr_values: tuple[Text, ...] = Field(default=(), max_length=10)
    request_uris: tuple[RequestUri, ...] = Field(default=(), max_length=20)
    request_object_signing_alg: SigningAlg | None = None
    request_object_encryption_alg: KeyWrapAlg | None = None
    request_object_encryption_enc: ContentEnc | None = None
    require_signed_request_object: StrictBool = False
    level_scale: ScaleName | None = None
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
    # whom it serves (ours: people, organisations by whoever acts for them, or both)
    serves: Literal["people", "organisations", "both"] = "people"
    # why it asks (ours: purposes of scopes, in Chinese and English)
    purposes: Purposes = Field(default_factory=dict)
    purposes_en: Purposes = Field(default_factory=dict)
    # … on which ground in law, what the site is for, and why it needs to know people by one number everywhere
    legal_bases: Purposes = Field(default_factory=dict)
    legal_bases_en: Purposes = Field(default_factory=dict)
    about: Text | None = None
    public_subject_reason: Text | None = None

    @classmethod
    def of_machine(cls, said: Mapping[str, Any]) -> Self:
        """What came by dynamic registration: people who have to be told something may be told the host."""
        return cls.model_validate(said, context=DYNAMIC)

    @classmethod
    def stored(cls, kept: Mapping[str, Any]) -> Self:
        """What was checked when it was registered, taken as it is: a rule that came later puts no working site out of order."""
        localised = {name: value for name, value in kept.items() if language_tags.is_tagged(name) and value}
        members = {name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()}
        return cls.model_construct(None, **{**members, "localised": localised})

    def to_store(self) -> dict[str, Any]:
        """As JSON with the members' own names; what is not said in it is the default."""
        always = {
            "scope": self.scope,
            "grant_types": list(self.grant_types),
            "response_types": list(self.response_types),
        }
        said = self.model_dump(mode="json", exclude_defaults=True, exclude={"localised"})
        return said | always | self.localised

    def told(self) -> dict[str, Any]:
        """All that is registered, defaults too, as the site is told it (RFC 7591 §3.2.1); what is ours alone is not."""
        said = self.model_dump(mode="json", exclude_none=True, exclude=set(OURS))
        return {name: value for name, value in said.items() if value != [] or name in _ALWAYS_TOLD} | self.localised

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(self.scope.split())

    @property
    def serves_people(self) -> bool:
        """Whether people come to it for themselves."""
        return self.serves != "organisations"

    @property
    def serves_organisations(self) -> bool:
        """Whether people come to it on behalf of an organisation."""
        return self.serves != "people"

    @property
    def signing_algorithms(self) -> frozenset[str]:
        """The algorithms in which we sign for this client."""
        named = (
            self.id_token_signed_response_alg,
            self.userinfo_signed_response_alg,
            self.introspection_signed_response_alg,
        )
        return frozenset(alg for alg in named if alg is not None)

    @model_validator(mode="before")
    @classmethod
    def _completed(cls, said: Any) -> Any:
        """The members in their own places, and what one of them says about another that is missing."""
        if not isinstance(said, Mapping):
            return said
        if "localised" in said:
            raise ValueError("localised: is no member; give client_name#en and its like")
        tagged = {name: value for name, value in said.items() if language_tags.is_tagged(name)}
        made = {name: value for name, value in said.items() if name not in tagged}
        made["localised"] = {name: _checked_text(name, value) for name, value in tagged.items()}
        if len({name.lower() for name in tagged}) != len(tagged):
            raise ValueError(f"{min(tagged)}: a language is given twice")
        return _derived(made)

    @model_validator(mode="after")
    def _fits_together(self, info: ValidationInfo) -> Self:
        metadata_rules.check(self, by_machine=info.context == DYNAMIC)
        return self


_ALWAYS_TOLD = {"redirect_uris", "grant_types", "response_types"}


def _checked_text(name: str, value: Any) -> Any:
    is_name = name.startswith("client_name#")
    if not isinstance(value, str) or not 0 < len(value) <= (_LONGEST_NAME if is_name else 2000):
        raise ValueError(f"{name}: must be a text of the usual length")
    try:
        return _readable(value) if is_name else web_uri(value)
    except ValueError as wrong:
        raise ValueError(f"{name}: {wrong}") from wrong


def _derived(said: dict[str, Any]) -> dict[str, Any]:
    """Of grant_types and response_types one follows from the other (RFC 7591 §2.1); an encryption has a default enc."""
    if isinstance(said.get("response_types"), list | tuple):
        said["response_types"] = [_in_order(each) for each in said["response_types"]]
        if "grant_types" not in said:
            said["grant_types"] = metadata_rules.grants_for(said["response_types"])
    elif isinstance(said.get("grant_types"), list | tuple) and "response_types" not in said:
        said["response_types"] = metadata_rules.response_types_for(said["grant_types"])
    for family in _ENCRYPTIONS:
        if said.get(f"{family}_alg") is not None and said.get(f"{family}_enc") is None:
            said[f"{family}_enc"] = _DEFAULT_ENC
    return said
