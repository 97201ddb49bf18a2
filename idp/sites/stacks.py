"""Ready-made settings for common stacks, with a site's own values: the very texts that the documents print with theirs."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from idp.oidc.registration.client_metadata import ClientMetadata

_FOLDER: Final = Path(__file__).with_name("stack_texts")
PRINTED: Final[dict[str, dict[str, Any]]] = tomllib.loads((_FOLDER / "printed.toml").read_text(encoding="utf-8"))
"""Each text with the document that prints it (`source`) and the values that it has there."""
_TEXTS: Final = {name: (_FOLDER / f"{name}.txt").read_text(encoding="utf-8") for name in PRINTED}


@dataclass(frozen=True, slots=True)
class Part:
    """One text to copy: a file's content or a command's arguments."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack, by what people call it, and its texts."""

    code: str
    title: str
    parts: tuple[Part, ...]


STACKS: Final[tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]] = (
    ("python", "Python · Flask, Authlib", (("python", "my_site.py"),)),
    ("java", "Java · Spring Boot", (("spring_settings", "application.yml"), ("spring", "SecurityConfiguration.java"))),
    ("node", "Node · openid-client", (("node", "site.mjs"),)),
    ("php", "PHP", (("php", "callback.php"),)),
    ("go", "Go · go-oidc", (("go", "main.go"),)),
    ("apache", "Apache · mod_auth_openidc", (("apache", "site.conf"),)),
    ("nginx", "nginx · oauth2-proxy", (("nginx_proxy", "oauth2-proxy"), ("nginx", "site.conf"))),
)  # fmt: skip


def filled(name: str, values: Mapping[str, str]) -> str:
    """One text with these values."""
    text = _TEXTS[name]
    for key, value in values.items():
        text = text.replace(f"⟦{key}⟧", value)
    return text


def of_site(issuer: str, client_id: str, metadata: ClientMetadata, redirect_uri: str) -> list[Stack]:
    """All stacks with the values of this site; never its secret, which each reads from the environment."""
    parts, words = urlsplit(redirect_uri), metadata.scopes
    values = {
        "issuer": issuer,
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "origin": f"{parts.scheme}://{parts.netloc}",
        "path": parts.path or "/",
        "folder": parts.path.rpartition("/")[0] or "/",
        "scope": " ".join(words),
        "scope_commas": ", ".join(words),
        "scope_quoted": ", ".join(f'"{word}"' for word in words),
    }
    return [
        Stack(code, title, tuple(Part(label, filled(name, values)) for name, label in pieces))
        for code, title, pieces in STACKS
    ]
