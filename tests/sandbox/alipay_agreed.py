"""What the tests' application and the sandbox's Alipay have agreed on: keys made for this run, with or without certificates."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

APP_ID = "2021000000000001"
AES_KEY = "AAECAwQFBgcICQoLDA0ODw=="
REDIRECT_URI = "https://sso.example.gov.cn/sign-in/with/alipay/return"
RETURN_URL = "https://sso.example.gov.cn/realname/alipay/return"


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    """A key of this run, the same whenever asked by this name."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(name: str, form: serialization.PrivateFormat = serialization.PrivateFormat.PKCS8) -> str:
    return key(name).private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def public_pem(name: str) -> str:
    return (
        key(name)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def bare(pem: str) -> str:
    """The Base64 between the marks."""
    return "".join(pem.strip().splitlines()[1:-1])


def table(**changed: object) -> dict[str, object]:
    """The sandbox's half."""
    agreed = {
        "app_id": APP_ID,
        "app_public_key": public_pem("app"),
        "alipay_private_key": private_pem("alipay"),
        "aes_key": AES_KEY,
        "redirect_uris": [REDIRECT_URI],
    }
    return agreed | changed


@dataclass(frozen=True)
class Authority:
    """A root with an intermediate authority, as Alipay's are."""

    root: x509.Certificate
    middle: x509.Certificate
    name: str

    def certificate(self, of: str, *, days: int = 30, since: int = 1) -> str:
        """A certificate for the key of this name, with the intermediate's after it."""
        made = made_certificate(of, key(of).public_key(), self.middle.subject, key(f"{self.name}-middle"), days, since)
        return pem(made) + pem(self.middle)


@cache
def authority(name: str = "ca") -> Authority:
    root_name, middle_name = distinguished(f"Sandbox {name} R1"), distinguished(f"Sandbox {name} Class 2 R1")
    root_key, middle_key = key(f"{name}-root"), key(f"{name}-middle")
    root = made_certificate(root_name, root_key.public_key(), root_name, root_key, ca=True)
    middle = made_certificate(middle_name, middle_key.public_key(), root_name, root_key, ca=True)
    return Authority(root, middle, name)


@cache
def curve_root() -> x509.Certificate:
    """A root of another algorithm, as the platform's bundle also holds: it counts for nothing."""
    own = ec.generate_private_key(ec.SECP256R1())
    return made_certificate(
        distinguished("Sandbox Curve R1"), own.public_key(), distinguished("Sandbox Curve R1"), own, ca=True
    )


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def distinguished(common: str) -> x509.Name:
    parts = [
        (NameOID.COUNTRY_NAME, "CN"),
        (NameOID.ORGANIZATION_NAME, "Sandbox"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "Certification Authority"),
        (NameOID.COMMON_NAME, common),
    ]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def made_certificate(subject, public, issuer, issuer_key, days=30, since=1, *, ca=False) -> x509.Certificate:
    now = datetime.now(UTC)
    signer = issuer_key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject if isinstance(subject, x509.Name) else distinguished(subject))
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=since))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    return builder.sign(signer, hashes.SHA256())
