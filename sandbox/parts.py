"""What the sandbox is made of: one part for each authority, named here once."""

from dataclasses import dataclass, field

import flask

NONE = "none"


@dataclass(frozen=True, slots=True)
class Part:
    """One stand-in: its pages and interfaces, the faults that may be switched on, and how it introduces itself.

    Its settings are the table of its name in the sandbox's configuration file: `runtime().of(name)`.
    """

    name: str
    title: str
    blueprint: flask.Blueprint
    faults: dict[str, str]
    """Names of faults with what they mean; `none` is added."""
    machine_paths: tuple[str, ...]
    """Prefixes of paths where machines are answered, in JSON, and not people."""
    says: str = ""
    wires: tuple[str, ...] = ()
    page: str | None = None
    settings: tuple[str, ...] = field(default=())
    """Members that its table must have, where the table is there."""

    @property
    def all_faults(self) -> dict[str, str]:
        return {NONE: "正常应答", **self.faults}
