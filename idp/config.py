"""The one door to the environment: typed settings from `IDP_*` variables or `IDP_*_FILE`, refused by name when wrong."""

import base64
import binascii
import dataclasses
import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from idp.core.crypto import Suite
from idp.core.errors import ConfigurationError
from idp.core.secret import Secret


@dataclass(frozen=True, slots=True)
class IdentitySettings:
    """How many checks of an identity there may be, and whether those of 14 to 17 may prove themselves by their face."""

    per_account_day: int = 3
    per_number_day: int = 20
    per_network_hour: int = 10
    starts_day: int = 5
    minors_by_face: bool = False


@dataclass(frozen=True, slots=True)
class SmsSettings:
    """The short-message gateway; off while `url` is empty."""

    url: str = ""
    app_id: str = ""
    app_key: Secret = Secret("")
    sign: str = "统一身份认证"
    per_phone_day: int = 10
    per_device_hour: int = 10
    per_address_hour: int = 30
    pause_seconds: int = 60


@dataclass(frozen=True, slots=True)
class RegistrationSettings:
    """How many sites may register themselves where anybody may (`open`): from one network, and in all."""

    per_network_hour: int = 20
    per_hour: int = 500


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """What a password must be; composition and expiry are off unless switched on (NIST SP 800-63B §3.1.1.2)."""

    min_length: int = 8
    required_classes: int = 0
    max_age_days: int = 0


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the service may be told; `from_environment` builds it, a test may build it directly."""

    issuer: str
    database_url: str
    master_key: Secret
    redis_url: str = ""
    listen: str = "127.0.0.1:8000"
    metrics_listen: str = ""
    workers: int = 1
    threads: int = 4
    embedded_worker: bool = True
    trusted_proxies: tuple[str, ...] = ()
    client_certificate_header: str = ""
    client_certificate_url: str = ""
    client_ca_file: Path | None = None
    outbound_allow: tuple[str, ...] = ()
    outbound_ca_file: Path | None = None
    sources_file: Path | None = None
    counter: bool = False
    admin_allow: tuple[str, ...] = ()
    log_file: Path | None = None
    log_level: str = "INFO"
    brand_name: str = "统一身份认证"
    crypto_suite: Suite = Suite.INTERNATIONAL
    client_registration: str = "closed"
    software_statement_issuers: tuple[str, ...] = ()
    hsts_subdomains: bool = False
    session_idle_minutes: int = 30
    session_hours: int = 8
    phone_reconfirm_days: int = 90
    code_seconds: int = 60
    access_token_seconds: int = 600
    refresh_token_days: int = 30
    refresh_grace_seconds: int = 10
    merge_undo_days: int = 30
    site_owners: str = "departments"
    client_secret_days: int = 365
    review_claims: int = 10
    statistics_days_kept: int = 800
    database_pool: int = 10
    sandbox: bool = False
    password: PasswordPolicy = PasswordPolicy()
    sms: SmsSettings = SmsSettings()
    identity: IdentitySettings = IdentitySettings()
    registration: RegistrationSettings = RegistrationSettings()

    @property
    def is_https(self) -> bool:
        return self.issuer.startswith("https://")

    @property
    def host(self) -> str:
        """The only Host header the service answers to, with the port when it is not the default."""
        return urlsplit(self.issuer).netloc

    def url(self, path: str) -> str:
        return f"{self.issuer}{path}"


T = TypeVar("T")

_GROUPS: dict[str, type] = {
    "sms": SmsSettings,
    "identity": IdentitySettings,
    "password": PasswordPolicy,
    "registration": RegistrationSettings,
}


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Read all settings; ConfigurationError names the first variable that is unknown, missing or wrong."""
    given = _collect(os.environ if environment is None else environment)
    values: dict[str, Any] = {}
    for name, group in _GROUPS.items():
        prefix = f"{name}_"
        members = {f.name for f in dataclasses.fields(group)}
        mine = {
            k[len(prefix) :]: given.pop(k) for k in list(given) if k.startswith(prefix) and k[len(prefix) :] in members
        }
        values[name] = _fill(group, mine, prefix)
    settings: Settings = _fill(Settings, given, "", **values)
    _check(settings)
    return settings


_PATHS = frozenset({"log_file", "outbound_ca_file", "client_ca_file", "sources_file"})
"""Settings that are paths themselves; every other may be given as NAME_FILE."""


