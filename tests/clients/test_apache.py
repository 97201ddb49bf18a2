"""A site behind Apache's mod_auth_openidc: signs in by configuration alone, and is told when the person leaves."""

from pathlib import Path
from urllib.parse import parse_qsl

import pytest
import requests

from launcher import machine
from tests.browser.running_demo import until
from tests.clients import apache
from tests.clients.journeys import Visitor


def register(issuer: str, token: str, **metadata: object) -> dict[str, str]:
    endpoint = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=30).json()["registration_endpoint"]
    answer = requests.post(endpoint, json=metadata, headers={"Authorization": f"Bearer {token}"}, timeout=30)
    assert answer.status_code == 201, answer.text
    registered: dict[str, str] = answer.json()
    return registered


@pytest.mark.parametrize(
    ("response_type", "response_mode"), [("code", "query"), ("code", "form_post"), ("code id_token", "fragment")]
)
def test_apache_lets_a_signed_in_person_through(
    tmp_path: Path, visitor: Visitor, initial_access_token: str, response_type: str, response_mode: str
) -> None:
    port = machine.free_port()
    issuer, url = visitor.browser.issuer, f"http://localhost:{port}"
    registration = register(
        issuer, initial_access_token, client_name="Apache", redirect_uris=[f"{url}/protected/callback"],
        response_types=[response_type], grant_types=["authorization_code", "implicit"],
        backchannel_logout_uri=f"{url}/protected/callback?logout=backchannel", scope="openid profile email",
    )  # fmt: skip
    with apache.serving(
        tmp_path, port, issuer=issuer, registration=registration, response_type=response_type,
        response_mode=response_mode,
    ), requests.Session() as site:  # fmt: skip
        asked = site.get(f"{url}/protected/", allow_redirects=False, timeout=30)
        assert asked.status_code == 302, (tmp_path / "error.log").read_text()
        back = visitor.visit(asked.headers["Location"])
        if back["form"] is None and "#" in back["landed"]:  # Apache's own script posts what the fragment holds
            landed, _, fragment = back["landed"].partition("#")
            back = {"landed": landed, "form": dict(parse_qsl(fragment))}
            back["form"]["response_mode"] = "fragment"
        answer = (
            site.get(back["landed"], timeout=30)
            if back["form"] is None
            else site.post(back["landed"], data=back["form"], timeout=30)
        )
        assert answer.status_code == 200, (tmp_path / "error.log").read_text()
        assert answer.headers["X-Signed-In"]

        assert site.get(f"{url}/protected/", allow_redirects=False, timeout=30).status_code == 200
        sign_out(visitor)
        until(
            "Apache has been told",
            lambda: site.get(f"{url}/protected/", allow_redirects=False, timeout=30).status_code == 302,
        )


def sign_out(visitor: Visitor) -> None:
    visitor.browser.get("/sign-out")
    visitor.browser.submit("confirm")
