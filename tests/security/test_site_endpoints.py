"""Every endpoint that sites call, against every kind of bad input: status, error code and headers, exactly."""

import base64
import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from idp.edge import cors
from idp.oidc import endpoints
from tests.flows.centre import Centre
from tests.flows.people import Person
from tests.flows.rp import RelyingParty

FORM = "application/x-www-form-urlencoded"
BASIC = 'Basic realm="token", charset="UTF-8"'
JSON = "application/json"
GOOD = {
    "/token": "grant_type=client_credentials",
    "/introspect": "token=x",
    "/revoke": "token=x",
    "/device_authorization": "scope=openid",
    "/mandates/check": "sub=x&principal=x",
}
MEDIA = {"/mandates/check": "application/mandate-check+jwt"}
POSTED = tuple(GOOD)
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
ALLOW = {
    "/token": "POST, OPTIONS",
    "/introspect": "POST, OPTIONS",
    "/revoke": "POST, OPTIONS",
    "/device_authorization": "POST, OPTIONS",
    "/mandates/check": "POST, OPTIONS",
    "/userinfo": "GET, POST, HEAD, OPTIONS",
    "/clients": "GET, POST, PUT, DELETE, HEAD, OPTIONS",
    "/jwks": "GET, HEAD, OPTIONS",
    "/.well-known/openid-configuration": "GET, HEAD, OPTIONS",
    "/.well-known/oauth-authorization-server": "GET, HEAD, OPTIONS",
}
DOCUMENTS = tuple(path for path in ALLOW if path == "/jwks" or path.startswith("/.well-known/"))


@dataclass
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Site:
    """A site that sends what it likes, octet by octet."""

    issuer: str
    client_id: str
    secret: str
    access_token: str = field(repr=False)

    @property
    def auth(self) -> dict[str, str]:
        return {"Authorization": "Basic " + base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()}

    def call(
        self, method: str, path: str, body: bytes | str | None = None, headers: Mapping[str, str] | None = None,
        *, media: str | None = FORM, is_chunked: bool = False,
    ) -> Reply:  # fmt: skip
        port = urlsplit(self.issuer).port or 80
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        sent = {"Host": f"localhost:{port}", "X-Forwarded-For": "10.250.7.1", "Connection": "close", **(headers or {})}
        if body is not None and media is not None:
            sent["Content-Type"] = media
        raw = body.encode() if isinstance(body, str) else body
        try:
            connection.request(
                method, path, iter([raw or b""]) if is_chunked else raw, sent, encode_chunked=is_chunked
            )  # fmt: skip
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        finally:
            connection.close()


@pytest.fixture
def site(centre: Centre, site_of: Callable[..., RelyingParty], alice: Person) -> Site:
    rp = site_of(grant_types=["authorization_code", "refresh_token", "client_credentials", DEVICE_CODE], serves="both")
    return Site(centre.issuer, rp.client_id, rp.client_secret or "", rp.tokens_of(alice).access_token)


def check(reply: Reply, path: str, status: int, error: str | None = None, challenge: str | None = None) -> None:
    """What every answer has, and what this one has."""
    headers = reply.headers
    assert reply.status == status, (path, reply.status, reply.body)
    assert headers["Content-Type"] == (MEDIA.get(path, JSON) if status == 200 else JSON)
    assert headers.get("WWW-Authenticate") == challenge
    assert (reply.json.get("error") if status != 200 else None) == error
    said = reply.json if status != 200 else None
    description = said.get("error_description", "") if isinstance(said, dict) else ""
    assert description.isascii()
    if path not in DOCUMENTS or status != 200:
        assert headers["Cache-Control"] == "no-store"
    always(reply, path)


def always(reply: Reply, path: str) -> None:
    headers = reply.headers
    assert headers.get("X-Content-Type-Options", "nosniff") == "nosniff"
    assert headers.get("Access-Control-Allow-Credentials") is None
    assert headers.get("Set-Cookie") is None
    assert headers.get("Access-Control-Allow-Origin") == ("*" if path in cors.OPEN else None)
    for name in set(headers):
        assert len(headers.get_all(name) or []) == 1, name
    expected = reply.status >= 200 and bool(cors.OPEN.get(path)) and reply.status != 204
    assert headers.get("Access-Control-Expose-Headers") == ("WWW-Authenticate, Retry-After" if expected else None)


