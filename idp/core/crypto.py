"""Envelopes and keyed indexes for personal data at rest, and the wrapping of keys.

An envelope is text: `1.<key id>.<base64url(nonce ‖ ciphertext ‖ tag)>`, AES-256-GCM or SM4-GCM (GB/T 32907) by the
key's algorithm, bound by its associated data to the place it is stored in. A blind index is HMAC-SHA-256 or
HMAC-SM3 (GB/T 32905) over a normalised value, base64url.
"""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.padding import PKCS7

from idp.core import ids

_NONCE = 12
_TAG = 16


class Suite(StrEnum):
    """Which family of algorithms a key belongs to."""

    INTERNATIONAL = "international"
    NATIONAL = "national"


class Purpose(StrEnum):
    """What a data key is for; keys of one purpose are never used for another."""

    FIELD = "field"
    INDEX = "index"
    PAIRWISE = "pairwise"
    AUDIT = "audit"
    BROWSER = "browser"
    SIGNING_WRAP = "signing_wrap"


class SealBroken(Exception):
    """An envelope that was altered, moved to another place, or made with a key we do not have."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """One symmetric key of 32 bytes (SM4 uses the first 16)."""

    key_id: str
    purpose: Purpose
    suite: Suite
    material: bytes = field(repr=False)


def seal(key: DataKey, plaintext: bytes, *, bound_to: str) -> str:
    """Encrypt `plaintext` for the place named `bound_to` (table.column:row)."""
    nonce = ids.random_bytes(_NONCE)
    aad = bound_to.encode()
    if key.suite is Suite.NATIONAL:
        encryptor = Cipher(algorithms.SM4(key.material[:16]), modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(aad)
        sealed = encryptor.update(plaintext) + encryptor.finalize() + encryptor.tag
    else:
        sealed = AESGCM(key.material).encrypt(nonce, plaintext, aad)
    return f"1.{key.key_id}.{ids.base64url(nonce + sealed)}"


def unseal(key: DataKey, envelope: str, *, bound_to: str) -> bytes:
    """Open an envelope made by `seal`; SealBroken if it is not exactly that."""
    try:
        raw = base64.urlsafe_b64decode(envelope.rpartition(".")[2] + "==")
        nonce, body = raw[:_NONCE], raw[_NONCE:]
        if key.suite is Suite.NATIONAL:
            decryptor = Cipher(algorithms.SM4(key.material[:16]), modes.GCM(nonce, body[-_TAG:])).decryptor()
            decryptor.authenticate_additional_data(bound_to.encode())
            return decryptor.update(body[:-_TAG]) + decryptor.finalize()
        return AESGCM(key.material).decrypt(nonce, body, bound_to.encode())
    except (InvalidTag, ValueError, binascii.Error) as broken:
        raise SealBroken(bound_to) from broken


def keyed_digest(key: DataKey, message: bytes) -> bytes:
    """HMAC-SHA-256, or HMAC-SM3 in the national suite; 32 bytes."""
    if key.suite is Suite.INTERNATIONAL:
        return ids.hmac_sha256(key.material, message)
    return hmac_sm3(key.material, message)


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA-256 for the wire formats of others; 32 bytes."""
    return ids.hmac_sha256(key, message)


def hmac_sm3(key: bytes, message: bytes) -> bytes:
    """HMAC-SM3 (GB/T 32905) for the wire formats of others; 32 bytes."""
    mac = hmac.HMAC(key, hashes.SM3())
    mac.update(message)
    return mac.finalize()


def sha1(message: bytes) -> bytes:
    """SHA-1, for key derivations that an authority's wire format fixes; never for anything of ours."""
    digest = hashes.Hash(hashes.SHA1())  # noqa: S303 - see above
    digest.update(message)
    return digest.finalize()


def sm3(message: bytes) -> bytes:
    """SM3 (GB/T 32905), for the wire formats of others; 32 bytes."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(message)
    return digest.finalize()


def md5(message: bytes) -> bytes:
    """MD5, where an authority's wire format fixes it; never for anything of ours."""
    digest = hashes.Hash(hashes.MD5())  # noqa: S303 - see above
    digest.update(message)
    return digest.finalize()