def _collect(environment: Mapping[str, str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for variable, value in environment.items():
        if not variable.startswith("IDP_"):
            continue
        name = variable[4:].lower()
        if name.endswith("_file") and name not in _PATHS:
            try:
                given[name[:-5]] = Path(value).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as unreadable:
                raise ConfigurationError(f"{variable}: cannot read {value}: {unreadable}") from unreadable
        else:
            given.setdefault(name, value)
    return given


def _fill(kind: type[T], given: dict[str, str], prefix: str, **ready: Any) -> T:
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for name in given:
        if name not in fields or name in ready:
            raise ConfigurationError(f"IDP_{prefix.upper()}{name.upper()}: no such setting")
    values = {
        name: _convert(f"IDP_{prefix.upper()}{name.upper()}", fields[name].type, text) for name, text in given.items()
    }
    for name, field in fields.items():
        if name not in values and name not in ready and field.default is dataclasses.MISSING:
            raise ConfigurationError(f"IDP_{prefix.upper()}{name.upper()}: this setting is required")
    return kind(**values, **ready)


def _convert(variable: str, kind: object, text: str) -> object:
    try:
        if kind is int:
            return int(text)
        if kind is bool:
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[text.lower()]
        if kind is Secret:
            return Secret(text)
        if kind is Suite:
            return Suite(text)
        if kind == tuple[str, ...]:
            return tuple(part.strip() for part in text.split(",") if part.strip())
        if kind == Path | None:
            return Path(text) if text else None
    except (ValueError, KeyError) as wrong:
        raise ConfigurationError(f"{variable}: {text!r} is not a valid value") from wrong
    return text


LEAST_DAYS_KEPT = 120
"""A page shows a quarter by day, and a day is held against the four weeks before."""
_AT_LEAST_ONE = (
    "workers", "threads", "session_hours", "session_idle_minutes", "code_seconds", "access_token_seconds",
    "phone_reconfirm_days",
)  # fmt: skip


def _check(settings: Settings) -> None:
    parts = urlsplit(settings.issuer)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path or parts.query or parts.fragment:
        raise ConfigurationError(
            "IDP_ISSUER: give scheme, host and port only, without a path, like https://id.example.gov.cn"
        )
    for variable, networks in (
        ("TRUSTED_PROXIES", settings.trusted_proxies),
        ("OUTBOUND_ALLOW", settings.outbound_allow),
        ("ADMIN_ALLOW", settings.admin_allow),
    ):
        for network in networks:
            try:
                ipaddress.ip_network(network)
            except ValueError as wrong:
                raise ConfigurationError(f"IDP_{variable}: {network!r} is not a network like 10.0.0.0/8") from wrong
    _check_choices(settings)
    _check_client_certificates(settings)
    for entry in settings.software_statement_issuers:
        name, _, place = entry.partition("=")
        if not name or not place:
            raise ConfigurationError(
                f"IDP_SOFTWARE_STATEMENT_ISSUERS: {entry!r} is not issuer=file or issuer=URL of a JWK Set"
            )
    if settings.log_level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ConfigurationError("IDP_LOG_LEVEL: choose DEBUG, INFO, WARNING or ERROR")
    if not 0 <= settings.password.required_classes <= 4:
        raise ConfigurationError("IDP_PASSWORD_REQUIRED_CLASSES: choose 0 to 4")
    for name in _AT_LEAST_ONE:
        if getattr(settings, name) < 1:
            raise ConfigurationError(f"IDP_{name.upper()}: must be at least 1")
    if settings.statistics_days_kept < LEAST_DAYS_KEPT:
        raise ConfigurationError(f"IDP_STATISTICS_DAYS_KEPT: must be at least {LEAST_DAYS_KEPT}")
    master_key_material(settings)


def _check_choices(settings: Settings) -> None:
    for name, choices in (
        ("client_registration", ("open", "token", "closed")),
        ("site_owners", ("departments", "any")),
    ):
        if getattr(settings, name) not in choices:
            chosen = ", ".join(choices[:-1]) + f" or {choices[-1]}"
            raise ConfigurationError(f"IDP_{name.upper()}: choose {chosen}")


def _check_client_certificates(settings: Settings) -> None:
    header = settings.client_certificate_header
    is_name = re.fullmatch(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*", header, re.ASCII)
    if header and not (is_name and "cert" in header.lower()):
        raise ConfigurationError(
            f"IDP_CLIENT_CERTIFICATE_HEADER: {header!r} names no header for certificates, like Client-Cert"
        )
    if not header and (settings.client_ca_file or settings.client_certificate_url):
        raise ConfigurationError(
            "IDP_CLIENT_CERTIFICATE_HEADER: name the header in which the proxy hands over a client's certificate, "
            "or leave out IDP_CLIENT_CA_FILE and IDP_CLIENT_CERTIFICATE_URL"
        )
    if settings.client_certificate_url:
        parts = urlsplit(settings.client_certificate_url)
        if parts.scheme != "https" or not parts.netloc or parts.path or parts.query or parts.fragment:
            raise ConfigurationError(
                "IDP_CLIENT_CERTIFICATE_URL: give scheme, host and port only, like https://id.example.gov.cn:8444"
            )


def master_key_material(settings: Settings) -> bytes:
    """The 32 bytes of IDP_MASTER_KEY (base64url); ConfigurationError when it is anything else."""
    text = settings.master_key.reveal()
    try:
        material = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        material = b""
    if len(material) != 32:
        raise ConfigurationError(
            "IDP_MASTER_KEY: must be 32 random bytes in base64url; `python -m idp init --new-master-key` prints one"
        )
    return material
