"""The six processes of the demo: their ports, addresses, commands and settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from launcher import tree, vault
from launcher.machine import LOOPBACK

# offset from the base port, name in code, name people see
CENTRE = (0, "idp", "identity service")
SITES = (
    (1, "portal", "government portal"),
    (2, "service_hall", "service hall"),
    (3, "investment", "investment projects"),
    (4, "credit", "credit"),
)
SANDBOX = (10, "sandbox", "stand-ins of the authorities")
EVERYONE = (CENTRE, *SITES, SANDBOX)

SMS_APP_ID = "unified-identity-demo"


@dataclass(frozen=True)
class Program:
    """One process: what to run, with which settings, and where it says that it is ready."""

    name: str
    title: str
    url: str
    port: int
    words: list[str]
    env: dict[str, str]
    ready_path: str
    ready_host: str


@dataclass(frozen=True)
class Layout:
    """Where everything is in one run of the demo."""

    base: int
    issuer: str
    ca_file: str | None = None
    certificate_header: str | None = None
    client_ca_file: str | None = None

    def port(self, offset: int) -> int:
        return self.base + offset

    def url(self, offset: int) -> str:
        return f"http://localhost:{self.port(offset)}"

    @property
    def ports(self) -> list[int]:
        return [self.port(offset) for offset, _, _ in EVERYONE]

    @property
    def site_urls(self) -> dict[str, str]:
        return {name: self.url(offset) for offset, name, _ in SITES}

    @property
    def is_behind_front(self) -> bool:
        return self.issuer != self.url(0)

    @property
    def log_file(self) -> Path:
        return tree.LOGS / "idp.jsonl"

    @property
    def sources_file(self) -> Path:
        """The centre's half of what it agreed with the authorities; `sandbox_file` is theirs."""
        return vault.FOLDER / "sources.toml"

    @property
    def sandbox_file(self) -> Path:
        return vault.FOLDER / "sandbox.toml"

    @property
    def front_settings(self) -> dict[str, str]:
        """What the centre has to know of the TLS front, where there is one: it is on this machine, and may be believed."""
        if not self.is_behind_front:
            return {}
        told = {
            "IDP_TRUSTED_PROXIES": f"{LOOPBACK}/32",
            "IDP_CLIENT_CERTIFICATE_HEADER": self.certificate_header,
            "IDP_CLIENT_CA_FILE": self.client_ca_file,
        }
        return {name: value for name, value in told.items() if value}

    def centre_env(self) -> dict[str, str]:
        """Settings of `python -m idp …`."""
        sandbox = self.url(SANDBOX[0])
        settings = {
            "IDP_ISSUER": self.issuer,
            "IDP_LISTEN": f"{LOOPBACK}:{self.port(0)}",
            "IDP_DATABASE_URL": f"sqlite:///{tree.VAR / 'idp.db'}",
            "IDP_MASTER_KEY_FILE": str(vault.file_of("master_key")),
            "IDP_LOG_FILE": str(self.log_file),
            "IDP_OUTBOUND_ALLOW": "127.0.0.0/8,::1/128",
            "IDP_SANDBOX": "true",
            "IDP_CLIENT_REGISTRATION": "token",
            "IDP_COUNTER": "true",
            "IDP_SMS_URL": sandbox,
            "IDP_SMS_APP_ID": SMS_APP_ID,
            # Everybody at the demo comes from one address, and tries the same few phones again and again.
            "IDP_SMS_PER_ADDRESS_HOUR": "600",
            "IDP_SMS_PER_DEVICE_HOUR": "60",
            "IDP_IDENTITY_PER_NETWORK_HOUR": "600",
            "IDP_IDENTITY_PER_ACCOUNT_DAY": "30",
            "IDP_IDENTITY_PER_NUMBER_DAY": "200",
            "IDP_SMS_PER_PHONE_DAY": "200",
            "IDP_SMS_PAUSE_SECONDS": "3",
            "IDP_SMS_APP_KEY_FILE": str(vault.file_of("sms_app_key")),
            "IDP_SOURCES_FILE": str(self.sources_file),
        }
        return tree.environment(**settings, **self.front_settings)

    def centre(self) -> Program:
        offset, name, title = CENTRE
        words = [str(tree.PYTHON), "-m", "idp", "serve"]
        host = urlsplit(self.issuer).netloc
        return Program(name, title, self.issuer, self.port(offset), words, self.centre_env(), "/readyz", host)

    def sandbox(self) -> Program:
        offset, name, title = SANDBOX
        data = _folder("sandbox")
        more = {"SANDBOX_CA_FILE": self.ca_file} if self.ca_file else {}
        env = tree.environment(
            SANDBOX_DATA=str(data),
            SANDBOX_CONFIG=str(self.sandbox_file),
            **more,
        )
        return self._wsgi(offset, name, title, "sandbox.app:create_app", env)

    def site(self, name: str, client: Mapping[str, str]) -> Program:
        """A relying site, with the client_id and client_secret that seeding gave it."""
        offset, _, title = next(site for site in SITES if site[1] == name)
        secret = vault.FOLDER / f"{name}_client_secret"
        tree.write_atomically(secret, client["client_secret"] + "\n")
        more = {"SITE_CA_FILE": self.ca_file, "REQUESTS_CA_BUNDLE": self.ca_file} if self.ca_file else {}
        env = tree.environment(
            SITE_ISSUER=self.issuer,
            SITE_URL=self.url(offset),
            SITE_CLIENT_ID=client["client_id"],
            SITE_CLIENT_SECRET_FILE=str(secret),
            SITE_SECRET_KEY_FILE=str(vault.file_of(f"{name}_session_key")),
            SITE_DATA=str(_folder(f"sites/{name}")),
            SITE_PEERS=json.dumps({**self.site_urls, "centre": self.issuer}),
            **more,
        )
        return self._wsgi(offset, name, title, f"clients.{name}.app:create_app", env)

    def _wsgi(self, offset: int, name: str, title: str, factory: str, env: dict[str, str]) -> Program:
        port = self.port(offset)
        words = [str(tree.PYTHON), "-m", "granian", "--interface", "wsgi", "--factory", "--no-ws"]
        words += ["--host", LOOPBACK, "--port", str(port), "--workers", "1", "--blocking-threads", "4", factory]
        return Program(name, title, self.url(offset), port, words, env, "/healthz", f"localhost:{port}")


def _folder(name: str) -> Path:
    folder = tree.VAR / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
