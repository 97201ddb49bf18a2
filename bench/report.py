"""What a run found, as a table for people and as JSON for programs."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

BUDGET = {
    "code_flow": 2.5, "refresh": 1.0, "introspection": 0.4, "userinfo": 0.35, "discovery": 0.10,
}  # fmt: skip


@dataclass
class Measured:
    """One operation at one target: CPU milliseconds an operation by party (the least of the rounds), and round trips."""

    target: str
    operation: str
    cpu_ms: dict[str, float] = field(default_factory=dict)
    per_second: float = 0.0
    done: int = 0
    round_trips: dict[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        return sum(self.cpu_ms.values())

    def take(self, cpu_ms: dict[str, float], per_second: float, done: int) -> None:
        """Keep the round that cost least: other work on the machine can only add."""
        self.done += done
        self.per_second = max(self.per_second, per_second)
        if not self.cpu_ms or sum(cpu_ms.values()) < self.total:
            self.cpu_ms = cpu_ms


def table(results: list[Measured], machine: dict[str, float]) -> str:
    lines = ["", "CPU ms per operation (least of the rounds); round trips per operation", ""]
    widths = {
        "service": 8,
        "postgres": 8,
        "redis": 7,
        "total": 7,
        "budget": 7,
        "/floor": 7,
        "sql": 5,
        "store": 6,
        "op/s": 7,
    }
    header = " ".join([f"{'operation':20} {'target':12}", *(f"{name:>{width}}" for name, width in widths.items())])
    lines += [header, "-" * len(header)]
    floors = {m.operation: m.total for m in results if m.target == "floor"}
    for m in sorted(results, key=lambda m: m.operation):
        cells = [
            _cell(m.cpu_ms.get(name), 8 if name != "redis" else 7, 3) for name in ("service", "postgresql", "redis")
        ]
        budget = BUDGET.get(m.operation) if m.target != "floor" else None
        if m.operation == "sign_in" and "argon2_ms" in machine:
            budget = machine["argon2_ms"] + 4
        ratio = m.total / floors[m.operation] if floors.get(m.operation) and m.target != "floor" else None
        trips = [_cell(m.round_trips.get(kind), 5 if kind == "sql" else 6, 1) for kind in ("sql", "store")]
        lines.append(
            f"{m.operation:20} {m.target:12} {' '.join(cells)} {m.total:7.3f} {_cell(budget, 7, 2)} {_cell(ratio, 7, 2)}"
            f" {' '.join(trips)} {m.per_second:7.0f}"
        )
    lines += ["", "machine: " + ", ".join(f"{name} {value:.3f}" for name, value in machine.items())]
    return "\n".join(lines)


def save(path: Path, results: list[Measured], machine: dict[str, float], settings: dict[str, object]) -> None:
    document = {
        "settings": settings,
        "machine": machine,
        "results": [{**asdict(m), "total_ms": m.total} for m in results],
    }
    path.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _cell(value: float | None, width: int, digits: int) -> str:
    return f"{value:{width}.{digits}f}" if value is not None else " " * (width - 1) + "-"
