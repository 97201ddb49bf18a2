"""The sandbox's settings: a folder for its state, and one file with a table for each part."""

import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.parts import Part

_REQUIRED = {
    "SANDBOX_DATA": "the folder for its state",
    "SANDBOX_CONFIG": "the file with the settings of its parts, one table each",
}


class SettingMissing(Exception):
    """Stops the start; the message names the variable, or the table and its member."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`parts` are tables by the name of the part; what is required of them is named there.

    `ca_file` names who may vouch for the centre, which the phone of a stand-in calls.
    """

    data: Path
    parts: Mapping[str, Mapping[str, Any]] = field(repr=False)
    hang_seconds: float = 30.0
    ca_file: str | None = None

    def require(self, parts: Iterable[Part]) -> None:
        """SettingMissing for a part that has a table without what it needs; one without a table stays silent."""
        for part in parts:
            for member in part.settings if part.name in self.parts else ():
                if not self.parts[part.name].get(member):
                    raise SettingMissing(f"[{part.name}] {member} is not set in SANDBOX_CONFIG")


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    for name, meaning in _REQUIRED.items():
        if not environment.get(name):
            raise SettingMissing(f"{name} is not set: it is {meaning}")
    return Settings(
        data=Path(environment["SANDBOX_DATA"]),
        parts=tomllib.loads(Path(environment["SANDBOX_CONFIG"]).read_text(encoding="utf-8")),
        hang_seconds=float(environment.get("SANDBOX_HANG_SECONDS") or 30),
        ca_file=environment.get("SANDBOX_CA_FILE") or None,
    )
