"""With which key an answer must be signed: the one agreed on, or that of a certificate which leads to the agreed root."""

import base64
import binascii
from collections.abc import Callable
from typing import Protocol

from idp.core import clock, partner_certificates, rsa_keys
from idp.core.certificates import CertificateRefused
from idp.core.partner_certificates import PartnerCertificate
from idp.core.rsa_keys import RsaPublicKey
from idp.realname.adapters.alipay import certificate_numbers
from idp.realname.adapters.alipay.answers import Answer
from idp.realname.adapters.alipay.options import Options

_MOST_CERTIFICATES = 16
Download = Callable[[str], Answer]
"""Asks the platform for the certificate of a number; the answer is not yet verified."""


class Untrusted(Exception):
    """The answer is not Alipay's, or was altered on its way."""


class Trust(Protocol):
    """Where the platform's keys come from."""

    def verify(self, answer: Answer, download: Download) -> None:
        """Untrusted unless the platform signed exactly these bytes."""
        ...


class AgreedKey:
    """The platform's one public key for this application."""

    def __init__(self, key: RsaPublicKey) -> None:
        self._key = key

    def verify(self, answer: Answer, download: Download) -> None:
        _require(self._key, answer)


class Certificates:
    """The platform's certificates by their number. Whoever meets a new one fetches it, waiting for nobody; it is kept."""

    def __init__(self, known: PartnerCertificate, roots: tuple[PartnerCertificate, ...]) -> None:
        self._roots = roots
        self._known = {certificate_numbers.of(known): known}

    def verify(self, answer: Answer, download: Download) -> None:
        number = answer.certificate_number
        if number is None:
            raise Untrusted("no certificate is named")
        certificate = self._known.get(number) or self._fetched(number, download)
        if not certificate.leaf.not_valid_before_utc <= clock.now() <= certificate.leaf.not_valid_after_utc:
            raise Untrusted("the certificate has ended")
        _require(certificate.public_key, answer)

    def _fetched(self, number: str, download: Download) -> PartnerCertificate:
        answer = download(number)
        fetched = self._checked(number, answer)
        signer = fetched if answer.certificate_number == number else self._known.get(answer.certificate_number or "")
        if signer is None:
            raise Untrusted("one unknown certificate after another")
        _require(signer.public_key, answer)
        if len(self._known) < _MOST_CERTIFICATES:
            self._known[number] = fetched
        return fetched

    def _checked(self, number: str, answer: Answer) -> PartnerCertificate:
        """The certificate in the answer: what was asked for, and under the root. That alone makes it the platform's."""
        content = answer.value.get("alipay_cert_content") if isinstance(answer.value, dict) else None
        if not isinstance(content, str):
            raise Untrusted("the certificate cannot be had")
        try:
            certificate = partner_certificates.read_one(base64.b64decode(content, validate=True).decode("ascii"))
            certificate.check(self._roots, clock.now())
            _ = certificate.public_key
        except (binascii.Error, ValueError, CertificateRefused) as refused:
            raise Untrusted("the certificate leads to no root of ours") from refused
        if certificate_numbers.of(certificate) != number:
            raise Untrusted("it is another certificate")
        return certificate


def of(options: Options) -> Trust:
    if not options.is_in_certificate_mode:
        return AgreedKey(rsa_keys.public_key(options.alipay_public_key))
    known = partner_certificates.read_one(options.alipay_public_cert)
    return Certificates(known, partner_certificates.read_all(options.alipay_root_cert))


def _require(key: RsaPublicKey, answer: Answer) -> None:
    try:
        signature = base64.b64decode(answer.signature or "", validate=True)
    except (binascii.Error, ValueError) as odd:
        raise Untrusted("the signature is no Base64") from odd
    if not key.verifies(signature, answer.signed):
        raise Untrusted("the signature does not fit")
