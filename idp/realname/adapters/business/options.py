"""What an installation was issued for the registers of organisations."""

import re
from dataclasses import dataclass

from idp.core.errors import ConfigurationError
from idp.core.http import HttpClient
from idp.core.secret import Secret
from idp.realname import option_rules
from idp.realname.adapters.exchange.md5 import Md5Gateway
from idp.realname.adapters.exchange.options import EXPIRED_CODES, MD5, RENEW_PATH, TOKEN_PATHS, RoadOptions
from idp.realname.adapters.exchange.road import Road
from idp.store.redis import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class SamrOptions(RoadOptions):
    """The services of market regulation."""

    query_service: str = ""
    """Where the basic query lies: a path, or over `national` the service code (sid); usual paths are known."""
    verification_service: str = ""
    """The same for the comparison."""
    verification_app_key: Secret = Secret("")
    """Over `national`: the key issued for the comparison, where it is another."""
    legal_id_field: str = ""
    """Member for the representative's number, where the province has one."""

    def __post_init__(self) -> None:
        RoadOptions.__post_init__(self)
        if self.legal_id_field and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,31}", self.legal_id_field):
            raise ConfigurationError("legal_id_field: is not the name of a member")
        if self.query == self.verification:
            raise ConfigurationError("verification_service: is another one than query_service")

    @property
    def query(self) -> str:
        """Where the basic query lies."""
        return self.place_of("query_service", self.query_service, "SAMR_QYJBXXCX")

    @property
    def verification(self) -> str:
        """Where the comparison lies."""
        return self.place_of("verification_service", self.verification_service, "SAMR_QYXXHY")

    def open_road(self, http: HttpClient, store: Store | None) -> Road:
        key = self.verification_app_key or self.app_key
        return self.road(http, store, {self.query: self.app_key, self.verification: key})


@dataclass(frozen=True, slots=True, kw_only=True)
class _UnitOptions(RoadOptions):
    query_service: str = ""
    """Where the query lies: a path, or over `national` the service code (sid); usual paths are known."""

    def __post_init__(self) -> None:
        RoadOptions.__post_init__(self)
        self.place_of("query_service", self.query_service, "-")

    def open_road(self, http: HttpClient, store: Store | None) -> Road:
        return self.road(http, store, {self.query_service: self.app_key})


@dataclass(frozen=True, slots=True, kw_only=True)
class CivilAffairsOptions(_UnitOptions):
    """The one service of civil affairs."""

    has_committees: bool = False
    """Whether villagers' and residents' committees (54, 55) are in this register too."""

    @property
    def query(self) -> str:
        return self.place_of("query_service", self.query_service, "mz_social_group_check")


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryOptions:
    """A city's legal-entity library behind the MD5 gateway, for compatibility: who configures it accepts weak signatures."""

    endpoint: str
    """The gateway: scheme, host, port, and a path where it has one."""
    app_id: str
    """Our appKey."""
    app_key: Secret
    """Our appSecret."""
    allow_weak_signatures: bool = False
    """It is refused unless this is true."""
    service: str = "/gateway/api/getCacycyxx.htm"
    """Where the query lies."""
    token_path: str = TOKEN_PATHS[MD5]
    """Where the first session secrets are fetched."""
    renew_path: str = RENEW_PATH
    """Where the next ones are fetched."""
    secret_expired_codes: frozenset[str] = EXPIRED_CODES[MD5]
    """Codes by which the gateway says that a session secret has ended."""
    answer_seconds: float = 10.0
    """How long one request may take, at most 10."""

    def __post_init__(self) -> None:
        option_rules.base_address("endpoint", self.endpoint)
        if not self.allow_weak_signatures:
            raise ConfigurationError(
                "allow_weak_signatures: MD5 signatures can be forged; set it to true to use this all the same"
            )
        for name in ("app_id", "app_key"):
            if not getattr(self, name):
                raise ConfigurationError(f"{name}: is not set")
        option_rules.answer_seconds(self.answer_seconds)

    def open_road(self, http: HttpClient, store: Store | None) -> Road:
        return Md5Gateway(self, http, self.renew_path, store)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffingOfficeOptions(_UnitOptions):
    """The one service of the staffing office."""

    @property
    def query(self) -> str:
        return self.place_of("query_service", self.query_service, "bb_institution_check")
