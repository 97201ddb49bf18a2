"""Whatever is sent to the endpoints that sites and browsers call: a clear refusal, no failure of ours, nothing written."""

import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote_from_bytes, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.flows.centre import Centre, install, settings_for
from tests.flows.rp import challenge_of

ISSUER = "https://id.example"
CALLBACK = "https://rp.example/callback"
FORM = "application/x-www-form-urlencoded"
ENDPOINTS = (
    "/authorize",
    "/token",
    "/end-session",
    "/userinfo",
    "/introspect",
    "/revoke",
    "/device_authorization",
    "/clients",
)
JSON_ENDPOINTS = {"/token", "/userinfo", "/introspect", "/revoke", "/device_authorization", "/clients"}

quick = settings(
    max_examples=30, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


class Attacked:
    """A centre with one client and nobody in it; after every request its tables must be what they were.

    But for the record of sites that could not prove themselves, of which there is one a minute at most, and for the last
    errors that a site's developers see: a few slots for each kind.
    """

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self.client_id, secret = centre.register_client(
            {
                "client_name": "测试网站",
                "client_uri": "https://rp.example/",
                "initiate_login_uri": "https://rp.example/sign-in",
                "redirect_uris": [CALLBACK],
                "post_logout_redirect_uris": ["https://rp.example/out"],
                "grant_types": ["authorization_code", "refresh_token"],
                "scope": "openid profile offline_access",
            }
        )
        self.auth = (self.client_id, secret or "")
        self.before = self._rows()

    def send(self, method: str, path: str, **more: Any) -> TestResponse:
        """One request of a browser or site without any cookie; the answer is decent, whatever was sent."""
        http: FlaskClient = self.centre.app.test_client(use_cookies=False)
        answer = http.open(path, method=method, base_url=ISSUER, **more)
        self._is_decent(urlsplit(path).path, answer)
        return answer

    def _rows(self) -> dict[str, int]:
        rows = self.centre.rows()
        assert rows["site_errors"] <= 100
        refused = len(self.centre.audited("oidc.client_refused"))
        return rows | {"audit_entries": rows["audit_entries"] - refused, "site_errors": 0}

    def _is_decent(self, path: str, answer: TestResponse) -> None:
        assert answer.status_code < 500, answer.text[:500]
        assert "Traceback" not in answer.text
        assert self._rows() == self.before
        if 300 <= answer.status_code < 400:
            self._leads_somewhere_proper(answer.headers["Location"])
        elif path in JSON_ENDPOINTS and answer.data:
            told = answer.get_json()
            assert isinstance(told, dict)
            if answer.status_code >= 400:
                assert told.get("error", "none").isascii()
                assert told.get("error_description", "none").isascii()
                assert '"' not in told.get("error_description", "")

    def _leads_somewhere_proper(self, location: str) -> None:
        assert location.isascii()
        assert not set("\r\n\t \\") & set(location)
        target = urlsplit(location)
        if target.netloc == "rp.example":
            assert location.startswith(("https://rp.example/callback?", "https://rp.example/out"))
            told = dict(parse_qsl(target.query))
            assert "code" not in told
            if target.path == "/callback":
                assert told["iss"] == ISSUER
                assert told["error"].isascii()
                assert told.get("error_description", "").isascii()
        else:
            assert not target.netloc
            assert target.path in {
                "/sign-in", "/register", "/signed-out", "/authorize", "/end-session",
            }, location  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def attacked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, service_log: Path
) -> Iterator[Attacked]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('attacked') / 'idp.sqlite3'}"
    else:
        url = request.getfixturevalue("postgres").create()
    install(url)
    centre = Centre(settings_for(url, "", 443, issuer=ISSUER, log_file=service_log, database_pool=4))
    yield Attacked(centre)
    centre.close()
    if request.param != "sqlite":
        request.getfixturevalue("postgres").drop(url)


