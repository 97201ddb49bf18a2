"""`python -m demo.seed`: registers the four sites and the people in the installation that IDP_* settings name.

It may run again: what is there is kept, sites are moved to the addresses given, and the answer is complete each time.
"""

import argparse
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from demo import departments, operators, people, sites
from idp.app import create_app
from idp.edge.services import Services


def main() -> None:
    """Read the arguments, seed, and write the answer."""
    os.umask(0o077)
    asked = _reader().parse_args()
    urls = dict(pair.split("=", 1) for pair in asked.site)
    services: Services = create_app().extensions["idp"]
    answer = {
        "issuer": asked.issuer,
        "admin_url": f"{asked.issuer}/admin",
        "sandbox_url": asked.sandbox,
        "sms_inbox_url": f"{asked.sandbox}/sms/inbox.jsonl",
        "log_file": asked.log_file,
        **seed(services, urls, earlier=_earlier(asked.earlier)),
    }
    text = json.dumps(answer, ensure_ascii=False, indent=2) + "\n"
    if asked.secrets:
        _write_secrets(asked.secrets, answer["clients"])
    if asked.answer:
        draft = asked.answer.with_name(f".{asked.answer.name}.draft")
        draft.write_text(text, encoding="utf-8")
        draft.replace(asked.answer)
    else:
        print(text, end="")


def seed(services: Services, site_urls: Mapping[str, str], *, earlier: Mapping[str, Any]) -> dict[str, Any]:
    """Everything the demo needs, with the secrets that were made for it; `earlier` is what it answered last time."""
    passwords = {person["identifier"]: person["password"] for person in earlier.get("people", ())}
    secrets = {client["client_id"]: client["client_secret"] for client in earlier.get("clients", ())}
    staff = {operator["identifier"]: operator for operator in earlier.get("operators", ())}
    everybody = people.ensure(services, passwords)
    registered = [
        sites.ensure(services, site, site_urls[site.name], secrets.get(site.name))
        for site in sites.SITES
        if site.name in site_urls
    ]
    return {
        "workbench": departments.ensure(services, everybody, [each["client_id"] for each in registered]),
        "people": everybody,
        "organisations": people.organisations(),
        "operators": operators.ensure(services, staff),
        "clients": registered,
        "initial_access_token": sites.leave_to_register(services, earlier.get("initial_access_token")),
    }


def _earlier(path: Path | None) -> dict[str, Any]:
    """The last answer, bare or as run.py keeps it under `facts`; empty when there is none."""
    if path is None or not path.exists():
        return {}
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return dict(kept.get("facts", kept))


def _write_secrets(folder: Path, clients: list[dict[str, Any]]) -> None:
    for client in clients:
        (folder / f"{client['name']}_client_id").write_text(client["client_id"], encoding="ascii")
        (folder / f"{client['name']}_client_secret").write_text(client["client_secret"], encoding="ascii")


def _reader() -> argparse.ArgumentParser:
    reader = argparse.ArgumentParser(
        prog="python -m demo.seed", description=__doc__.partition("\n")[0] if __doc__ else None
    )
    reader.add_argument("--issuer", required=True, help="public address of the centre")
    reader.add_argument("--sandbox", required=True, help="address of the stand-ins of the authorities")
    reader.add_argument(
        "--site", action="append", default=[], metavar="NAME=URL", help="address of a relying site (repeatable)"
    )
    reader.add_argument("--log-file", default="", help="where the centre writes its log")
    reader.add_argument(
        "--earlier", type=Path, help="the answer of an earlier run, whose passwords and secrets are kept"
    )
    reader.add_argument("--answer", type=Path, help="write the answer here instead of to standard output")
    reader.add_argument("--secrets", type=Path, help="write each site's client_id and client_secret into this folder")
    return reader


if __name__ == "__main__":
    main()