def seal_aes_cbc(key: bytes, iv: bytes, plaintext: bytes) -> bytes:
    """AES-CBC with PKCS#7 padding, as authorities want it."""
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    padder = PKCS7(128).padder()
    padded = padder.update(plaintext) + padder.finalize()
    return encryptor.update(padded) + encryptor.finalize()


def open_aes_cbc(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    """AES-CBC with PKCS#7 padding, as authorities send it; ValueError when it does not decrypt to whole padding."""
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    unpadder = PKCS7(128).unpadder()
    padded = decryptor.update(ciphertext) + decryptor.finalize()
    return unpadder.update(padded) + unpadder.finalize()


def seal_sm4_cbc(key: bytes, iv: bytes, plaintext: bytes) -> bytes:
    """SM4-CBC (GB/T 32907) with PKCS#7 padding, for the wire formats of others."""
    padder = PKCS7(128).padder()
    encryptor = Cipher(algorithms.SM4(key), modes.CBC(iv)).encryptor()
    return encryptor.update(padder.update(plaintext) + padder.finalize()) + encryptor.finalize()


def open_sm4_cbc(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    """The same, backwards; ValueError when it does not decrypt to whole padding."""
    decryptor = Cipher(algorithms.SM4(key), modes.CBC(iv)).decryptor()
    unpadder = PKCS7(128).unpadder()
    padded = decryptor.update(ciphertext) + decryptor.finalize()
    return unpadder.update(padded) + unpadder.finalize()


class Keyring:
    """The data keys of this installation; the newest of a purpose seals, any opens.

    Index, pairwise and audit keys are never rotated by time: what they name must be found again.
    """

    def __init__(self, keys: Iterable[DataKey]) -> None:
        self._by_id: dict[str, DataKey] = {}
        self._current: dict[Purpose, DataKey] = {}
        for key in sorted(keys, key=lambda each: each.key_id):
            self._by_id[key.key_id] = key
            self._current[key.purpose] = key

    def current(self, purpose: Purpose) -> DataKey:
        return self._current[purpose]

    def all_of(self, purpose: Purpose) -> list[DataKey]:
        """Every key of a purpose, newest first."""
        return sorted((k for k in self._by_id.values() if k.purpose is purpose), key=lambda k: k.key_id, reverse=True)

    def seal(self, plaintext: str, *, bound_to: str, purpose: Purpose = Purpose.FIELD) -> str:
        return seal(self._current[purpose], plaintext.encode(), bound_to=bound_to)

    def open(self, envelope: str, *, bound_to: str) -> str:
        """The text inside; SealBroken when altered, moved or of an unknown key."""
        key = self._by_id.get(key_id_of(envelope))
        if key is None:
            raise SealBroken(bound_to)
        return unseal(key, envelope, bound_to=bound_to).decode()

    def blind_index(self, kind: str, value: str) -> str:
        """The searchable form of a personal value that is already normalised; `kind` keeps the spaces apart."""
        return ids.base64url(keyed_digest(self._current[Purpose.INDEX], f"{kind}\x00{value}".encode()))

    def derived(self, purpose: Purpose, message: str) -> str:
        """A keyed digest for other purposes (pairwise subjects, form keys, audit codes), base64url."""
        return ids.base64url(keyed_digest(self._current[purpose], message.encode()))


def key_id_of(envelope: str) -> str:
    parts = envelope.split(".", 2)
    return parts[1] if len(parts) == 3 and parts[0] == "1" else ""


def master_key(material: bytes, suite: Suite = Suite.INTERNATIONAL) -> DataKey:
    """The key-encryption key of the installation: 32 bytes from the settings, wraps every other key."""
    if len(material) != 32:
        raise ValueError("the master key must be 32 bytes")
    return DataKey("master", Purpose.SIGNING_WRAP, suite, material)


def new_data_key(purpose: Purpose, suite: Suite) -> DataKey:
    return DataKey(ids.new_id()[:16] + ids.new_handle()[:4], purpose, suite, ids.random_bytes(32))
