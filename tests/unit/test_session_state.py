"""Session Management's hash: origins as browsers write them, a salt for each."""

import pytest

from idp.oidc.logout import session_management


@pytest.mark.parametrize(
    ("uri", "origin"),
    [
        ("https://site.example/callback?x=1", "https://site.example"),
        ("https://Site.Example:443/callback", "https://site.example"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://[::1]:80/callback", "http://[::1]"),
        ("cn.gov.example.app:/callback", "null"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(uri: str, origin: str) -> None:
    assert session_management.origin_of(uri) == origin


def test_the_same_session_is_told_in_other_words_each_time() -> None:
    told = {session_management.state("https://site.example/callback", "client", "state") for _ in range(20)}
    assert len(told) == 20
    assert all(each.count(".") == 1 and " " not in each for each in told)
