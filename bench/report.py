"""What a run found, as tables for people and as JSON for programs."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

AIM = {
    "code_flow": 0.9, "refresh": 0.9, "client_credentials": 1.2, "introspection": 1.2, "userinfo": 1.2, "discovery": 1.2,
    "introspection_once": 1.2, "userinfo_once": 1.2,
}  # fmt: skip
"""What the service may cost of what the peer costs."""

_SIDES = """\
ours: Python, PostgreSQL and Redis. A code or refresh token is durable and spent once by one SQL statement, with an audit
      entry in the same transaction; the profile is read from SQL; revocation and frozen accounts are seen within half
      a second; limits on client authentication; a log line and figures for each request.
peer: oidc-provider (Node) and Redis alone, one JSON value a record; accounts in memory; no audit, log, figures or limits.
both: opaque access tokens, ES256 ID tokens, PKCE S256, a new refresh token at each refresh, a session by cookie.
CPU is user and system time of the server's process tree and of the stores it uses."""


@dataclass
class Measured:
    """One operation at one target: CPU milliseconds an operation by party (the least of the rounds), and round trips."""

    target: str
    operation: str
    cpu_ms: dict[str, float] = field(default_factory=dict)
    per_second: float = 0.0
    done: int = 0
    round_trips: dict[str, float] = field(default_factory=dict)
    rounds: list[float] = field(default_factory=list)

    @property
    def total(self) -> float:
        return sum(self.cpu_ms.values())

    def take(self, cpu_ms: dict[str, float], per_second: float, done: int) -> None:
        """Keep the round that cost least: other work on the machine can only add."""
        self.done += done
        self.rounds.append(sum(cpu_ms.values()))
        self.per_second = max(self.per_second, per_second)
        if not self.cpu_ms or sum(cpu_ms.values()) < self.total:
            self.cpu_ms = cpu_ms


def table(results: list[Measured], machine: dict[str, float]) -> str:
    parts = [_all(results, machine)]
    by_target = {(m.target, m.operation): m for m in results}
    if any(m.target == "peer" for m in results):
        parts.append(_against_the_peer(by_target))
    if any(m.target == "two" for m in results):
        parts.append(_two_processes(by_target))
    parts.append("machine: " + ", ".join(f"{name} {value:.3f}" for name, value in machine.items()))
    return "\n\n".join(parts)


def _all(results: list[Measured], machine: dict[str, float]) -> str:
    header = f"{'operation':20} {'target':11}  service postgres   redis   total  median  /floor   sql  store    op/s"
    lines = ["", "CPU ms per operation (least of the rounds); round trips per operation", "", header, "-" * len(header)]
    floors = {m.operation: m.total for m in results if m.target == "floor"}
    for m in sorted(results, key=lambda m: m.operation):
        cells = [_cell(m.cpu_ms.get(name), 8, 3) for name in ("service", "postgresql")]
        cells += [_cell(m.cpu_ms.get("redis"), 7, 3), f"{m.total:7.3f}", _cell(_median(m), 7, 3)]
        cells += [_cell(m.total / floors[m.operation] if floors.get(m.operation) else None, 7, 2)]
        cells += [_cell(m.round_trips.get("sql"), 5, 1), _cell(m.round_trips.get("store"), 6, 1)]
        lines.append(f"{m.operation:20} {m.target:11} {' '.join(cells)} {m.per_second:7.0f}")
    if any(m.operation == "sign_in" for m in results) and "argon2_ms" in machine:
        lines.append(f"(a password sign-in holds one hash of {machine['argon2_ms']:.1f} ms)")
    return "\n".join(lines)


def _against_the_peer(by_target: dict[tuple[str, str], Measured]) -> str:
    """Ours over the peer's: of the least rounds, and the median of the ratios round by round."""
    header = f"{'operation':20}    ours    peer   ratio  median     aim"
    lines = [_SIDES, "", header, "-" * len(header)]
    for operation, aim in AIM.items():
        ours, peer = by_target.get(("production", operation)), by_target.get(("peer", operation))
        if ours is None or peer is None or not ours.total or not peer.total:
            continue
        ratio, middle = ours.total / peer.total, _paired(ours, peer)
        verdict = "reached" if max(ratio, middle) <= aim else "missed" if min(ratio, middle) > aim else "at the edge"
        lines.append(
            f"{operation:20} {ours.total:7.3f} {peer.total:7.3f} {ratio:7.2f} {middle:7.2f} {'<=':>4}{aim:4.1f}  {verdict}"
        )
    return "\n".join(lines)


def _two_processes(by_target: dict[tuple[str, str], Measured]) -> str:
    header = f"{'operation':20}  CPU one     two   ratio |   op/s one     two   ratio"
    lines = [
        "two processes over one (the load program and the stores share the same cores)",
        "",
        header,
        "-" * len(header),
    ]
    for (target, operation), two in by_target.items():
        one = by_target.get(("production", operation))
        if target == "two" and one is not None and one.total and one.per_second:
            lines.append(
                f"{operation:20}  {one.total:7.3f} {two.total:7.3f} {_paired(two, one):7.2f} |  {one.per_second:9.0f}"
                f" {two.per_second:7.0f} {two.per_second / one.per_second:7.2f}"
            )
    return "\n".join(lines)


def _median(m: Measured) -> float | None:
    return median(m.rounds) if m.rounds else None


def _paired(one: Measured, other: Measured) -> float:
    """The median of the ratios of rounds that ran after one another."""
    pairs = [a / b for a, b in zip(one.rounds, other.rounds, strict=True) if b]
    return median(pairs) if pairs else float("nan")


def save(path: Path, results: list[Measured], machine: dict[str, float], settings: dict[str, object]) -> None:
    document = {
        "settings": settings,
        "machine": machine,
        "results": [{**asdict(m), "total_ms": m.total} for m in results],
    }
    path.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _cell(value: float | None, width: int, digits: int) -> str:
    return f"{value:{width}.{digits}f}" if value is not None else " " * (width - 1) + "-"
