"""While the short-lived store is away nobody is let in, and everybody is told so decently."""

from pathlib import Path
from urllib.parse import urlencode

import pytest

from launcher import machine
from tests.flows.centre import Centre, install, settings_for
from tests.flows.rp import challenge_of

ISSUER = "https://id.example"


@pytest.fixture(scope="module")
def crippled(tmp_path_factory: pytest.TempPathFactory, service_log: Path):  # type: ignore[no-untyped-def]
    url = f"sqlite:///{tmp_path_factory.mktemp('crippled') / 'idp.sqlite3'}"
    install(url)
    dead = f"redis://127.0.0.1:{machine.free_port()}/0"
    centre = Centre(settings_for(url, dead, 443, issuer=ISSUER, log_file=service_log))
    yield centre
    centre.close()


def test_a_request_is_parked_nowhere_and_says_so(crippled: Centre) -> None:
    client_id, _ = crippled.register_client(
        {
            "client_name": "测试网站",
            "client_uri": "https://rp.example/",
            "initiate_login_uri": "https://rp.example/sign-in",
            "redirect_uris": ["https://rp.example/callback"],
        }
    )
    query = {
        "client_id": client_id, "response_type": "code", "redirect_uri": "https://rp.example/callback", "scope": "openid",
        "code_challenge": challenge_of("v" * 43), "code_challenge_method": "S256",
    }  # fmt: skip
    http = crippled.app.test_client()
    answer = http.get("/authorize?" + urlencode(query), base_url=ISSUER)
    assert answer.status_code == 503
    assert answer.headers["Content-Type"].startswith("text/html")
    silent = http.get("/authorize?" + urlencode({**query, "prompt": "none"}), base_url=ISSUER)
    assert "error=login_required" in silent.headers["Location"]  # needs no store
    assert http.get("/sign-in", base_url=ISSUER).status_code == 200
    assert http.get("/.well-known/openid-configuration", base_url=ISSUER).status_code == 200


@pytest.mark.parametrize("path", ["/userinfo", "/introspect", "/revoke", "/token"])
def test_the_endpoints_of_sites_answer_503(crippled: Centre, path: str) -> None:
    _, secret = registered = crippled.register_client(
        {"client_name": "机器", "client_uri": "https://rp.example/", "grant_types": ["client_credentials"]}
    )
    headers = {"Authorization": "Bearer x"} if path == "/userinfo" else {}
    auth = None if headers else registered
    answer = crippled.app.test_client().post(
        path, base_url=ISSUER, data={"token": "x", "grant_type": "client_credentials"}, headers=headers, auth=auth
    )
    assert (answer.status_code, answer.get_json()["error"]) == (503, "temporarily_unavailable")
    assert answer.headers["Retry-After"]
    assert (secret or "?") not in answer.text


def test_a_wrong_secret_is_no_server_error(crippled: Centre) -> None:
    answer = crippled.app.test_client().post(
        "/token", base_url=ISSUER, data={"grant_type": "client_credentials"}, auth=("nobody", "x")
    )
    assert answer.status_code in {401, 503}
