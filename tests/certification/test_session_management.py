"""Session OP: oidcc-session-management-certification-test-plan; the frame itself runs in tests/browser."""

import base64
import hashlib

from tests.certification.leaving import Leaver, leaver
from tests.certification.op import Provider, host_of


def says(one: Leaver, session_state: str) -> str:
    """What the provider's frame answers to the site's frame (Session Management §3.2)."""
    digest, salt = session_state.split(".")
    cookies = one.visitor.browser.http.cookies
    state = next((cookie.value for cookie in cookies if (cookie.name or "").endswith("idp_state")), "") or ""
    origin = f"{one.party.redirect_uri.partition('://')[0]}://{host_of(one.party.redirect_uri)}"
    made = hashlib.sha256(f"{one.party.client_id} {origin} {state} {salt}".encode()).digest()
    return "unchanged" if base64.urlsafe_b64encode(made).rstrip(b"=").decode() == digest else "changed"


def test_a_site_sees_the_session_end(op: Provider) -> None:
    """oidcc-session-management-rp-initiated-logout"""
    one = leaver(op)
    known = one.flow.landing.params["session_state"]
    assert " " not in known
    assert says(one, known) == "unchanged"
    one.came_back(one.leave(), one.state)
    assert says(one, known) == "changed"
    one.is_out()


def test_the_frame_may_be_framed_by_everybody_and_runs_its_script(op: Provider) -> None:
    """oidcc-session-management-discovery-endpoint-verification"""
    frame = op.http.get(op.metadata["check_session_iframe"], timeout=30)
    assert frame.status_code == 200
    assert frame.headers["Content-Type"].startswith("text/html")
    assert "X-Frame-Options" not in frame.headers
    assert "frame-ancestors *" in frame.headers["Content-Security-Policy"]
    assert "<script" in frame.text
