"""Software statements: what an issuer that this installation trusts says of a piece of software (RFC 7591 §2.3).

Who is trusted is a setting. A statement is checked whenever it is presented, so one that has expired cannot be used again.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from idp.core import clock, strict_json
from idp.core.errors import ConfigurationError
from idp.core.jwt import jose, jwks
from idp.core.jwt.jose import JoseRefused, KeySource
from idp.oidc.jwt.client_keys import ClientKeys
from idp.oidc.registration.machine_metadata import RegistrationRefused

MEMBER = "software_statement"
_SETTING = "IDP_SOFTWARE_STATEMENT_ISSUERS"
_SKEW_SECONDS = 30
# What a statement says of itself, not of the software (RFC 7519 §4.1).
_ITS_OWN = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti", MEMBER})


class SoftwareStatements:
    """Opens the statements of the issuers that are trusted here."""

    def __init__(self, issuer: str, trusted: Mapping[str, KeySource]) -> None:
        self._issuer = issuer
        self._trusted = trusted

    @classmethod
    def of_settings(cls, issuer: str, entries: Sequence[str], client_keys: ClientKeys) -> "SoftwareStatements":
        """`entries` are `issuer=file` or `issuer=URL`; ConfigurationError for one whose keys cannot be read."""
        trusted = {}
        for entry in entries:
            name, _, place = entry.partition("=")
            is_remote = place.startswith(("https://", "http://"))
            trusted[name] = client_keys.of_uri(place) if is_remote else _of_file(entry, Path(place))
        return cls(issuer, trusted)

    def merged(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """The metadata in which every member of the statement, when there is one, has the last word (RFC 7591 §3.1.1)."""
        if MEMBER not in said:
            return dict(said)
        return {**said, **self._opened(said[MEMBER])}

    def _opened(self, statement: Any) -> dict[str, Any]:
        if not isinstance(statement, str):
            raise _invalid("must be a signed JWT")
        try:
            issuer = jose.unverified_claims(statement).get("iss")
        except JoseRefused as odd:
            raise _invalid("must be a signed JWT") from odd
        if not isinstance(issuer, str):
            raise _invalid("must name its issuer (iss)")
        if issuer not in self._trusted:
            raise RegistrationRefused("unapproved_software_statement", f"{MEMBER}: its issuer is not trusted here")
        try:
            claims = jose.read_signed(statement, self._trusted[issuer], algorithms=jose.SIGNATURES).claims
        except JoseRefused as refused:
            raise _invalid("its signature does not hold") from refused
        self._require_validity(claims)
        return {name: value for name, value in claims.items() if name not in _ITS_OWN and value is not None}

    def _require_validity(self, claims: Mapping[str, Any]) -> None:
        """Time and audience, where the statement limits them (RFC 7519 §4.1.3 to §4.1.5)."""
        now = clock.epoch()
        for name in ("exp", "nbf"):
            if name in claims and (isinstance(claims[name], bool) or not isinstance(claims[name], int | float)):
                raise _invalid(f"its {name} is not a time")
        if claims.get("exp", now + 1) + _SKEW_SECONDS <= now:
            raise _invalid("it has expired")
        if claims.get("nbf", now) - _SKEW_SECONDS > now:
            raise _invalid("it is not valid yet")
        audience = claims.get("aud", self._issuer)
        if self._issuer not in (audience if isinstance(audience, list) else [audience]):
            raise _invalid("it is meant for another server")


def _of_file(entry: str, path: Path) -> KeySource:
    try:
        keys = jwks.read_set(strict_json.loads(path.read_bytes()))
    except (OSError, ValueError, jwks.KeySetRefused) as wrong:
        raise ConfigurationError(f"{_SETTING}: {entry}: the file is no readable JWK Set of public keys") from wrong
    return lambda header: keys.named(header.get("kid"))


def _invalid(why: str) -> RegistrationRefused:
    return RegistrationRefused("invalid_software_statement", f"{MEMBER}: {why}")
