"""Requests to the Alipay gateway: their parameters, the string that is signed, and how they travel (OpenAPI v2)."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from idp.core import clock, crypto, partner_certificates, rsa_keys
from idp.core.rsa_keys import RsaPrivateKey
from idp.realname.adapters.alipay import certificate_numbers
from idp.realname.adapters.alipay.options import Options, aes_key_of

_IV = bytes(16)


@dataclass(frozen=True, slots=True)
class Asked:
    """One operation: business parameters as JSON in `content`, or as parameters of their own in `plain`.

    Where a key of content encryption is agreed it is used, unless `is_public` says that there is nothing to hide.
    """

    method: str
    content: Mapping[str, Any] | None = field(default=None, repr=False)
    plain: Mapping[str, str] = field(default_factory=dict, repr=False)
    auth_token: str = field(default="", repr=False)
    return_url: str = field(default="", repr=False)
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class Signed:
    """A request on its way: what goes into the query, and what into the body, as the official SDK divides them."""

    query: str = field(repr=False)
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes requests of one application. Empty parameters are never sent: the platform's own SDKs disagree about them."""

    app_id: str
    _key: RsaPrivateKey = field(repr=False)
    _certificates: Mapping[str, str]
    _aes_key: bytes = field(repr=False)

    @classmethod
    def of(cls, options: Options) -> "Writer":
        numbers = {}
        if options.is_in_certificate_mode:
            own = partner_certificates.read_one(options.app_cert)
            roots = partner_certificates.read_all(options.alipay_root_cert)
            numbers = {
                "app_cert_sn": certificate_numbers.of(own),
                "alipay_root_cert_sn": certificate_numbers.of_roots(roots),
            }
        key = rsa_keys.private_key(options.app_private_key.reveal())
        return cls(options.app_id, key, numbers, aes_key_of(options))

    def write(self, asked: Asked, now: datetime) -> Signed:
        """Encrypt the content, then sign everything that is sent."""
        is_sealed = bool(self._aes_key) and not asked.is_public
        common = {
            "app_id": self.app_id,
            "method": asked.method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": now.astimezone(clock.BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
            "version": "1.0",
            "encrypt_type": "AES" if is_sealed else "",
            "auth_token": asked.auth_token,
            "return_url": asked.return_url,
            **self._certificates,
        }
        common = {name: value for name, value in common.items() if value}
        business = {name: value for name, value in asked.plain.items() if value}
        if asked.content is not None:
            text = json.dumps(asked.content, ensure_ascii=False, separators=(",", ":"))
            business["biz_content"] = encrypted(self._aes_key, text) if is_sealed else text
        signature = self._key.sign(string_to_sign({**common, **business}).encode())
        signed = {**common, "sign": base64.b64encode(signature).decode("ascii")}
        return Signed(urlencode(signed), urlencode(business))


def string_to_sign(parameters: Mapping[str, str]) -> str:
    """Every parameter but `sign` and the empty ones, by name, values as they are before they are encoded for the wire."""
    return "&".join(f"{name}={parameters[name]}" for name in sorted(parameters) if name != "sign" and parameters[name])


def encrypted(aes_key: bytes, text: str) -> str:
    """Base64 of AES-128-CBC with PKCS#7 padding and an IV of zeros, which is the platform's choice."""
    return base64.b64encode(crypto.seal_aes_cbc(aes_key, _IV, text.encode())).decode("ascii")


def decrypted(aes_key: bytes, text: str) -> str:
    """The reverse; ValueError for anything that is not exactly that."""
    return crypto.open_aes_cbc(aes_key, _IV, base64.b64decode(text, validate=True)).decode()