def test_every_endpoint_for_sites_stands_in_this_table() -> None:
    assert set(endpoints.FOR_SITES) == set(ALLOW) - set(DOCUMENTS)
    for path, endpoint in endpoints.FOR_SITES.items():
        assert ", ".join(endpoint.allowed) == ALLOW[path]


@pytest.mark.parametrize("path", POSTED)
def test_a_good_request_is_answered(site: Site, path: str) -> None:
    reply = site.call("POST", path, GOOD[path], site.auth)
    check(reply, path, 200)
    assert reply.headers["Pragma"] == "no-cache"
    check(site.call("POST", path, GOOD[path], site.auth, media=f"{FORM.upper()}; charset=UTF-8"), path, 200)
    check(
        site.call("POST", f"{path}?x=1&client_secret=y", GOOD[path], site.auth), path, 200
    )  # a query says nothing here


BAD_FORMS: dict[str, tuple[bytes | str, str | None, int]] = {
    "a parameter twice": ("{good}&{good}", FORM, 400),
    "a client id twice": ("{good}&client_id=a&client_id=a", FORM, 400),
    "a NUL": ("{good}&x=%00", FORM, 400),
    "bytes that are no UTF-8": ("{good}&x=%FF%FE", FORM, 400),
    "a surrogate": ("{good}&x=%ED%A0%80", FORM, 400),
    "raw octets": (b"{good}&x=\xe6\xb1\x89", FORM, 400),
    "too much": ("{good}&x=" + "y" * 20_000, FORM, 400),
    "far too much": ("{good}&x=" + "y" * 70_000, FORM, 413),
    "too many parameters": ("{good}&" + "&".join(f"p{n}=1" for n in range(80)), FORM, 400),
    "JSON": ('{"grant_type":"client_credentials","token":"x"}', JSON, 400),
    "a form called JSON": ("{good}", JSON, 400),
    "no type": ("{good}", None, 400),
    "several parts": (
        "--b\r\nContent-Disposition: form-data; name=token\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b", 400,
    ),
    "plain text": ("{good}", "text/plain", 400),
    "nothing": ("", FORM, 400),
    "an empty value": ("token=&grant_type=", FORM, 400),
    "another parameter": ("foo=bar", FORM, 400),
    "only separators": ("&&&&", FORM, 400),
}  # fmt: skip


NOTHING_SAID = {"nothing", "an empty value", "another parameter", "only separators"}


@pytest.mark.parametrize("name", BAD_FORMS)
def test_a_form_that_cannot_be_read_is_an_invalid_request(site: Site, name: str) -> None:
    body, media, status = BAD_FORMS[name]
    for path in POSTED:
        if path == "/device_authorization" and name in NOTHING_SAID:
            continue  # RFC 8628 §3.1: the scope may be left out
        good = GOOD[path]
        sent = body.replace("{good}", good) if isinstance(body, str) else body.replace(b"{good}", good.encode())
        check(site.call("POST", path, sent, site.auth, media=media), path, status, "invalid_request")


@pytest.mark.parametrize("path", POSTED)
def test_a_body_without_a_length_is_read_to_its_end_and_no_further(site: Site, path: str) -> None:
    check(site.call("POST", path, GOOD[path], site.auth, is_chunked=True), path, 200)
    big = f"{GOOD[path]}&x={'y' * 70_000}"
    check(site.call("POST", path, big, site.auth, is_chunked=True), path, 413, "invalid_request")
    check(site.call("POST", path, None, site.auth), path, 400, "invalid_request")


BAD_AUTH = [
    "", "Basic", "Basic ", "Basic !!!", "Basic " + base64.b64encode(b"nocolon").decode(), "Basic " + "A" * 4000,
    "Basic " + base64.b64encode(b"\xff:\xff").decode(), "Basic " + base64.b64encode(b"a\x00:b").decode(),
    "Basic " + base64.b64encode(b"nobody:nothing").decode(), "Basic " + base64.b64encode(b":").decode(),
    "Basic " + base64.b64encode(b"%FF:%FF").decode(), "Bearer x", "Digest username=x", "DPoP x", "Negotiate x", "x",
    "Basic " + base64.b64encode("汉:字".encode()).decode(),
]  # fmt: skip


