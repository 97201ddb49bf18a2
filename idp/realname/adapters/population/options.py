"""What an installation was issued for the population service, and the codes it fills into each request."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from idp.core.errors import ConfigurationError
from idp.core.secret import Secret

_REQUIRED = ("app_id", "soap_user", "department_code", "department_name", "person_number", "person_name")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 §2.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`endpoint` is the gateway without a path; the person is who answers for our self-service requests."""

    endpoint: str
    app_id: str
    app_key: Secret
    soap_user: str
    soap_password: Secret
    department_code: str
    department_name: str
    person_number: str = field(repr=False)
    person_name: str = field(repr=False)
    person_department_code: str = "370000000000"
    person_department_name: str = "省政府办公厅"
    system_code: str = "SSO"
    system_name: str = "全省统一身份认证系统"
    business_code: str = "01"
    business_name: str = "用户实名核验"
    namespace: str = "http://webservice.com/"
    operation: str = "GK_GXFW_SFHC"
    token_path: str = "/proxy/auth/token"
    service_path: str = "/proxy/api/GK_GXFW_SFHC"
    secret_expired_codes: frozenset[str] = frozenset({"401002"})  # codes are not published, they differ by site
    answer_seconds: float = 10.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.endpoint)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ConfigurationError("population: the URL must be http(s)://host[:port][/path]")
        for name in _REQUIRED:
            if not getattr(self, name):
                raise ConfigurationError(f"population: {name} is not set")
        for name in ("app_key", "soap_password"):
            if not getattr(self, name):
                raise ConfigurationError(f"population: {name} is not set")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}", self.operation):
            raise ConfigurationError("population: operation is not a name")
        if not self.app_id.isascii() or not self.app_id.isprintable():
            raise ConfigurationError("population: app_id must be printable ASCII, it travels in a header")
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, str) and _NOT_XML.search(value):
                raise ConfigurationError(f"population: {name} holds a character that XML cannot carry")
