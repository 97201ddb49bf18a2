"""What the demo writes for the centre and for the sandbox fits: blocks are read, built, and answered."""

import subprocess
import sys
import tomllib
from pathlib import Path

from idp.core.identifiers import Uscc
from idp.realname import blocks, registers, sources
from idp.realname.ports import Found, Started
from tests.contract.business.conftest import look_up
from tests.contract.elicence.holding import Phone, poll, start
from tests.sandbox.served import ServedSandbox

ORGANISATIONS = ("91370199MA3DEM019F", "5237019950DEM08042", "1237019949DEM05000")


def written(folder: Path, sandbox: str) -> None:
    subprocess.run(
        [
            sys.executable, "-m", "demo.credentials", "--issuer", "http://localhost:8000", "--sandbox", sandbox,
            "--secrets", str(folder / "secrets"),
            "--centre-file", str(folder / "centre.toml"), "--sandbox-file", str(folder / "sandbox.toml"),
        ],
        check=True,
    )  # fmt: skip


def test_the_demo_asks_its_registers_and_shows_a_licence(tmp_path, tools):
    written(tmp_path, "http://localhost:8010")
    parts = tomllib.loads((tmp_path / "sandbox.toml").read_text(encoding="utf-8"))
    with ServedSandbox(tmp_path / "data", parts=parts) as sandbox:
        written(tmp_path, sandbox.url)
        configured = sources.configured(blocks.load(tmp_path / "centre.toml"), tools)
        for code in ORGANISATIONS:
            register = registers.register_for(configured.registers, Uscc.parse(code))
            assert isinstance(look_up(register, code), Found)
        [licence] = [source.licence for source in configured if source.licence is not None]
        started = start(licence)

        assert isinstance(started, Started)
        Phone(sandbox).confirm(started)
        assert poll(licence, started).record.uscc.code == ORGANISATIONS[0]
