"""Where things lie in this working tree, and the environment that programs started from it get."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VAR = ROOT / "var"
LOGS = VAR / "log"
PYTHON = VENV / "bin" / "python"

# Settings of other runs must not leak into ours, nor another Python's folders.
_OURS = ("IDP_", "SITE_", "SANDBOX_", "GRANIAN_", "FLASK_")
_FOREIGN = {"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__", "PYTHONSAFEPATH"}


def make_folders() -> None:
    """The folders for data and logs; only their owner may look inside."""
    VAR.mkdir(mode=0o700, exist_ok=True)
    LOGS.mkdir(mode=0o700, exist_ok=True)


def environment(**more: str) -> dict[str, str]:
    """The environment of a child: this one's without foreign settings, UTF-8 whatever the locale, loopback without proxy."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_OURS) and k not in _FOREIGN}
    direct = ",".join(filter(None, [kept.get("NO_PROXY") or kept.get("no_proxy"), "localhost,127.0.0.1,::1"]))
    return {
        **kept,
        "PATH": f"{VENV / 'bin'}{os.pathsep}{kept.get('PATH', os.defpath)}",
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": direct,
        "no_proxy": direct,
        **more,
    }


def write_atomically(path: Path, text: str) -> None:
    """Replace a file as a whole, readable by its owner only."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(path)


def interpreter() -> str:
    """What a virtual environment depends on: this interpreter's version and place."""
    return f"{sys.implementation.cache_tag} {sys.version} {sys.base_prefix}"
