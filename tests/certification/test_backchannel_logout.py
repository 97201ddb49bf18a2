"""Back-Channel OP: oidcc-backchannel-rp-initiated-logout-certification-test-plan."""

import time

from joserfc import jwt
from joserfc.jwk import KeySet

from tests.browser.running_demo import until
from tests.certification.leaving import leaver
from tests.certification.op import Provider

EVENT = "http://schemas.openid.net/event/backchannel-logout"


def test_a_site_hears_of_it_by_a_logout_token_and_gets_somebody_back(op: Provider) -> None:
    """oidcc-backchannel-rp-initiated-logout"""
    path = "/backchannel_logout"
    one = leaver(op, backchannel_logout_uri=op.site.url + path, backchannel_logout_session_required=True)
    one.came_back(one.leave(), one.state)
    (call,) = until("the logout token", lambda: op.site.called(path))
    assert call.method == "POST"
    assert call.content_type == "application/x-www-form-urlencoded"
    assert call.query == {}
    assert set(call.form) == {"logout_token"}
    token = jwt.decode(call.form["logout_token"], KeySet.import_key_set(op.keys()), algorithms=[one.party.id_token_alg])
    assert token.header["typ"] == "logout+jwt"
    claims, now = token.claims, time.time()
    assert claims["iss"] == op.issuer
    assert claims["aud"] in (one.party.client_id, [one.party.client_id])
    assert now - 60 < claims["iat"] <= now + 5 < claims["exp"] <= now + 125  # §2.4: at most two minutes
    assert claims["jti"]
    assert claims["events"] == {EVENT: {}}
    assert claims["sub"] == one.flow.claims["sub"]
    assert claims["sid"] == one.flow.claims["sid"]
    assert "nonce" not in claims
    one.is_out()
