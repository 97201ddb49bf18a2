"""Tables of plain values, written as TOML."""

import json
from collections.abc import Mapping
from typing import Any


def written(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """One table after another; values are text, numbers, truth values, lists of these, or flat objects."""
    return "\n".join(
        f"[{name}]\n" + "".join(f"{k} = {_value(v)}\n" for k, v in t.items()) for name, t in tables.items()
    )


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False)  # a TOML basic string escapes as JSON does
        case int() | float():
            return repr(value)
        case list() | tuple():
            return f"[{', '.join(map(_value, value))}]"
        case dict():
            return f"{{{', '.join(f'{json.dumps(k)} = {_value(v)}' for k, v in value.items())}}}"
    raise TypeError(f"{type(value).__name__} has no place in these files")
