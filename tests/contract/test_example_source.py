"""A source of another package, found by its entry point, configured by a block, asked over HTTP, and proving a person."""

import base64
import hashlib
import hmac
import importlib
import json
import shutil
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from idp.core.deadline import Deadline
from idp.core.errors import ConfigurationError
from idp.core.http import HttpClient
from idp.realname import blocks, sources
from idp.realname.errors import NotProven
from idp.realname.ports import Refuted, Unavailable, Verified
from idp.realname.results import Proven, SourceDown
from idp.realname.service import IdentityProof
from idp.realname.sources import Tools
from idp.store.redis import open_store
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.population.asking import ask
from tests.contract.signing_in import House

PACKAGE = Path(__file__).parent / "example_source"
KEY = "carrier-key-0001"


class Carrier(BaseHTTPRequestHandler):
    """The carrier's end: verifies the signature, knows one person."""

    fault = ""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        expected = base64.b64encode(hmac.digest(KEY.encode(), body, hashlib.sha256)).decode()
        asked = json.loads(body)
        known = asked["number"] == "370199198503070017"
        code = "03" if not known else "01" if asked["name"] == "测试甲" else "02"
        answer = json.dumps({"result": code, "serial": "C-0001"}).encode()
        status = 200 if self.headers["Signature"] == expected else 401
        match type(self).fault:
            case "garbage":
                answer = bytes(range(256))
            case "unknown_code":
                answer = b'{"result": "77", "serial": "C-0001"}'
            case "repeated":
                answer = b'{"result": "02", "result": "01", "serial": "C-0001"}'
            case "half":
                answer = answer[: len(answer) // 2]
            case "server_error":
                status = 500
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def carrier() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Carrier)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    Carrier.fault = ""
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def installed(tmp_path, monkeypatch) -> Iterator[Path]:
    """The package as an installer leaves it: its module, and beside it what its pyproject.toml says of it."""
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text("utf-8"))["project"]
    place = tmp_path / "site-packages"
    info = place / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir(parents=True)
    shutil.copy(PACKAGE / "example_carrier.py", place)
    named = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(named, encoding="utf-8")
    points = [
        f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in each.items())
        for group, each in project["entry-points"].items()
    ]
    (info / "entry_points.txt").write_text("\n".join(points), encoding="utf-8")
    monkeypatch.syspath_prepend(str(place))
    importlib.invalidate_caches()
    yield place
    sys.modules.pop("example_carrier", None)


def configured(folder: Path, endpoint: str, more: str = "") -> sources.Sources:
    written = f'[carrier]\nadapter = "example_carrier"\nendpoint = "{endpoint}"\napp_key = "{KEY}"\n{more}'
    (folder / "sources.toml").write_text(written, encoding="utf-8")
    tools = Tools(HttpClient(), open_store(""), "http://localhost:8000")
    return sources.configured(blocks.load(folder / "sources.toml"), tools)


def prove(proof: IdentityProof, account_id: str, name: str = "测试甲") -> Proven | SourceDown:
    return proof.prove(
        account_id, name=name, resident_id="370199198503070017", client_id=None, address="192.0.2.7",
        deadline=Deadline.after(8),
    )  # fmt: skip


def test_it_proves_a_person(installed, carrier, tmp_path, house: House):
    found = configured(tmp_path, carrier)
    proof = IdentityProof(house.database, house.store, house.base.keyring, house.trail, found)
    account_id = house.person()[0]

    with pytest.raises(NotProven):
        prove(proof, account_id, "测试乙")
    assert prove(proof, account_id) == Proven(1)


@pytest.mark.parametrize("fault", ["garbage", "unknown_code", "repeated", "half", "server_error"])
def test_no_fault_of_the_carrier_proves_anything(installed, carrier, tmp_path, fault):
    check = configured(tmp_path, carrier).checks[0]
    assert isinstance(ask(check), Verified)
    Carrier.fault = fault
    assert isinstance(ask(check), Unavailable)


def test_a_wrong_key_is_no_refusal(installed, carrier, tmp_path):
    configured(tmp_path, carrier)
    written = (tmp_path / "sources.toml").read_text("utf-8").replace(KEY, "another")
    (tmp_path / "sources.toml").write_text(written, encoding="utf-8")
    tools = Tools(HttpClient(), open_store(""), "http://localhost:8000")
    outcome = ask(sources.configured(blocks.load(tmp_path / "sources.toml"), tools).checks[0])

    assert isinstance(outcome, Unavailable)
    assert not isinstance(outcome, Refuted)


@pytest.mark.parametrize(
    ("endpoint", "more", "member"),
    [("carrier.example", "", "endpoint"), ("http://127.0.0.1:1", 'colour = "red"', "colour")],
)
def test_its_wrong_block_is_named_like_any_other(installed, tmp_path, endpoint, more, member):
    with pytest.raises(ConfigurationError, match=rf"source \[carrier\]:? {member}: "):
        configured(tmp_path, endpoint, more)


def test_two_packages_that_offer_one_name_stop_the_boot(installed, tmp_path):
    info = installed / "another_carrier-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: another-carrier\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[idp.sources]\nexample_carrier = another:ADAPTER\n", encoding="utf-8")
    importlib.invalidate_caches()

    with pytest.raises(
        ConfigurationError, match=r"source \[carrier\] adapter: several packages offer .*another:ADAPTER"
    ):
        configured(tmp_path, "http://127.0.0.1:1")


def test_it_names_no_package_of_ours_that_somebody_else_could_publish():
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text("utf-8"))["project"]

    assert project["dependencies"] == []


def test_without_the_package_its_name_is_unknown(tmp_path):
    with pytest.raises(ConfigurationError, match=r"source \[carrier\] adapter: there is no adapter example_carrier"):
        configured(tmp_path, "http://127.0.0.1:1")
