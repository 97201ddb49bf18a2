"""The data of the demo: made on the first start, kept for the next ones, forgotten on request."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from launcher import say, tree, vault
from launcher.children import Children
from launcher.layout import SANDBOX, Layout
from launcher.say import Refusal

SEEDED = tree.VAR / "seeded.json"
INITIALISED = tree.VAR / "initialised"
AGREED = tree.VAR / "agreed"


def forget() -> None:
    """Remove database, secrets, logs and what sites and sandbox remember; the libraries stay."""
    say.line("Forgetting the data of earlier demos ...")
    vault.forget()
    for name in ("sandbox", "sites", "log"):
        shutil.rmtree(tree.VAR / name, ignore_errors=True)
    for path in [*tree.VAR.glob("idp.db*"), SEEDED, INITIALISED, AGREED]:
        path.unlink(missing_ok=True)
    tree.make_folders()


def _to_the_end(children: Children, name: str, words: list[str], env: dict[str, str]) -> None:
    child = children.start(name, words, env)
    if children.finish(child) != 0:
        raise Refusal(f"`{' '.join(words[1:])}` failed. The end of var/log/{name}.log:\n{child.tail()}")


def agree(children: Children, layout: Layout) -> None:
    """Write what centre and sandbox have agreed on; nothing to do when the code and the addresses are those of last time."""
    key = _digest_of((tree.ROOT / "demo" / "credentials").glob("*.py"), f"{layout.issuer} {layout.base}")
    files = (layout.sources_file, layout.sandbox_file)
    if AGREED.exists() and AGREED.read_text(encoding="ascii") == key and all(file.exists() for file in files):
        return
    words = [str(tree.PYTHON), "-m", "demo.credentials", "--issuer", layout.issuer, "--sandbox", layout.url(SANDBOX[0])]
    words += ["--secrets", str(vault.FOLDER), "--centre-file", str(files[0]), "--sandbox-file", str(files[1])]
    _to_the_end(children, "credentials", words, tree.environment())
    tree.write_atomically(AGREED, key)


def initialise(children: Children, layout: Layout) -> None:
    """Make or migrate the database; nothing to do when the code that would is the one that did."""
    key = _digest_of((tree.ROOT / "idp").rglob("*.py"), "")
    if (tree.VAR / "idp.db").exists() and INITIALISED.exists() and INITIALISED.read_text(encoding="ascii") == key:
        return
    say.line("Preparing the database ...")
    _to_the_end(children, "init", [str(tree.PYTHON), "-m", "idp", "init"], layout.centre_env())
    tree.write_atomically(INITIALISED, key)


def seed(children: Children, layout: Layout) -> dict[str, Any]:
    """The facts for var/demo.json: those of an earlier start when nothing they depend on has changed."""
    key = _seed_key(layout)
    earlier = _earlier_seed()
    if earlier is not None and earlier["key"] == key:
        return dict(earlier["facts"])
    say.line("Registering the four sites and the demo people ...")
    words = [str(tree.PYTHON), "-m", "demo.seed", "--issuer", layout.issuer, "--sandbox", layout.url(SANDBOX[0])]
    for name, url in layout.site_urls.items():
        words += ["--site", f"{name}={url}"]
    if earlier is not None:
        words += ["--earlier", str(SEEDED)]
    answer = tree.VAR / "seed-answer.json"
    words += ["--log-file", str(layout.log_file), "--answer", str(answer)]
    _to_the_end(children, "seed", words, layout.centre_env())
    facts: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    tree.write_atomically(SEEDED, json.dumps({"key": key, "facts": facts}, ensure_ascii=False))
    answer.unlink()
    return facts


def _earlier_seed() -> dict[str, Any] | None:
    """What the last seeding answered, if it belongs to the database that lies here."""
    if not (tree.VAR / "idp.db").exists():
        return None
    try:
        earlier = json.loads(SEEDED.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return earlier if isinstance(earlier, dict) and {"key", "facts"} <= earlier.keys() else None


def _seed_key(layout: Layout) -> str:
    files = [*(tree.ROOT / "demo").glob("*.py"), *(tree.ROOT / "sandbox" / "data").glob("*.json")]
    return _digest_of(files, f"{layout.issuer} {layout.base}")


def _digest_of(files: Iterable[Path], and_text: str) -> str:
    digest = hashlib.sha256(and_text.encode())
    for path in sorted(files):
        digest.update(path.read_bytes())
    return digest.hexdigest()
