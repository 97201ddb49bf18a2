"""`python -m demo.credentials`: writes the centre's sources file and the sandbox's configuration, which fit each other.

It may run again: secrets that are there are kept.
"""

import argparse
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from demo.credentials import alipay, business, centre, elicence, population, sms, toml, wechat
from demo.credentials.place import Place

CONTRACTS = (
    population.contract,
    business.contract,
    elicence.contract,
    alipay.contract,
    wechat.contract,
    centre.contract,
    sms.contract,
)


def main() -> None:
    """Read the arguments and write both files, readable by their owner only unless told otherwise."""
    reader = argparse.ArgumentParser(
        prog="python -m demo.credentials", description="Write both ends of every contract."
    )
    reader.add_argument("--issuer", required=True, help="public address of the centre")
    reader.add_argument("--sandbox", required=True, help="address of the stand-ins of the authorities")
    reader.add_argument("--secrets", type=Path, required=True, help="folder in which secrets are kept")
    reader.add_argument("--centre-file", type=Path, required=True, help="the sources file to write (IDP_SOURCES_FILE)")
    reader.add_argument("--sandbox-file", type=Path, required=True, help="the file to write for SANDBOX_CONFIG")
    asked = reader.parse_args()
    os.umask(0o077)
    asked.secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    contracts = [make(Place(asked.issuer, asked.sandbox, asked.secrets)) for make in CONTRACTS]
    _write(asked.centre_file, [contract.centre for contract in contracts])
    _write(asked.sandbox_file, [contract.sandbox for contract in contracts])


def _write(path: Path, tables: Iterable[Mapping[str, Mapping[str, Any]]]) -> None:
    merged = {name: table for each in tables for name, table in each.items()}
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(toml.written(merged), encoding="utf-8")
    draft.replace(path)


if __name__ == "__main__":
    main()
