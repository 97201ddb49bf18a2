"""Apache with mod_auth_openidc in front of a page: a site of which nothing but the configuration is ours."""

import os
import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from launcher import machine

MODULES = (
    "mpm_event",
    "authn_core",
    "authz_core",
    "authz_user",
    "headers",
    "env",
    "dir",
    "mime",
    "auth_openidc",
)
_START_SECONDS = 20

_CONFIGURATION = """
ServerName localhost
ServerRoot {folder}
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
LogLevel warn
Listen 127.0.0.1:{port}
{modules}
User www-data
Group www-data
TypesConfig /dev/null
DocumentRoot {folder}/pages

OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client_id}
OIDCClientSecret {client_secret}
OIDCRedirectURI {url}/protected/callback
OIDCCryptoPassphrase {passphrase}
OIDCScope "openid profile email"
OIDCPKCEMethod S256
OIDCResponseType {response_type}
OIDCResponseMode {response_mode}
OIDCSessionType server-cache
OIDCCacheType file
OIDCCacheDir {folder}/cache
OIDCRemoteUserClaim sub

<Location /protected>
  AuthType openid-connect
  Require valid-user
  Header set X-Signed-In "expr=%{{REMOTE_USER}}"
  Header set X-Email "expr=%{{req:OIDC_CLAIM_email}}"
</Location>
<Location />
  <IfModule mod_authz_core.c>
    Require all granted
  </IfModule>
</Location>
<Location /protected>
  Require valid-user
</Location>
"""


@contextmanager
def serving(
    folder: Path, port: int, *, issuer: str, registration: Mapping[str, str], response_type: str, response_mode: str
) -> Iterator[str]:
    """Apache on a loopback port for the length of a `with`; answers its address."""
    program = machine.find_apache()
    if program is None:
        pytest.skip("apache: no Apache with mod_auth_openidc on this machine")
    url = f"http://localhost:{port}"
    for name in ("pages/protected", "cache"):
        (folder / name).mkdir(parents=True)
        (folder / name).chmod(0o777)  # Apache's workers run as somebody else
    for above in (folder, *folder.parents):
        if above.owner() == folder.owner() and above != Path("/"):
            above.chmod(above.stat().st_mode | 0o011)
    (folder / "pages" / "protected" / "index.html").write_text("<h1>protected</h1>", encoding="ascii")
    modules = "\n".join(f"LoadModule {name}_module {machine.APACHE_MODULES}/mod_{name}.so" for name in MODULES)
    text = _CONFIGURATION.format(
        folder=folder, port=port, modules=modules, issuer=issuer, url=url, passphrase=secrets.token_hex(16),
        response_type=f'"{response_type}"', response_mode=response_mode, client_id=registration["client_id"],
        client_secret=registration["client_secret"],
    )  # fmt: skip
    (folder / "apache.conf").write_text(text, encoding="utf-8")
    process = subprocess.Popen(
        [program, "-f", folder / "apache.conf", "-DFOREGROUND"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, "LC_ALL": "C"},
    )  # fmt: skip
    try:
        _wait(process, url, folder)
        yield url
    finally:
        process.terminate()
        process.wait(20)
        assert process.stderr is not None
        process.stderr.close()


def _wait(process: subprocess.Popen[bytes], url: str, folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            requests.get(url, timeout=5)
            return
        except requests.ConnectionError:
            if process.poll() is not None or time.monotonic() > deadline:
                assert process.stderr is not None
                said = process.stderr.read().decode(errors="replace") if process.poll() is not None else ""
                log = folder / "error.log"
                raise AssertionError(f"Apache did not start: {said}{log.read_text() if log.exists() else ''}") from None
            time.sleep(0.1)
