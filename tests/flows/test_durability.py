"""A restart, and the loss of the short-lived store, cost no session: served by real processes of the production server."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
import requests

from launcher import machine
from tests.flows.centre import Centre, install, settings_for
from tests.flows.rp import RelyingParty
from tests.flows.site import Site
from tests.flows.test_requests import landed, page

pytestmark = [pytest.mark.postgres, pytest.mark.redis, pytest.mark.slow]


@contextmanager
def granian(settings, log: Path, port: str = "") -> Iterator[None]:  # type: ignore[no-untyped-def]
    """One process of the service as production runs it; at the issuer's port, unless another process has that."""
    port = port or settings.host.partition(":")[2]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("IDP_")},
        "IDP_ISSUER": settings.issuer,
        "IDP_DATABASE_URL": settings.database_url.replace("+psycopg", ""),
        "IDP_REDIS_URL": settings.redis_url,
        "IDP_MASTER_KEY": settings.master_key.reveal(),
        "IDP_LOG_FILE": str(log),
        "IDP_TRUSTED_PROXIES": "127.0.0.1/32",
    }
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--host", "127.0.0.1", "--port", port,
        "--workers", "1", "--blocking-threads", "2", "--no-ws", "idp.app:create_app",
    ]  # fmt: skip
    with (log.with_suffix(".out")).open("ab") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
    try:
        _wait(f"http://localhost:{port}", process)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _wait(issuer: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            requests.get(f"{issuer}/jwks", timeout=1)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the service did not start")


def test_a_session_outlives_the_process_and_the_store(
    fresh_postgres_database: str, fresh_redis: Callable[[], str], service_log: Path
) -> None:
    install(fresh_postgres_database)
    redis_url, port = fresh_redis(), machine.free_port()
    settings = settings_for(fresh_postgres_database, redis_url, port, log_file=service_log)
    inside = Centre(settings)  # for people and sites; it serves nothing
    site = Site()
    client_id, secret = inside.register_client(site.metadata())
    alice = inside.person(ial=1)
    inside.close()
    rp = RelyingParty(settings.issuer, site, client_id, secret, "openid profile offline_access")
    log = service_log.with_name("granian.jsonl")
    try:
        with granian(settings, log):
            tokens = rp.tokens_of(alice)
            assert rp.userinfo(tokens.access_token).status_code == 200
        with granian(settings, log):
            assert rp.userinfo(tokens.access_token).status_code == 200
            assert landed(rp.visit(prompt="none")).code
            with redis.Redis.from_url(redis_url) as client:
                client.flushdb()
            assert landed(rp.visit(prompt="none")).code
            until = time.monotonic() + 1  # what was found out just now may be remembered for half a second
            while (lost_token := rp.userinfo(tokens.access_token)).status_code == 200 and time.monotonic() < until:
                time.sleep(0.1)
            assert lost_token.status_code == 401
            fresh = rp.refresh(tokens.refresh_token)
            assert rp.userinfo(fresh.access_token).status_code == 200
            form = page(rp.visit(prompt="login"))
            with redis.Redis.from_url(redis_url) as client:
                client.flushdb()
            lost = page(rp.browser.submit("continue", form, identifier=alice.username, password=alice.password))
            assert lost.status == 400
            assert any(site.url in link for link in lost.links)  # the way on leads to the site
        written = log.read_text(encoding="utf-8") + log.with_suffix(".out").read_text(
            encoding="utf-8", errors="replace"
        )
        assert "Traceback" not in written
        for secret_word in (*alice.secrets, tokens.access_token, tokens.refresh_token, secret or "?"):
            assert secret_word not in written
    finally:
        rp.close()
        site.close()
