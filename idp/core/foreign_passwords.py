"""Password hashes that other systems made: read as they write them, and verified once, before our own takes their place.

| form | made by |
|---|---|
| `$2a$`, `$2b$`, `$2y$` | bcrypt: Spring Security, PHP, Rails |
| `$argon2id$`, `$argon2i$` with other parameters | RFC 9106 |
| `pbkdf2_sha256$ROUNDS$SALT$BASE64`, `pbkdf2:sha256:ROUNDS$SALT$HEX` | Django, Werkzeug |
| `scrypt:N:r:p$SALT$HEX` | Werkzeug |
| `{SSHA}`, `{SHA}`, `{SMD5}`, `{MD5}`, `{SSHA256}`, `{SSHA512}` | LDAP directories (RFC 2307 and its successors) |
| `NAME$SALT$HEX`, `NAME:after$SALT$HEX` | md5, sha1, sha256, sha512 or sm3 of salt and password, or turned round |

What costs more than a sign-in may is refused when it is read: a list brought in must not be able to hold the threads.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping

import argon2
import bcrypt
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from idp.core import ids

Check = Callable[[str], bool]

_LONGEST = 512
_ROUNDS = 2_000_000
_ARGON2_KIB, _ARGON2_TIME = 131_072, 10
_SCRYPT_N = 2**17

_BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}")
_ARGON2 = re.compile(r"\$argon2i?d?\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=[1-8]\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+")
_DJANGO = re.compile(r"pbkdf2_(sha1|sha256)\$(\d{1,8})\$([^$]{1,64})\$([A-Za-z0-9+/=]{20,100})")
_WERKZEUG = re.compile(r"pbkdf2:(sha1|sha256|sha512):(\d{1,8})\$([^$]{1,64})\$([0-9a-f]{40,128})")
_SCRYPT = re.compile(r"scrypt:(\d{1,7}):(\d{1,2}):(\d{1,2})\$([^$]{1,64})\$([0-9a-f]{128})")
_LDAP = re.compile(r"\{(S?SHA|S?MD5|SSHA256|SSHA512)\}([A-Za-z0-9+/=]{20,200})", re.IGNORECASE)
_PLAIN = re.compile(r"(md5|sha1|sha256|sha512|sm3)(:after)?\$([^$]{0,64})\$([0-9a-f]{32,128})", re.IGNORECASE)

_HASHES: Mapping[str, type[hashes.HashAlgorithm]] = {
    "md5": hashes.MD5, "sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha512": hashes.SHA512, "sm3": hashes.SM3,
}  # fmt: skip


_LDAP_NAMES: Mapping[str, tuple[bool, type[hashes.HashAlgorithm]]] = {
    "sha": (False, hashes.SHA1), "ssha": (True, hashes.SHA1), "md5": (False, hashes.MD5), "smd5": (True, hashes.MD5),
    "ssha256": (True, hashes.SHA256), "ssha512": (True, hashes.SHA512),
}  # fmt: skip


def is_known(stored: str) -> bool:
    """Whether a password can be compared with this, at a cost that a sign-in may have."""
    return reader(stored) is not None


def reader(stored: str) -> Check | None:
    """What compares a password with it; None for a form that is not in the table, or that is too dear."""
    if len(stored) > _LONGEST:
        return None
    for read in (_bcrypt, _argon2, _pbkdf2, _scrypt, _ldap, _plain):
        if (check := read(stored)) is not None:
            return check
    return None


def _bcrypt(stored: str) -> Check | None:
    if not _BCRYPT.fullmatch(stored):
        return None

    def check(password: str) -> bool:
        said = password.encode()
        return b"\x00" not in said and bcrypt.checkpw(said[:72], stored.encode())  # it never looked further

    return check


def _argon2(stored: str) -> Check | None:
    found = _ARGON2.fullmatch(stored)
    if found is None or int(found[1]) > _ARGON2_KIB or not 1 <= int(found[2]) <= _ARGON2_TIME:
        return None

    def check(password: str) -> bool:
        try:
            return argon2.PasswordHasher().verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    return check


def _pbkdf2(stored: str) -> Check | None:
    if (found := _DJANGO.fullmatch(stored)) is not None:
        wanted = _base64(found[4])
    elif (found := _WERKZEUG.fullmatch(stored)) is not None:
        wanted = _hex(found[4])
    else:
        return None
    algorithm, rounds, salt = _HASHES[found[1]](), int(found[2]), found[3].encode()
    if not 1 <= rounds <= _ROUNDS or wanted is None or len(wanted) != algorithm.digest_size:
        return None
    return lambda password: _same(PBKDF2HMAC(algorithm, len(wanted), salt, rounds).derive(password.encode()), wanted)


def _scrypt(stored: str) -> Check | None:
    found = _SCRYPT.fullmatch(stored)
    if found is None:
        return None
    n, r, p, salt, wanted = int(found[1]), int(found[2]), int(found[3]), found[4].encode(), _hex(found[5])
    if not 2 <= n <= _SCRYPT_N or n & (n - 1) or not 1 <= r <= 8 or not 1 <= p <= 2 or wanted is None:
        return None
    return lambda password: _same(Scrypt(salt, len(wanted), n, r, p).derive(password.encode()), wanted)


def _ldap(stored: str) -> Check | None:
    found = _LDAP.fullmatch(stored)
    if found is None:
        return None
    name = found[1].lower()
    is_salted, algorithm = _LDAP_NAMES[name]
    raw, size = _base64(found[2]), _size(algorithm)
    if raw is None or len(raw) < size or (len(raw) > size) is not is_salted:
        return None
    return lambda password: _same(_digest(algorithm, password.encode() + raw[size:]), raw[:size])


def _plain(stored: str) -> Check | None:
    found = _PLAIN.fullmatch(stored)
    if found is None:
        return None
    algorithm, salt, wanted = _HASHES[found[1].lower()], found[3], _hex(found[4].lower())
    if wanted is None or len(wanted) != _size(algorithm):
        return None
    is_after = found[2] is not None
    return lambda password: _same(
        _digest(algorithm, (password + salt if is_after else salt + password).encode()), wanted
    )


def _size(algorithm: type[hashes.HashAlgorithm]) -> int:
    """Bytes of its digest."""
    return int(algorithm().digest_size)


def _digest(algorithm: type[hashes.HashAlgorithm], message: bytes) -> bytes:
    digest = hashes.Hash(algorithm())
    digest.update(message)
    return digest.finalize()


def _same(made: bytes, wanted: bytes) -> bool:
    return ids.same(made.hex(), wanted.hex())


def _base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _hex(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return None
