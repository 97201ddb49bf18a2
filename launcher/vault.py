"""Secrets of the demo: made once, kept in var/secrets, readable by their owner only."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

from launcher import tree

FOLDER = tree.VAR / "secrets"


def file_of(name: str) -> Path:
    """The file that holds this secret: 32 random bytes in base64url, made the first time it is asked for."""
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    path = FOLDER / name
    if path.exists() and path.stat().st_size:
        path.chmod(0o600)
    else:
        tree.write_atomically(path, base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=") + "\n")
    return path


def forget() -> None:
    """Remove every secret."""
    if FOLDER.is_dir():
        for path in FOLDER.iterdir():
            os.unlink(path)