@pytest.mark.parametrize("header", BAD_AUTH)
def test_whoever_does_not_prove_a_client_is_challenged(site: Site, header: str) -> None:
    for path in POSTED:
        reply = site.call("POST", path, GOOD[path], {"Authorization": header})
        check(reply, path, 401, "invalid_client", BASIC)


@pytest.mark.parametrize("path", POSTED)
def test_who_brings_nothing_or_too_much(site: Site, path: str) -> None:
    check(site.call("POST", path, GOOD[path]), path, 401, "invalid_client", BASIC)
    secret = urlencode({"client_id": site.client_id, "client_secret": site.secret})
    check(site.call("POST", f"{path}?{secret}", GOOD[path]), path, 401, "invalid_client", BASIC)  # RFC 6749 §2.3.1
    by_form = f"{GOOD[path]}&{secret}"
    check(site.call("POST", path, by_form, site.auth), path, 400, "invalid_request")
    check(site.call("POST", path, by_form), path, 401, "invalid_client", BASIC)  # registered for Basic
    other = f"{GOOD[path]}&client_id=another"
    check(site.call("POST", path, other, site.auth), path, 400, "invalid_request")
    same = f"{GOOD[path]}&client_id={site.client_id}"
    check(site.call("POST", path, same, site.auth), path, 200)


@pytest.mark.parametrize(
    "grant", ["password", "urn:ietf:params:oauth:grant-type:saml2-bearer", "Client_Credentials", "汉"]
)
def test_an_unknown_grant_is_not_supported(site: Site, grant: str) -> None:
    reply = site.call("POST", "/token", urlencode({"grant_type": grant}), site.auth)
    check(reply, "/token", 400, "unsupported_grant_type")


def test_a_grant_that_the_site_did_not_register_is_not_its_own(
    site_of: Callable[..., RelyingParty], site: Site
) -> None:
    rp = site_of(grant_types=["authorization_code"])
    stranger = Site(site.issuer, rp.client_id, rp.client_secret or "", "")
    for form in (GOOD["/token"], "grant_type=refresh_token&refresh_token=x"):
        check(stranger.call("POST", "/token", form, stranger.auth), "/token", 400, "unauthorized_client")


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "X")


@pytest.mark.parametrize("path", ALLOW)
def test_a_method_that_is_not_offered_is_told_which_are(site: Site, path: str) -> None:
    allowed = ALLOW[path].split(", ")
    for method in METHODS:
        if method in allowed:
            continue
        reply = site.call(method, path, GOOD.get(path), site.auth)
        assert reply.status == 405, method
        assert reply.headers["Allow"] == ALLOW[path]
        if method != "HEAD":
            check(reply, path, 405, "invalid_request")


