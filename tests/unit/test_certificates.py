"""Certificates of sites: how they are read from a header, which are trusted, and whom they name."""

import ipaddress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from idp.core import clock, distinguished_names
from idp.core.certificates import CertificateRefused, ClientCertificate, Presented, TrustAnchors
from idp.core.distinguished_names import MalformedName
from idp.core.errors import ConfigurationError
from idp.oidc.client_auth import tls_client_auth
from idp.oidc.registration.client_metadata import ClientMetadata
from tests.flows import certificates
from tests.flows.certificates import CLIENT, SERVER, Holder

AUTHORITY = certificates.authority()


def refused(holder: Holder, *chain: Holder, anchor: Holder = AUTHORITY) -> str | None:
    """Why it is not trusted, or None."""
    links = ", ".join(each.rfc9440 for each in chain)
    try:
        TrustAnchors([anchor.certificate]).check(Presented(holder.rfc9440, links).read(), clock.now())
    except CertificateRefused as why:
        return why.reason
    return None


@pytest.mark.parametrize("form", ["rfc9440", "escaped", "pem", "apache"])
def test_a_certificate_is_read_in_every_form_that_proxies_write(form: str) -> None:
    holder = AUTHORITY.issue()
    text = holder.pem.strip().replace("\n", " ") if form == "apache" else getattr(holder, form)
    assert Presented(text).read().der == holder.der


@pytest.mark.parametrize(
    "text",
    [
        "", ":", "::", ":YWJj:", ":!!!!:", ":YWJj", "YWJj", "x" * 20_000, ":" + "A" * 20_000 + ":", "-----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----%0AYWJj%0A-----END CERTIFICATE-----", "%", "%00", "汉字", "(null)",
        f"{AUTHORITY.rfc9440},{AUTHORITY.rfc9440}", AUTHORITY.pem * 2, f":{AUTHORITY.rfc9440}", f"{AUTHORITY.rfc9440};a=1",
        AUTHORITY.rfc9440[:-9] + ":", AUTHORITY.rfc9440[:-1] + "AAAA:",
    ],
)  # fmt: skip
def test_what_is_no_single_certificate_is_refused(text: str) -> None:
    with pytest.raises(CertificateRefused) as why:
        Presented(text).read()
    assert why.value.reason in {"certificate_unreadable", "certificate_too_large"}


def test_a_chain_is_read_and_bounded() -> None:
    between = AUTHORITY.issue("between", is_authority=True)
    leaf = between.issue()
    assert refused(leaf) == "certificate_untrusted"
    assert refused(leaf, between) is None
    assert refused(leaf, anchor=between) is None
    with pytest.raises(CertificateRefused, match="certificate_chain_too_long"):
        Presented(leaf.rfc9440, ", ".join([between.rfc9440] * 9)).read()


@pytest.mark.parametrize(
    ("holder", "reason"),
    [
        (AUTHORITY.issue(), None),
        (AUTHORITY.issue(purposes=[CLIENT]), None),
        (AUTHORITY.issue(purposes=[CLIENT, SERVER]), None),
        (AUTHORITY.issue(purposes=[SERVER]), "certificate_purpose"),
        (AUTHORITY.issue(days=(-30, -1)), "certificate_expired"),
        (AUTHORITY.issue(days=(1, 30)), "certificate_expired"),
        (certificates.self_signed(), "certificate_untrusted"),
        (certificates.authority().issue(), "certificate_untrusted"),  # the same name, another key
        (certificates.authority("another").issue(), "certificate_untrusted"),
        (AUTHORITY.issue(more=[(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)]),
         "certificate_untrusted"),
    ],
)  # fmt: skip
def test_a_certificate_is_trusted_by_path_time_and_purpose(holder: Holder, reason: str | None) -> None:
    assert refused(holder) == reason


def test_who_is_no_authority_signs_nothing_of_worth() -> None:
    site = AUTHORITY.issue()
    assert refused(site.issue(), site) == "certificate_untrusted"
    only_signatures = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    odd = AUTHORITY.issue("odd", is_authority=True, more=[(only_signatures, True)])
    assert refused(odd.issue(), odd) == "certificate_untrusted"


