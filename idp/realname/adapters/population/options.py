"""What an installation was issued for the population service, and the codes it fills into each request."""

import re
from dataclasses import dataclass, field

from idp.core.errors import ConfigurationError
from idp.core.secret import Secret
from idp.realname import option_rules
from idp.realname.adapters.exchange.options import (
    EXPIRED_CODES,
    MD5,
    NATIONAL,
    NATIONAL_SERVICES,
    PROVINCIAL,
    RENEW_PATH,
    TOKEN_PATHS,
)
from idp.realname.adapters.exchange.post import Contract

_SOAP_NEEDS = ("soap_user", "soap_password", "department_code", "department_name", "person_number", "person_name")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 §2.2


@dataclass(frozen=True, slots=True)
class _Road:
    """What of this registry's differs by channel where the block does not say: which envelopes fit, and the usual path."""

    envelopes: tuple[str, ...] = ("soap", "json")
    service: str = ""


ROADS = {
    PROVINCIAL: _Road(service="/proxy/api/{operation}"),
    NATIONAL: _Road(),
    NATIONAL_SERVICES: _Road(("json",)),
    MD5: _Road(("json",)),
    "aksk": _Road(service="/restapi/prod/{operation}"),
    "paas": _Road(service="/restapi/prod/{operation}"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`endpoint` is the platform without a path; the person is who answers for our self-service requests."""

    endpoint: str
    """The platform: scheme, host, port, and a path where it has one."""
    channel: str = "provincial"
    """`provincial`, `national`, `national_services`, `md5`, `aksk` or `paas`: which platform stands in front of the registry."""
    envelope: str = "soap"
    """`soap` or `json`; over `md5` and `national_services` it is `json`."""
    app_id: str
    """Our name at the platform: appId, requester id (rid), appKey, access key or paas id."""
    app_key: Secret
    """What signs for it: appKey, appSecret, secret key or token."""
    service: str = ""
    """Where the identity check lies: a path, or over the national platforms the service code (sid); usual paths are known."""
    photo_service: str = ""
    """The same for the photo comparison."""
    photo_app_key: Secret = Secret("")
    """Over `national`: the key issued for the photo comparison, where it is another."""
    operation: str = "GK_GXFW_SFHC"
    """Name of the identity check."""
    photo_operation: str = ""
    """Name of the photo comparison; without it none is offered."""
    national_cryptography: bool = False
    """Over `provincial`: HMAC-SM3 and SM4-CBC instead of HMAC-SHA-256 and AES."""
    allow_weak_signatures: bool = False
    """`md5` is refused unless this is true."""
    soap_user: str = ""
    """Required with `soap`, as are the following up to `person_name`."""
    soap_password: Secret = Secret("")
    """Password of that user; it travels in Base64."""
    department_code: str = ""
    """Who asks: the department (QQBWDM)."""
    department_name: str = ""
    """Its name (QQBWMC)."""
    person_number: str = field(default="", repr=False)
    """Who answers for our requests at the registry."""
    person_name: str = field(default="", repr=False)
    """Their name (QQRXM)."""
    person_department_code: str = "370000000000"
    """The unit of that person (QQRDWDM)."""
    person_department_name: str = "省政府办公厅"
    """Its name (QQRDWMC)."""
    system_code: str = "SSO"
    """Our system, as the contract calls it (SJLYXTDM, QQYWXTDM)."""
    system_name: str = "全省统一身份认证系统"
    """Its name (SJLYXTMC, QQYWXTMC)."""
    business_code: str = "01"
    """What is asked for (QQYWLXDM)."""
    business_name: str = "用户实名核验"
    """Its name (QQYWLXMC)."""
    namespace: str = "http://webservice.com/"
    """Some sites have `http://webservice.tongtech.com/`."""
    api_id: str = ""
    """With `json`: header of that name, where the site asks for it."""
    from_user: str = ""
    """With `json`: header of that name, where the site asks for it."""
    token_path: str = ""
    """Where session secrets are fetched; usual paths are known."""
    renew_path: str = RENEW_PATH
    """Over `md5`: where the next secrets are fetched."""
    secret_expired_codes: frozenset[str] = frozenset()
    """Codes by which the platform says that a session secret has ended; they are not published and differ by site."""
    answer_seconds: float = 10.0
    """How long one request may take, at most 10."""

    def __post_init__(self) -> None:
        option_rules.base_address("endpoint", self.endpoint)
        self._check_road()
        for name in ("app_id", "app_key", *(_SOAP_NEEDS if self.envelope == "soap" else ())):
            if not getattr(self, name):
                raise _wrong(name, "is not set")
        option_rules.header_text("app_id", self.app_id)
        for name in ("operation", "photo_operation"):
            if (value := getattr(self, name)) and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}", value):
                raise _wrong(name, "is not a name")
        option_rules.answer_seconds(self.answer_seconds)
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, str) and _NOT_XML.search(value):
                raise _wrong(name, "holds a character that XML cannot carry")

    def _check_road(self) -> None:
        road = ROADS.get(self.channel)
        if road is None:
            raise _wrong("channel", f"is one of {', '.join(ROADS)}")
        if self.envelope not in road.envelopes:
            raise _wrong("envelope", f"over {self.channel} it is {' or '.join(road.envelopes)}")
        if self.channel == MD5 and not self.allow_weak_signatures:
            raise _wrong(
                "allow_weak_signatures", "MD5 signatures can be forged; set it to true to use this road anyway"
            )
        if self.national_cryptography and self.channel != PROVINCIAL:
            raise _wrong("national_cryptography", "is a profile of the provincial channel")
        if not self.service and not road.service:
            raise _wrong("service", f"is required over {self.channel}")
        if self.photo_service and not self.photo_operation:
            raise _wrong("photo_operation", "is required with photo_service")
        if self.photo_operation and not self.photo_service and not road.service:
            raise _wrong("photo_service", f"is required over {self.channel} with photo_operation")

    @property
    def identity_address(self) -> str:
        """Where the identity check lies: a path, or the code of the service."""
        return self.service or ROADS[self.channel].service.format(operation=self.operation)

    @property
    def photo_address(self) -> str:
        return self.photo_service or ROADS[self.channel].service.format(operation=self.photo_operation)

    @property
    def contract(self) -> Contract:
        """What the platform issued."""
        return Contract(
            self.endpoint,
            self.app_id,
            self.app_key,
            self.token_path or TOKEN_PATHS.get(self.channel, ""),
            self.secret_expired_codes or EXPIRED_CODES.get(self.channel, frozenset()),
            self.answer_seconds,
        )


def _wrong(member: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"{member}: {why}")
