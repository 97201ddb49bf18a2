"""Configuration blocks: one TOML table for each source, read into the frozen dataclass that its adapter declares.

    [population]                      # the source's name, in evidence, audit and metrics
    adapter = "population"            # which adapter; the name of the block unless given
    endpoint = "https://gateway.example.gov.cn"
    app_key_file = "secrets/app_key"  # any member may stand in a file of its own: NAME_file, relative to this one

Whatever is unknown, missing or of the wrong type is a ConfigurationError that names block and member.
"""

import dataclasses
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from idp.core.errors import ConfigurationError
from idp.core.secret import Secret

_FILE = "_file"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Block:
    """One source as it is configured, not yet understood."""

    name: str
    adapter: str
    members: Mapping[str, Any] = dataclasses.field(repr=False)
    folder: Path

    def read(self, options: type[T]) -> T:
        """The options of the adapter; ConfigurationError names what is wrong."""
        fields = {f.name: f for f in dataclasses.fields(options)}  # type: ignore[arg-type]
        hints = typing.get_type_hints(options)
        values: dict[str, Any] = {}
        for member, value in self.members.items():
            name, given = self._given(member, value, fields)
            if name not in fields:
                raise self.refuse(member, "no such member")
            if name in values:
                raise self.refuse(name, "is given twice")
            values[name] = self._convert(name, hints[name], given)
        for name, field in fields.items():
            has_default = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
            if name not in values and not has_default:
                raise self.refuse(name, "is required")
        try:
            return options(**values)
        except ConfigurationError as wrong:
            raise ConfigurationError(f"source [{self.name}]: {wrong}") from wrong

    def refuse(self, member: str, why: str) -> ConfigurationError:
        return ConfigurationError(f"source [{self.name}] {member}: {why}")

    def _given(self, member: str, value: Any, fields: Mapping[str, Any]) -> tuple[str, Any]:
        name = member.removesuffix(_FILE)
        if member in fields or name == member or name not in fields:
            return member, value
        if not isinstance(value, str):
            raise self.refuse(member, "must be a path")
        try:
            return name, (self.folder / value).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as unreadable:
            raise self.refuse(member, f"cannot read {value}: {unreadable}") from unreadable

    def _convert(self, name: str, kind: Any, value: Any) -> Any:
        if isinstance(kind, types.UnionType) and type(None) in kind.__args__:
            [kind] = [each for each in kind.__args__ if each is not type(None)]
        if kind is Secret and isinstance(value, str):
            return Secret(value)
        if kind is Path and isinstance(value, str):
            return self.folder / value
        if kind is float and type(value) in (int, float):
            return float(value)
        if kind in (str, int, bool) and type(value) is kind:
            return value
        if typing.get_origin(kind) in (tuple, frozenset) and isinstance(value, list):
            if all(isinstance(each, str) for each in value):
                return typing.get_origin(kind)(value)
        elif typing.get_origin(kind) in (dict, Mapping) and isinstance(value, dict):
            return value
        wanted = getattr(kind, "__name__", str(kind))
        raise self.refuse(name, f"must be of type {'str' if kind in (Secret, Path) else wanted}")


def load(path: Path) -> tuple[Block, ...]:
    """The blocks of a file, in their order; ConfigurationError when it cannot be read."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise ConfigurationError(f"IDP_SOURCES_FILE: cannot read {path}: {wrong}") from wrong
    return tuple(_block(name, table, path.parent) for name, table in given.items())


def _block(name: str, table: Any, folder: Path) -> Block:
    if not isinstance(table, dict):
        raise ConfigurationError(f"IDP_SOURCES_FILE: {name} stands outside of any [source]")
    if not name.isascii() or not name.replace("_", "").isalnum() or name != name.lower() or len(name) > 32:
        raise ConfigurationError(f"source [{name}]: give it a short name of a-z, 0-9 and _")
    members = dict(table)
    adapter = members.pop("adapter", name)
    if not isinstance(adapter, str):
        raise ConfigurationError(f"source [{name}] adapter: must be of type str")
    return Block(name, adapter, members, folder)