NASTY = st.one_of(
    st.sampled_from(
        ["", " ", "\x00", "a\x00b", '"', "'", "'; --", '"><script>alert(1)</script>', "汉字", "\u202e", "😀", "null", "[]",
         "{}", "-1", "0", "9" * 30, "1e9", "%00", "%FF", "none", "../..", "\r\nX: y", "a" * 3000, "\ud800", "true", "{{7*7}}"]
    ),
    st.text(max_size=40),
    st.text(alphabet=string.printable, max_size=80),
)  # fmt: skip
NAMES = st.sampled_from(
    ["client_id", "response_type", "redirect_uri", "scope", "state", "nonce", "response_mode", "prompt", "max_age", "display",
     "ui_locales", "login_hint", "id_token_hint", "acr_values", "code_challenge", "code_challenge_method", "request",
     "request_uri", "registration", "claims", "journey", "grant_type", "code", "code_verifier", "refresh_token",
     "client_secret", "token", "token_type_hint", "access_token", "post_logout_redirect_uri", "unknown", "", "汉"]
)  # fmt: skip
PAIRS = st.lists(st.tuples(NAMES, NASTY), max_size=8)


def encoded(pairs: list[tuple[str, str]]) -> str:
    return urlencode([(n.encode("utf-8", "surrogatepass"), v.encode("utf-8", "surrogatepass")) for n, v in pairs])


def good(attacked: Attacked) -> dict[str, str]:
    return {
        "client_id": attacked.client_id, "response_type": "code", "redirect_uri": CALLBACK, "scope": "openid", "state": "s",
        "code_challenge": challenge_of("v" * 43), "code_challenge_method": "S256",
    }  # fmt: skip


@quick
@given(pairs=PAIRS)
def test_authorize_with_anything(attacked: Attacked, pairs: list[tuple[str, str]]) -> None:
    answer = attacked.send("GET", "/authorize?" + encoded(pairs))
    assert answer.status_code in {400, 303}
    attacked.send("POST", "/authorize", data=encoded(pairs), content_type=FORM)


@quick
@given(name=NAMES, value=NASTY, is_repeated=st.booleans(), is_post=st.booleans())
@example(name="state", value="汉", is_repeated=True, is_post=False)
@example(name="redirect_uri", value='"', is_repeated=True, is_post=False)
@example(name="max_age", value="٣", is_repeated=False, is_post=False)
def test_authorize_with_one_odd_parameter(
    attacked: Attacked, name: str, value: str, is_repeated: bool, is_post: bool
) -> None:
    pairs = [pair for pair in good(attacked).items() if is_repeated or pair[0] != name]
    query = encoded([*pairs, (name, value)])
    if is_post:
        attacked.send("POST", "/authorize", data=query, content_type=FORM)
    else:
        attacked.send("GET", f"/authorize?{query}")


@quick
@given(
    pairs=PAIRS, grant=st.sampled_from(["authorization_code", "refresh_token", "client_credentials", "password", ""])
)
def test_token_with_anything(attacked: Attacked, pairs: list[tuple[str, str]], grant: str) -> None:
    body = encoded([("grant_type", grant), *pairs])
    for auth in (attacked.auth, None):
        answer = attacked.send("POST", "/token", data=body, content_type=FORM, auth=auth)
        assert answer.status_code in {400, 401, 429}
        assert answer.headers["Cache-Control"] == "no-store"


@quick
@given(pairs=PAIRS, path=st.sampled_from(["/introspect", "/revoke", "/userinfo", "/end-session"]))
def test_the_other_endpoints_with_anything(attacked: Attacked, pairs: list[tuple[str, str]], path: str) -> None:
    body = encoded(pairs)
    attacked.send("POST", path, data=body, content_type=FORM, auth=attacked.auth)
    attacked.send("POST", path, data=body, content_type=FORM)
    attacked.send("GET", f"{path}?{body}")


