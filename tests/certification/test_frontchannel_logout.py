"""Front-Channel OP: oidcc-frontchannel-rp-initiated-logout-certification-test-plan."""

from tests.certification.leaving import frames_of, leaver
from tests.certification.op import Provider
from tests.flows.browser import Page


def test_a_site_hears_of_it_in_a_frame_and_gets_somebody_back(op: Provider) -> None:
    """oidcc-frontchannel-rp-initiated-logout"""
    frame = f"{op.site.url}/frontchannel_logout"
    one = leaver(op, frontchannel_logout_uri=frame, frontchannel_logout_session_required=True)
    shown = one.leave()
    assert frames_of(shown) == [(frame, {"iss": op.issuer, "sid": one.flow.claims["sid"]})]
    assert isinstance(shown, Page)
    (onward,) = [link for link in shown.links if link.startswith(one.back)]
    assert onward == f"{one.back}?state={one.state}"
    one.is_out()