@pytest.mark.parametrize("path", ALLOW)
def test_a_browsers_question_is_answered_for_the_open_endpoints_alone(site: Site, path: str) -> None:
    asked = {
        "Origin": "https://app.example", "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }  # fmt: skip
    reply = site.call("OPTIONS", path, None, asked)
    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["Allow"] == ALLOW[path]
    assert reply.headers.get("Content-Type") is None
    always(reply, path)
    open_to_scripts = path in cors.OPEN
    methods = [
        name for name in ALLOW[path].split(", ") if name in {"GET", "POST"} or (name == "HEAD" and path in DOCUMENTS)
    ]
    assert reply.headers.get("Access-Control-Allow-Methods") == (", ".join(methods) if open_to_scripts else None)
    headers = "Authorization, Content-Type" if open_to_scripts and path not in DOCUMENTS else None
    assert reply.headers.get("Access-Control-Allow-Headers") == headers
    assert reply.headers.get("Access-Control-Max-Age") == ("600" if open_to_scripts else None)


CLOSED = (
    "/introspect", "/mandates/check", "/clients",
    "/device_authorization", "/device", "/authorize", "/end-session", "/sign-in", "/account", "/",
    "/healthz", "/readyz", "/metrics",
)  # fmt: skip


@pytest.mark.parametrize("path", CLOSED)
def test_nothing_else_is_open_to_scripts_of_other_origins(site: Site, path: str) -> None:
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    for method in ("OPTIONS", "GET", "POST"):
        reply = site.call(method, path, "" if method == "POST" else None, asked)
        assert not [name for name in reply.headers if name.lower().startswith("access-control-")], (path, method)


def test_the_table_of_open_endpoints_is_this_one() -> None:
    assert set(cors.OPEN) == {
        "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks", "/token", "/revoke", "/userinfo",
    }  # fmt: skip


@pytest.mark.parametrize("path", POSTED)
def test_another_host_is_not_answered(site: Site, path: str) -> None:
    check(site.call("POST", path, GOOD[path], {**site.auth, "Host": "evil.example"}), path, 421, "invalid_request")


@pytest.mark.parametrize("path", DOCUMENTS)
def test_documents_are_cached_and_compared(site: Site, path: str) -> None:
    reply = site.call("GET", path)
    check(reply, path, 200)
    assert reply.headers["Cache-Control"] == "public, max-age=300"
    etag, length = reply.headers["ETag"], reply.headers["Content-Length"]
    head = site.call("HEAD", path)
    assert (head.status, head.body, head.headers["Content-Length"], head.headers["ETag"]) == (200, b"", length, etag)
    for known in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        again = site.call("GET", path, None, {"If-None-Match": known})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", etag)
        assert again.headers["Cache-Control"] == "public, max-age=300"
    assert site.call("GET", path, None, {"If-None-Match": '"x"'}).status == 200


REALM = 'Bearer realm="userinfo"'


def test_userinfo_takes_the_token_by_header_or_form_and_by_nothing_else(site: Site) -> None:
    token, bearer = site.access_token, {"Authorization": f"Bearer {site.access_token}"}
    for reply in (
        site.call("GET", "/userinfo", None, bearer),
        site.call("POST", "/userinfo", "", bearer),
        site.call("POST", "/userinfo", None, bearer),
        site.call("POST", "/userinfo", f"access_token={token}"),
        site.call("GET", "/userinfo", None, {"Authorization": f"bEaReR {token}"}),
    ):
        check(reply, "/userinfo", 200)
        assert reply.json["sub"]
    head = site.call("HEAD", "/userinfo", None, bearer)
    assert (head.status, head.body) == (200, b"")
    nothing: list[Reply] = [
        site.call("GET", "/userinfo"),
        site.call("POST", "/userinfo", ""),
        site.call("GET", f"/userinfo?access_token={token}"),  # RFC 9700 §4.3.2
        site.call("POST", f"/userinfo?access_token={token}", ""),
        site.call("POST", "/userinfo", json.dumps({"access_token": token}), media=JSON),
        site.call("GET", "/userinfo", None, site.auth),
        site.call("GET", "/userinfo", None, {"Authorization": "Bearer"}),
        site.call("GET", "/userinfo", None, {"Authorization": f"DPoP {token}"}),
        site.call("GET", "/userinfo", f"access_token={token}"),
    ]
    for reply in nothing:
        check(reply, "/userinfo", 401, None, REALM)  # RFC 6750 §3.1: no code to whom brought no token
        assert reply.json == {}


def test_userinfo_says_what_is_wrong_with_a_token(site: Site) -> None:
    def by(token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"}

    wrong = f'{REALM}, error="invalid_token"'
    for token in (
        "x",
        "x" * 5000,
        site.access_token[:-1],
        site.access_token + "x",
        "a b",
        '"',
        "汉".encode().decode("latin-1"),
    ):
        check(site.call("GET", "/userinfo", None, by(token)), "/userinfo", 401, "invalid_token", wrong)
    odd = f'{REALM}, error="invalid_request"'
    form = f"access_token={site.access_token}"
    twice: list[tuple[str, dict[str, str]]] = [
        (form, by(site.access_token)), (form, by("x")), (f"{form}&{form}", {}), (f"{form}&x=%00", {}), (f"{form}&x=%FF", {}),
    ]  # fmt: skip
    for body, headers in twice:
        check(site.call("POST", "/userinfo", body, headers), "/userinfo", 400, "invalid_request", odd)
    own = site.call("POST", "/token", GOOD["/token"], site.auth).json["access_token"]
    short = f'{REALM}, error="insufficient_scope", scope="openid"'
    check(site.call("GET", "/userinfo", None, by(own)), "/userinfo", 403, "insufficient_scope", short)
    two = site.call("GET", f"/userinfo?{form}", None, by(site.access_token))
    check(two, "/userinfo", 400, "invalid_request", odd)
    big = site.call("POST", "/userinfo", f"{form}&x={'y' * 70_000}")
    check(big, "/userinfo", 413, "invalid_request")
