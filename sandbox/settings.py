"""The sandbox's settings, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_REQUIRED = {
    "SANDBOX_DATA": "the folder for its state",
    "SANDBOX_GATEWAY_APP_ID": "the application id of the provincial gateway",
    "SANDBOX_GATEWAY_APP_KEY": "the application key of the provincial gateway",
    "SANDBOX_SOAP_USER": "the user of the population service",
    "SANDBOX_SOAP_PASSWORD": "the password of the population service",
    "SANDBOX_SMS_APP_KEY": "the application key of the SMS gateway",
}


class SettingMissing(Exception):
    """Stops the start; the message names the variable."""


@dataclass(frozen=True, slots=True)
class Settings:
    data: Path
    gateway_app_id: str
    gateway_app_key: str = field(repr=False)
    soap_user: str
    soap_password: str = field(repr=False)
    sms_app_key: str = field(repr=False)
    sms_app_id: str = "sms-app-001"
    hang_seconds: float = 30.0
    granted_services: frozenset[str] = frozenset({"GK_GXFW_SFHC"})


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    for name, meaning in _REQUIRED.items():
        if not environment.get(name):
            raise SettingMissing(f"{name} is not set: it is {meaning}")
    return Settings(
        data=Path(environment["SANDBOX_DATA"]),
        gateway_app_id=environment["SANDBOX_GATEWAY_APP_ID"],
        gateway_app_key=environment["SANDBOX_GATEWAY_APP_KEY"],
        soap_user=environment["SANDBOX_SOAP_USER"],
        soap_password=environment["SANDBOX_SOAP_PASSWORD"],
        sms_app_key=environment["SANDBOX_SMS_APP_KEY"],
        sms_app_id=environment.get("SANDBOX_SMS_APP_ID") or "sms-app-001",
        hang_seconds=float(environment.get("SANDBOX_HANG_SECONDS") or 30),
    )