@quick
@given(raw=st.binary(max_size=200), path=st.sampled_from(ENDPOINTS))
def test_any_bytes(attacked: Attacked, raw: bytes, path: str) -> None:
    attacked.send("POST", path, data=raw, content_type=FORM, auth=attacked.auth)
    attacked.send("GET", f"{path}?{quote_from_bytes(raw)}")


@quick
@given(header=st.one_of(st.text(alphabet=string.printable.strip(), max_size=60), st.binary(max_size=60)))
def test_any_authorization_header(attacked: Attacked, header: str | bytes) -> None:
    import base64

    raw = header.encode() if isinstance(header, str) else header
    for value in (
        "Basic " + base64.b64encode(raw).decode(),
        "Basic " + base64.b64encode(raw + b":" + raw).decode(),
        "Bearer " + "".join(chr(c) for c in raw if 32 < c != 127),
    ):
        for path in ("/token", "/userinfo"):
            answer = attacked.send(
                "POST", path, data="grant_type=x&token=y", content_type=FORM, headers={"Authorization": value}
            )
            assert answer.status_code in {400, 401, 403, 429}


DEEP = "[" * 5000 + "]" * 5000
BODIES: dict[str, tuple[str | bytes, str]] = {
    "a JSON object": ('{"grant_type":"authorization_code","token":"x"}', "application/json"),
    "a JSON array": ("[1,2,3]", "application/json"),
    "deep JSON": (DEEP, "application/json"),
    "JSON called a form": (DEEP, FORM),
    "multipart": (
        "--x\r\nContent-Disposition: form-data; name=token\r\n\r\nx\r\n--x--",
        "multipart/form-data; boundary=x",
    ),
    "text": ("token=x", "text/plain"),
    "no type": ("token=x", ""),
    "an odd type": ("token=x", "application/x-www-form-urlencoded-not"),
    "an odd charset": ("token=x&token=y", f"{FORM}; charset=utf-7"),
    "raw non-ASCII": ("token=汉".encode("gb18030"), FORM),
    "too much": ("token=" + "x" * 20_000, FORM),
    "far too much": ("token=" + "x" * 100_000, FORM),
    "too many": ("&".join(f"a{n}=1" for n in range(500)), FORM),
    "nothing": ("", FORM),
}


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("body", BODIES)
def test_bodies_of_other_kinds(attacked: Attacked, path: str, body: str) -> None:
    content, kind = BODIES[body]
    answer = attacked.send("POST", path, data=content, content_type=kind or None, auth=attacked.auth)
    is_empty_logout = path == "/end-session" and kind == FORM and body in {"nothing", "JSON called a form"}
    assert answer.status_code in ({303} if is_empty_logout else {400, 401, 413, 415}), answer.status_code


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "GET", "HEAD"])
def test_methods_of_other_kinds(attacked: Attacked, path: str, method: str) -> None:
    answer = attacked.send(method, path)
    takes_get = path in {"/authorize", "/end-session", "/userinfo"}
    if method in {"GET", "HEAD"} and takes_get:
        assert answer.status_code in {303, 400, 401}
    elif path == "/clients" and method in {"PUT", "DELETE", "GET", "HEAD"}:
        assert answer.status_code == 401
    else:
        assert answer.status_code == 405
        assert answer.headers["Allow"]


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state", "scope", "code_challenge"])
def test_a_repeated_parameter_is_refused_where_it_can_be(attacked: Attacked, name: str) -> None:
    pairs = [*good(attacked).items(), (name, good(attacked)[name])]
    answer = attacked.send("GET", "/authorize?" + encoded(pairs))
    if name in {"client_id", "redirect_uri"}:
        assert answer.status_code == 400
    else:
        assert dict(parse_qsl(urlsplit(answer.headers["Location"]).query))["error"] == "invalid_request"


@pytest.mark.parametrize(
    "build", [lambda: "/authorize?" + "a" * 20_000, lambda: "/authorize?" + "&".join(["a=1"] * 2000)]
)
def test_oversized_queries(attacked: Attacked, build: Callable[[], str]) -> None:
    assert attacked.send("GET", build()).status_code in {400, 414}
