"""Writes the members of every built-in adapter into docs/adapters.md, from the options and the sentences beneath them.

.venv/bin/python -m docs.adapters
"""

import ast
import dataclasses
import importlib
import inspect
import itertools
import textwrap
import types
import typing
from pathlib import Path
from typing import Any

from idp.core.secret import Secret
from idp.realname.sources import BUILT_IN, Adapter

PAGE = Path(__file__).parent / "adapters.md"
BEGIN, END = "<!-- members: made by `python -m docs.adapters` -->", "<!-- end of members -->"


def rendered(text: str) -> str:
    """The page with its tables as the code is now."""
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    made = "\n\n".join(tables())
    return f"{before}{BEGIN}\n\n{made}\n\n{END}{after}"


def tables() -> list[str]:
    """One table for each adapter, in the order of their names."""
    return [table(name, adapter_at(BUILT_IN[name])) for name in sorted(BUILT_IN)]


def adapter_at(place: str) -> Adapter:
    module, _, name = place.partition(":")
    found: Adapter = getattr(importlib.import_module(module), name)
    return found


def table(name: str, adapter: Adapter) -> str:
    told, hints = sentences(adapter.options), typing.get_type_hints(adapter.options)
    rows = [
        f"| `{field.name}` | {kind(hints[field.name])} | {default(field)} | {told.get(field.name, '')} |"
        for field in dataclasses.fields(adapter.options)
    ]
    lead = " ".join((inspect.getdoc(adapter.options) or "").split())
    return "\n".join([f"### `{name}`", "", lead, "", "| member | type | default | |", "|---|---|---|---|", *rows])


def sentences(options: type) -> dict[str, str]:
    """What stands beneath a member as a string of its own, of the class and those it derives from."""
    found: dict[str, str] = {}
    for each in reversed(options.__mro__[:-1]):
        [definition] = ast.parse(textwrap.dedent(inspect.getsource(each))).body
        body = definition.body if isinstance(definition, ast.ClassDef) else []
        for member, below in itertools.pairwise(body):
            match member, below:
                case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(told))):
                    found[name] = " ".join(told.split())
    return found


def kind(hint: Any) -> str:
    """The type as TOML calls it."""
    if isinstance(hint, types.UnionType):
        return " or ".join(kind(each) for each in hint.__args__ if each is not type(None))
    if typing.get_origin(hint) in (tuple, frozenset):
        return "list of texts"
    names = {str: "text", Secret: "secret text", int: "number", float: "number", bool: "true or false", Path: "path"}
    return names.get(hint, "table")


def default(field: "dataclasses.Field[Any]") -> str:
    """What holds when the block does not say."""
    if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
        return "**required**"
    value = field.default if field.default is not dataclasses.MISSING else ""
    if isinstance(value, Secret) or value in ("", (), frozenset(), None):
        return ""
    if isinstance(value, frozenset | tuple):
        return ", ".join(f"`{each}`" for each in sorted(value))
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def main() -> None:
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
