"""Node for the tests that drive JavaScript clients: the machine's where it is new enough, else the one from PyPI."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from launcher import tree

OLDEST = 20
LOCK = tree.ROOT / "requirements-node.txt"
_FOLDER = tree.VAR / "node"
_SECONDS = 300


def programs() -> tuple[Path, Path] | None:
    """`node` and `npm`, from the path or from this tree's virtual environment; None when neither has them."""
    for folder in (None, str(tree.VENV / "bin")):
        node, npm = shutil.which("node", path=folder), shutil.which("npm", path=folder)
        if node and npm and _major(node) >= OLDEST:
            return Path(node), Path(npm)
    return None


def provide(log: Path) -> bool:
    """Have Node, installing PyPI's into the virtual environment when the machine has none; False when that failed."""
    if programs() is not None:
        return True
    words = [str(tree.PYTHON), "-m", "pip", "install", "--require-hashes", "--no-input", "-q", "-r", str(LOCK)]
    return _run(words, tree.ROOT, log) and programs() is not None


def packages(project: Path, log: Path) -> Path | None:
    """Install what a package-lock.json names, once for each content of it; answers the folder that holds node_modules."""
    found = programs()
    if found is None:
        return None
    content = (project / "package-lock.json").read_bytes()
    folder = _FOLDER / f"{project.name}-{hashlib.sha256(content).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / "installed"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test workers may come at once
        if done.exists():
            return folder
        for name in ("package.json", "package-lock.json"):
            shutil.copy2(project / name, folder / name)
        words = [str(found[1]), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        if not _run(words, folder, log):
            return None
        done.touch()
    return folder


def _major(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False, timeout=60)
    number = answer.stdout.strip().removeprefix("v").partition(".")[0]
    return int(number) if number.isdigit() else 0


def _run(words: list[str], folder: Path, log: Path) -> bool:
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = tree.environment()
    environment["PATH"] = f"{Path(words[0]).parent}{os.pathsep}{environment['PATH']}"
    with log.open("ab") as out:
        try:
            done = subprocess.run(
                words, cwd=folder, env=environment, stdout=out, stderr=out, check=False, timeout=_SECONDS
            )
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0
