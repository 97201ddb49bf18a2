"""3rd Party-Initiated Login OP: oidcc-3rdparty-init-login-certification-test-plan."""

from tests.certification import checks
from tests.certification.op import Provider

START = "https://rp.example/start"


def test_where_a_sign_in_starts_is_registered_and_read_back(op: Provider) -> None:
    """oidcc-3rd_party-init-login"""
    party = op.registered(initiate_login_uri=START)
    told = checks.is_json(
        op.http.get(
            party.registration["registration_client_uri"], timeout=30,
            headers={"Authorization": f"Bearer {party.registration['registration_access_token']}"},
        )
    )  # fmt: skip
    assert told["initiate_login_uri"] == START


def test_a_sign_in_starts_over_tls_only(op: Provider) -> None:
    """oidcc-3rd_party-init-login-nohttps"""
    for address in (START.replace("https", "http"), f"{op.site.url}/start"):
        checks.error(op.register(initiate_login_uri=address), "invalid_client_metadata")
