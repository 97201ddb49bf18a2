"""Reads the source as the rules see it: modules, what they import, and what they use by dotted name."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
Rule = Callable[["Module"], Iterator["Complaint"]]


@dataclass(frozen=True)
class Complaint:
    """One place that breaks a rule."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


@dataclass(frozen=True)
class Module:
    """One source file."""

    path: str
    text: str

    @property
    def name(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and full dotted target of every import, also those in functions; `from a import b` gives `a.b`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                if node.level:
                    yield node.lineno, "." * node.level + (node.module or "")
                    continue
                yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)

    def uses(self) -> Iterator[tuple[int, str]]:
        """Line and full dotted name of everything reached through an import: `import os as o; o.environ` is `os.environ`."""
        known = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                known.update(
                    {alias.asname or alias.name.partition(".")[0]: alias.name for alias in node.names if alias.asname}
                )
                known.update({alias.name.partition(".")[0]: alias.name.partition(".")[0] for alias in node.names})
            elif isinstance(node, ast.ImportFrom) and not node.level:
                known.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
        yield from self.imports()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute) and (dotted := _dotted(node)):
                head, _, rest = dotted.partition(".")
                if head in known:
                    yield node.lineno, f"{known[head]}.{rest}"

    def calls_of_methods(self) -> Iterator[tuple[int, str, str]]:
        """Line, receiver's last name and method of every `some.receiver.method(...)`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                receiver = _dotted(node.func.value) or ""
                yield node.lineno, receiver.rpartition(".")[2].strip("_"), node.func.attr

    def complain(self, line: int, text: str) -> Complaint:
        return Complaint(self.path, line, text)


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := _dotted(node.value)):
        return f"{before}.{node.attr}"
    return None


def within(name: str, package: str) -> bool:
    """Whether the dotted name is the package or lies in it."""
    return name == package or name.startswith(package + ".")


@cache
def modules(folder: str) -> tuple[Module, ...]:
    """Every module under this folder of the tree."""
    paths = sorted((ROOT / folder).rglob("*.py"))
    return tuple(Module(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in paths)


def assert_kept(rule: Rule, *folders: str, except_in: str = "nowhere at all") -> None:
    """The whole source keeps the rule; a failure lists every place that does not."""
    found = [str(wrong) for folder in folders for module in modules(folder) for wrong in rule(module)]
    found = [line for line in found if except_in not in line]
    assert not found, "\n" + "\n".join(found)


def breaks(rule: Rule, path: str, text: str) -> bool:
    """Whether the rule complains about a module with this text: the proof that the rule can fail."""
    return bool(list(rule(Module(path, text))))
