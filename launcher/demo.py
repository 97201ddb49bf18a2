"""`run.py demo`: from an empty machine to six processes that answer, and back to nothing running."""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from launcher import environment, filling, machine, say, tree
from launcher.children import Child, Children, Stopped, listen_for_stop
from launcher.layout import EVERYONE, SITES, Layout, Program
from launcher.say import EXIT_MACHINE, EXIT_USAGE, Refusal

READY = tree.VAR / "demo.json"
HIGHEST_BASE = 65535 - max(offset for offset, _, _ in EVERYONE)
PATIENCE_SECONDS = 90
LOG_KEPT_BYTES = 5_000_000


@dataclass(frozen=True)
class Options:
    """What the person asked for."""

    port_base: int = 8000
    issuer: str | None = None
    ca_file: str | None = None
    fresh: bool = False
    certificate_header: str | None = None
    client_ca_file: str | None = None


def run(options: Options) -> int:
    """Start everything, watch over it until somebody wants it to end, and stop it."""
    layout = _layout(options)
    tree.make_folders()
    with _only_one(layout):
        _check_ports(layout)
        READY.unlink(missing_ok=True)
        listen_for_stop()
        children = Children(remove=[READY])  # its presence says that the demo is ready
        is_ready = False
        try:
            _start(children, layout, fresh=options.fresh)
            is_ready = True
            return _watch(children)
        except Stopped:
            say.line("\nStopping ...")
            return 0 if is_ready else 130
        finally:
            READY.unlink(missing_ok=True)
            children.stop()
            if is_ready:
                say.line("Everything is stopped.")


def _layout(options: Options) -> Layout:
    base = options.port_base
    if not 1 <= base <= HIGHEST_BASE:
        raise Refusal(f"--port-base must be a number from 1 to {HIGHEST_BASE}.", EXIT_USAGE)
    issuer = (options.issuer or f"http://localhost:{base}").rstrip("/")
    if options.issuer:
        parts = urlsplit(issuer)
        if (
            parts.scheme != "https"
            or not parts.hostname
            or parts.path
            or parts.query
            or parts.fragment
            or parts.username
        ):
            raise Refusal("--issuer must be the address of a TLS front, like https://id.example.test:8443.", EXIT_USAGE)
    ca_file = _file(options.ca_file, "--ca-file, SITE_CA_FILE")
    client_ca_file = _file(options.client_ca_file, "--client-ca-file")
    header = options.certificate_header
    if header and not options.issuer:
        raise Refusal("--client-certificate-header needs the TLS front that sets it: give --issuer too.", EXIT_USAGE)
    if client_ca_file and not header:
        raise Refusal("--client-ca-file needs --client-certificate-header.", EXIT_USAGE)
    return Layout(base, issuer, ca_file, header, client_ca_file)


def _file(path: str | None, option: str) -> str | None:
    if path and not Path(path).is_file():
        raise Refusal(f"There is no file {path} ({option}).", EXIT_USAGE)
    return str(Path(path).resolve()) if path else None


def _check_ports(layout: Layout) -> None:
    busy = [
        (port, name)
        for port, (_, name, _) in zip(layout.ports, EVERYONE, strict=True)
        if not machine.port_is_free(port)
    ]
    if not busy:
        return
    if layout.base < 1024 and not machine.is_root():
        raise Refusal(
            f"Ports below 1024 are for root; choose others with --port-base N, not {layout.base}.", EXIT_MACHINE
        )
    port, name = busy[0]
    offsets = [offset for offset, _, _ in EVERYONE]
    other = next(
        (base for base in range(9000, 60000, 100) if all(machine.port_is_free(base + offset) for offset in offsets)),
        9000,
    )
    others = f" (and {', '.join(str(p) for p, _ in busy[1:])})" if busy[1:] else ""
    raise Refusal(
        f"Port {port}{others}, meant for {name}, is in use by another program. Stop that program, or move every port of"
        f" the demo: python3 run.py demo --port-base {other}",
        EXIT_MACHINE,
    )


