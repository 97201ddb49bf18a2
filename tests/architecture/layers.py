"""Which way imports point: a room knows those beneath it and nothing beside or above it (ARCHITECTURE §1)."""

import sys
from collections.abc import Iterator

from tests.architecture.source import Complaint, Module, within

# Lowest first; rooms on one floor do not know each other. `config` is typed data that every room above core may be given.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("idp.core",),
    ("idp.config",),
    ("idp.store", "idp.db"),
    ("idp.audit", "idp.outbox"),
    ("idp.policies",),
    ("idp.accounts",),
    ("idp.authn", "idp.realname"),
    ("idp.mandates", "idp.staff"),
    ("idp.oidc",),
    ("idp.merging", "idp.guardians", "idp.sites", "idp.reviews", "idp.bulk", "idp.statistics", "idp.obeyed"),
    ("idp.edge",),
    ("idp.oidc.endpoints", "idp.web", "idp.admin", "idp.workbench"),
    ("idp.checks", "idp.models", "idp.housekeeping", "idp.front", "idp.proofs"),
    ("idp.app", "idp.cli", "idp.__main__", "idp.db.migrations.env"),
)
_FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
TOP = len(FLOORS) - 1

SEPARATE = ("clients", "sandbox")
PROGRAMS = ("idp", "clients", "sandbox", "demo", "launcher", "bench", "tests", "run")


def room_of(name: str) -> str | None:
    """The innermost room a module lies in."""
    return max((room for room in _FLOOR_OF if within(name, room)), key=len, default=None)


def imports_point_down(module: Module) -> Iterator[Complaint]:
    """Inside idp: only to floors beneath, or within the own room; the composition root on top may know itself."""
    mine = room_of(module.name)
    if mine is None:
        if module.name != "idp":
            yield module.complain(1, f"{module.name} lies in no known room: name it in FLOORS")
        return
    for line, target in module.imports():
        if not within(target, "idp"):
            continue
        theirs = room_of(target)
        if theirs is None or theirs == mine:
            continue
        if _FLOOR_OF[theirs] >= _FLOOR_OF[mine] and _FLOOR_OF[mine] != TOP:
            yield module.complain(line, f"{mine} must not know {theirs}")


def service_stands_alone(module: Module) -> Iterator[Complaint]:
    """idp knows none of the other programs of this tree."""
    for line, target in module.imports():
        if any(within(target, program) for program in PROGRAMS if program != "idp"):
            yield module.complain(line, f"the service must not import {target}")


def speaks_http_only(module: Module) -> Iterator[Complaint]:
    """clients and sandbox import nothing from idp, nor from each other: they meet over HTTP."""
    own = module.name.partition(".")[0]
    for line, target in module.imports():
        if any(within(target, program) for program in PROGRAMS if program != own):
            yield module.complain(line, f"{own} must not import {target}")


def sites_know_only_the_kit(module: Module) -> Iterator[Complaint]:
    """Of the relying sites each knows the shared kit and itself."""
    own = module.name.split(".")[1] if module.name.count(".") else ""
    for line, target in module.imports():
        theirs = target.split(".")[1] if within(target, "clients") and target.count(".") else own
        if theirs not in {own, "kit"}:
            yield module.complain(line, f"{own} must not import {target}")


def standard_library_only(module: Module) -> Iterator[Complaint]:
    """run.py works before anything is installed."""
    for line, target in module.imports():
        top = target.partition(".")[0]
        if top not in sys.stdlib_module_names and top != "launcher":
            yield module.complain(line, f"run.py and launcher must not import {target}")


def no_relative_imports(module: Module) -> Iterator[Complaint]:
    """Imports are written in full, so that their direction can be read."""
    for line, target in module.imports():
        if target.startswith("."):
            yield module.complain(line, "write the import in full")
