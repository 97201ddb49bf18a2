"""The settings of one relying site, read from its environment once and checked before anything starts."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit


class SettingsError(Exception):
    """A setting is missing or wrong; the message names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where this site lives, who it is at the identity centre, and where its neighbours are."""

    issuer: str
    url: str
    client_id: str
    client_secret: str = field(repr=False)
    secret_key: str = field(repr=False)
    data: Path
    peers: Mapping[str, str]
    ca_file: str | None = None
    centre_internal: str | None = None

    @property
    def is_secure(self) -> bool:
        return self.url.startswith("https://")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read `SITE_*`; a secret may also come from the file that `SITE_…_FILE` names."""
        peers = json.loads(environ.get("SITE_PEERS") or "{}")
        return cls(
            issuer=_url(environ, "SITE_ISSUER"),
            url=_url(environ, "SITE_URL"),
            client_id=_required(environ, "SITE_CLIENT_ID"),
            client_secret=_required(environ, "SITE_CLIENT_SECRET"),
            secret_key=_required(environ, "SITE_SECRET_KEY"),
            data=Path(_required(environ, "SITE_DATA")),
            peers={name: str(url).rstrip("/") for name, url in peers.items()},
            ca_file=environ.get("SITE_CA_FILE") or None,
            centre_internal=_url(environ, "SITE_CENTRE_INTERNAL") if environ.get("SITE_CENTRE_INTERNAL") else None,
        )


def _required(environ: Mapping[str, str], name: str) -> str:
    if value := environ.get(name):
        return value
    if path := environ.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    raise SettingsError(f"{name} is not set (nor {name}_FILE)")


def _url(environ: Mapping[str, str], name: str) -> str:
    value = _required(environ, name).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise SettingsError(f"{name} must be an http(s) URL")
    return value