def _start(children: Children, layout: Layout, *, fresh: bool) -> None:
    began = time.monotonic()
    environment.prepare(children, environment.RUNTIME)
    os.umask(0o077)  # databases and logs are their owner's business
    if fresh:
        filling.forget()
    _rotate_logs()
    filling.agree(children, layout)
    filling.initialise(children, layout)
    facts = filling.seed(children, layout)
    secrets = {client["client_id"]: client for client in facts["clients"]}
    by_url = {client["url"]: client for client in secrets.values()}
    programs = [layout.sandbox(), layout.centre()]
    programs += [layout.site(name, by_url[layout.site_urls[name]]) for _, name, _ in SITES]
    say.line("Starting six processes ...")
    for program in programs:
        children.start(program.name, program.words, program.env)
    _await_all(children, programs)
    tree.write_atomically(READY, json.dumps(facts, ensure_ascii=False, indent=2) + "\n")
    _print_table(layout, facts, time.monotonic() - began)


def _rotate_logs() -> None:
    for log in [*tree.LOGS.glob("*.log"), *tree.LOGS.glob("*.jsonl")]:
        if log.stat().st_size > LOG_KEPT_BYTES:
            log.replace(log.with_name(log.name + ".1"))


def _await_all(children: Children, programs: list[Program]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    waiting = list(programs)
    while waiting:
        if dead := children.dead():
            raise Refusal(_obituary(dead))
        for program in list(waiting):
            if _answers(program):
                waiting.remove(program)
                say.line(f"  {program.title} is ready")
        if waiting and time.monotonic() > deadline:
            names = ", ".join(program.name for program in waiting)
            raise Refusal(f"Not ready after {PATIENCE_SECONDS} seconds: {names}. Their output is in var/log/.")
        time.sleep(0.1)


def _answers(program: Program) -> bool:
    connection = http.client.HTTPConnection(machine.LOOPBACK, program.port, timeout=5)
    headers = {"Host": program.ready_host, "Connection": "close"}
    if program.url.startswith("https:"):
        headers |= {
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": machine.LOOPBACK,
            "X-Forwarded-Host": program.ready_host,
        }
    try:
        connection.request("GET", program.ready_path, headers=headers)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _watch(children: Children) -> int:
    while True:
        if dead := children.dead():
            raise Refusal(_obituary(dead))
        time.sleep(0.5)


def _obituary(child: Child) -> str:
    code = child.process.returncode
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return f"{child.name} {how}, so the demo stops. The end of var/log/{child.name}.log:\n{child.tail()}"


def _print_table(layout: Layout, facts: dict[str, Any], seconds: float) -> None:
    rows = [(title, layout.url(offset)) for offset, _, title in EVERYONE]
    rows[0] = (rows[0][0], layout.issuer)
    rows += [("text messages (inbox)", layout.url(10) + "/sms"), ("operators' console", facts["admin_url"])]
    rows += [("workbench of departments", layout.issuer + "/workbench")]
    say.line(f"\nReady after {seconds:.0f} s.\n")
    for title, url in rows:
        say.line(f"  {title:<30} {url}")
    say.line("\n  people (identifier · password · name · identity level)")
    for person in facts["people"][:5]:
        say.line(f"  {person['identifier']:<14} {person['password']:<24} {person['name']}  IAL {person['ial']}")
    say.line(f"  … {len(facts['people'])} in all; every secret is in var/demo.json")
    say.line("\nCtrl-C stops everything.")


@contextmanager
def _only_one(layout: Layout) -> Iterator[None]:
    """One demo at a time in a tree: they would share the database."""
    with (tree.VAR / "demo.lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            who = lock.read().strip() or "another process"
            raise Refusal(
                f"A demo is already running from this folder ({who}). Stop that one first, or use a second copy of the folder"
                " with --port-base.",
                EXIT_MACHINE,
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, {layout.issuer}")
        lock.flush()
        try:
            yield
        finally:
            with suppress(OSError):
                lock.truncate(0)
