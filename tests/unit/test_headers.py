"""HSTS speaks for this host alone unless the installation says otherwise, on pages and on what sites call."""

import flask
import pytest

from idp.edge import headers


@pytest.mark.parametrize(
    ("https", "subdomains", "expected"),
    [
        (True, False, "max-age=31536000"),
        (True, True, "max-age=31536000; includeSubDomains"),
        (False, True, None),
        (False, False, None),
    ],
)
def test_strict_transport_security_covers_what_the_setting_says(https, subdomains, expected):
    hsts = headers.hsts(https=https, subdomains=subdomains)
    with flask.Flask("headers").test_request_context():
        page = headers.finish(flask.Response("x", mimetype="text/html"), hsts=hsts)
    assert page.headers.get("Strict-Transport-Security") == expected
    assert headers.of_data(hsts=hsts).get("Strict-Transport-Security") == expected


def test_a_form_may_end_at_the_places_that_were_named_and_at_an_applications_own_scheme():
    with flask.Flask("headers").test_request_context():
        headers.allow_form_to(
            "https://site.example/callback?x=1", "cn.gov.example.app:/callback", "javascript:alert(1)", ""
        )
        page = headers.finish(flask.Response("x", mimetype="text/html"), hsts="")
    assert "form-action 'self' cn.gov.example.app: https://site.example;" in page.headers["Content-Security-Policy"]
    assert "frame-src" not in page.headers["Content-Security-Policy"]
