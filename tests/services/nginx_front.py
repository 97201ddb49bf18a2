"""The proxy of the production form for tests: the machine's nginx with deploy/nginx.conf as it stands, on free ports."""

import http.client
import re
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from launcher import machine
from tests.architecture.source import ROOT

_DEPLOY = ROOT / "deploy"


@dataclass(frozen=True)
class Ports:
    """Where it listens: for everybody, for sites with certificates, and in plain."""

    https: int
    certificates: int
    plain: int


def free_ports() -> Ports:
    return Ports(machine.free_port(), machine.free_port(), machine.free_port())


@contextmanager
def front(folder: Path, ports: Ports, *, upstream: int, certificate: str, key: str) -> Iterator[None]:
    """nginx in front of a service on loopback; skips when there is none on this machine."""
    program = machine.find_nginx()
    if program is None:
        pytest.skip("no nginx on this machine")
    (folder / "tls").mkdir()
    (folder / "tls" / "fullchain.pem").write_text(certificate, encoding="ascii")
    (folder / "tls" / "privkey.pem").write_text(key, encoding="ascii")
    (folder / "upstream.conf").write_text(f"upstream idp {{ server 127.0.0.1:{upstream}; keepalive 8; }}\n")
    template = (_DEPLOY / "issuer.conf.template").read_text(encoding="utf-8")
    issuer = f"https://localhost:{ports.https}"
    (folder / "issuer.conf").write_text(template.replace("${IDP_ISSUER}", issuer), encoding="utf-8")
    (folder / "nginx.conf").write_text(_moved(folder, ports), encoding="utf-8")
    with (folder / "out.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "-c", folder / "nginx.conf", "-p", folder, "-g", "daemon off;"], stdout=log, stderr=log
        )
    try:
        _wait(process, ports.https, folder / "out.log")
        yield
    finally:
        process.terminate()
        process.wait(10)


def _moved(folder: Path, ports: Ports) -> str:
    """The configuration with this folder for its own and these ports for 8443, 8444 and 8080."""
    text = (_DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    for ours, theirs in ((8443, ports.https), (8444, ports.certificates), (8080, ports.plain)):
        text = re.sub(rf"(listen |        ){ours}\b", rf"\g<1>{theirs}", text)
    text = text.replace("/etc/nginx/conf.d/", f"{folder}/").replace("/tmp/nginx", f"{folder}/nginx")
    text = re.sub(r"/etc/nginx/(upstream\.conf|tls/)", rf"{folder}/\1", text)
    text = text.replace("worker_processes auto", "worker_processes 1").replace("/dev/stderr", f"{folder}/errors.log")
    text = text.replace("/dev/stdout", f"{folder}/access.log")
    return text if Path("/etc/nginx/mime.types").exists() else text.replace("include /etc/nginx/mime.types;", "")


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    until = time.monotonic() + 15
    while time.monotonic() < until and process.poll() is None:
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=2, context=anybody)
        try:
            connection.request("GET", "/metrics")
            connection.getresponse()
        except OSError:
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    process.kill()
    raise AssertionError("nginx did not start: " + log.read_text(errors="replace")[-400:])
