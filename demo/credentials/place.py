"""What both ends of a pretended contract are written from: addresses, and secrets that are made once and kept."""

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gmalg
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


@dataclass(frozen=True, slots=True)
class Contract:
    """One authority as two configurations: the centre's block or blocks, and the sandbox's table of the same agreement."""

    centre: Mapping[str, Mapping[str, Any]]
    sandbox: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the demo runs, and the folder with its secrets."""

    issuer: str
    sandbox: str
    folder: Path

    def secret(self, name: str) -> str:
        """32 random bytes in base64url."""
        return self._kept(name, lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("="))

    def rsa_key(self, name: str) -> tuple[str, str]:
        """A private RSA key of 2048 bits (PKCS#8 PEM) and its public half (SPKI PEM)."""
        private = self._kept(name, _new_rsa)
        key = serialization.load_pem_private_key(private.encode(), password=None)
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return private, public.decode()

    def sm2_key(self, name: str) -> tuple[str, str]:
        """A private SM2 key and its public half, `04 ‖ x ‖ y`, in hexadecimal digits."""
        private = self._kept(name, _new_sm2)
        return private, gmalg.SM2().generate_pk(bytes.fromhex(private)).hex()

    def _kept(self, name: str, make: Callable[[], str]) -> str:
        path = self.folder / name
        if not path.exists() or not path.stat().st_size:
            text = make()
            draft = path.with_name(f".{name}.{os.getpid()}")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
                out.write(text + "\n")
            draft.replace(path)
        return path.read_text(encoding="ascii").strip()


def _new_sm2() -> str:
    private, _ = gmalg.SM2().generate_keypair()
    return private.rjust(32, b"\0").hex()


def _new_rsa() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
