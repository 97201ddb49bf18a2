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