def test_a_file_without_certificates_stops_the_boot(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    for path in (tmp_path / "empty.pem", tmp_path / "missing.pem"):
        with pytest.raises(ConfigurationError, match="IDP_CLIENT_CA_FILE"):
            TrustAnchors.of_file(path)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CN=a,O=b", "cn=A, o=B"),
        ("CN=a,O=b", "2.5.4.3=a,2.5.4.10=b"),
        ("CN=a+OU=b,C=CN", "OU=b+CN=a,C=cn"),
        ("CN=a\\, b\\+c,O=d", "CN=a\\2C b\\2Bc,O=d"),
        ("O=样例机关", "O=\\E6\\A0\\B7例机关"),
        ("O=a  b", "O=a b"),
        ("CN=a\\ ,O=b", "CN=a,O=b"),
        ("emailAddress=a@b.example", "1.2.840.113549.1.9.1=A@B.example"),
        ("CN=a=b", "CN=a\\=b"),
    ],
)
def test_names_that_mean_the_same_are_equal(one: str, other: str) -> None:
    assert distinguished_names.parse(one) == distinguished_names.parse(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("CN=a,O=b", "O=b,CN=a"), ("CN=a,O=b", "CN=a"), ("CN=a,CN=b", "CN=a+CN=b"), ("CN=a", "OU=a"), ("CN=a b", "CN=ab")],
)
def test_names_that_differ_are_not(one: str, other: str) -> None:
    assert distinguished_names.parse(one) != distinguished_names.parse(other)


@pytest.mark.parametrize(
    "text", ["", "CN", "=a", "CN=", "CN=a,", ",CN=a", "XX=a", "CN=#0c0161", "CN=a;O=b", 'CN="a"', "CN=a\\", "CN=\\FF", "CN=a\x00",
             "/C=CN/O=b", "CN=" + "a" * 2000]
)  # fmt: skip
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(MalformedName):
        distinguished_names.parse(text)


def registered(**names: str) -> ClientMetadata:
    base = {"client_name": "x", "client_uri": "https://a.example/", "redirect_uris": ["https://a.example/cb"]}
    more = {"initiate_login_uri": "https://a.example/", "token_endpoint_auth_method": "tls_client_auth"}
    members = {f"tls_client_auth_{kind}": value for kind, value in names.items()}
    return ClientMetadata.model_construct(**base, **more, **members)


NAMED = AUTHORITY.issue(
    "site.example",
    names=[
        x509.DNSName("Site.example"),
        x509.DNSName("*.wild.example"),
        x509.UniformResourceIdentifier("https://site.example/id"),
        x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
        x509.RFC822Name("Box@Site.example"),
    ],
)


@pytest.mark.parametrize(
    ("names", "is_named"),
    [
        ({"subject_dn": "CN=site.example,O=样例机关,C=CN"}, True),
        ({"subject_dn": "cn=SITE.example, o=样例机关, c=cn"}, True),
        ({"subject_dn": "CN=site.example"}, False),
        ({"subject_dn": "C=CN,O=样例机关,CN=site.example"}, False),
        ({"subject_dn": "not a name"}, False),
        ({"san_dns": "site.example"}, True),
        ({"san_dns": "a.wild.example"}, False),
        ({"san_dns": "example"}, False),
        ({"san_uri": "https://site.example/id"}, True),
        ({"san_uri": "https://site.example/"}, False),
        ({"san_ip": "2001:DB8:0:0::1"}, True),
        ({"san_ip": "2001:db8::2"}, False),
        ({"san_ip": "x"}, False),
        ({"san_email": "Box@site.EXAMPLE"}, True),
        ({"san_email": "box@site.example"}, False),
        ({}, False),
        ({"san_dns": "site.example", "san_uri": "https://site.example/id"}, False),
    ],
)
def test_a_certificate_names_the_client_by_the_one_registered_name(names: dict[str, str], is_named: bool) -> None:
    assert tls_client_auth.names(ClientCertificate(NAMED.certificate), registered(**names)) is is_named


@pytest.mark.parametrize(
    "names",
    [{"subject_dn": "/C=CN/CN=x"}, {"subject_dn": "XX=a"}, {"san_ip": "site.example"}, {"san_ip": "1.2.3.4/32"}],
)
def test_a_name_that_no_certificate_could_hold_is_not_registered(names: dict[str, str]) -> None:
    ((kind, value),) = names.items()
    with pytest.raises(ValueError, match=f"tls_client_auth_{kind}"):
        ClientMetadata.model_validate(
            {
                "client_name": "x", "client_uri": "https://a.example/", "redirect_uris": ["https://a.example/cb"],
                "initiate_login_uri": "https://a.example/", "token_endpoint_auth_method": "tls_client_auth",
                f"tls_client_auth_{kind}": value,
            }
        )  # fmt: skip


def test_a_certificate_without_names_names_nobody() -> None:
    bare = ClientCertificate(AUTHORITY.issue(x509.Name([])).certificate)
    assert not tls_client_auth.names(bare, registered(san_dns="site.example"))
    assert not tls_client_auth.names(bare, registered(subject_dn="CN=site.example"))
    several = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "site.example")] * 2)
    assert not tls_client_auth.names(
        ClientCertificate(AUTHORITY.issue(several).certificate), registered(subject_dn="CN=site.example")
    )
