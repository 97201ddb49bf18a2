"""The sandbox as the process it is in a demonstration: granian, the environment, one exchange."""

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import requests

from demo.credentials import toml
from tests.sandbox import wire
from tests.sandbox.agreed import PARTS

ROOT = Path(__file__).parents[2]


def test_one_exchange_with_the_real_process(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = tmp_path / "sandbox.toml"
    config.write_text(toml.written(PARTS), encoding="utf-8")
    environment = os.environ | {
        "SANDBOX_DATA": str(tmp_path),
        "SANDBOX_CONFIG": str(config),
    }
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--factory", "sandbox.app:create_app"],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        with requests.Session() as session:
            session.trust_env = False
            url = f"http://127.0.0.1:{port}"
            _wait_for(session, f"{url}/healthz", process)
            now = int(time.time() * 1000)
            token = session.post(f"{url}/proxy/auth/token", headers=wire.signed_headers(wire.APP_KEY, now), timeout=10)
            secret = wire.decrypt(wire.APP_KEY, token.json()["body"]["access_token"])
            headers = wire.signed_headers(secret, now) | {"Content-Type": "text/xml;charset=UTF-8"}
            answer = session.post(f"{url}{wire.SERVICE}", data=wire.REQUEST.encode(), headers=headers, timeout=10)
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=20)

    assert re.search("FHDM&gt;10&lt;", answer.text)
    assert "370199198503070017" not in output
    assert "测试甲" not in output


def _wait_for(session: requests.Session, url: str, process: subprocess.Popen[str]) -> None:
    for _ in range(200):
        assert process.poll() is None, "the sandbox did not start"
        try:
            if session.get(url, timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError("the sandbox did not answer")
