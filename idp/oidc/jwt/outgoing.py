"""JWTs that leave for a site: signed with our key, and encrypted to its key where it registered that (RFC 7519 §11.2)."""

from collections.abc import Mapping
from typing import Any

import orjson
from joserfc import jwe

from idp.core import clock, signing
from idp.oidc.jwt.client_keys import ClientKeys
from idp.oidc.jwt.keys import SigningKeys
from idp.oidc.registration.clients import RegisteredClient

Encryption = tuple[str, str]
"""How to encrypt: the JWE `alg` and `enc`."""

INTROSPECTION_TYPE = "token-introspection+jwt"
MANDATE_CHECK_TYPE = "mandate-check+jwt"
_NOTHING: Mapping[str, Any] = {}
_DEFAULT_ENC = "A128CBC-HS256"  # OpenID Registration §2, RFC 9701 §6


class Outgoing:
    """Signs and encrypts for sites."""

    def __init__(self, issuer: str, keys: SigningKeys, client_keys: ClientKeys) -> None:
        self._issuer = issuer
        self._keys = keys
        self._client_keys = client_keys

    def token(
        self,
        client: RegisteredClient,
        claims: dict[str, Any],
        *,
        sign_alg: str,
        encrypt: Encryption | None = None,
        typ: str | None = None,
        replicated: Mapping[str, Any] = _NOTHING,
    ) -> str:
        """The claims as a signed JWT, inside a JWE where asked; ClientKeysUnavailable when the site has no key for it.

        `replicated` are claims to be readable in the header of the envelope too (RFC 7519 §5.3).
        """
        signed = signing.compact(self._keys.signer(sign_alg), claims, typ=typ)
        if encrypt is None:
            return signed
        return self._encrypted(client, signed.encode("ascii"), encrypt, {"cty": "JWT", **replicated})

    def in_envelope(self, client: RegisteredClient, signed: str) -> str:
        """An ID token that was signed elsewhere, encrypted as the site registered it."""
        encrypt = _of_id_token(client)
        return signed if encrypt is None else self._encrypted(client, signed.encode("ascii"), encrypt, {"cty": "JWT"})

    def id_token(self, client: RegisteredClient, claims: dict[str, Any]) -> str:
        """An ID token as the site registered it (OpenID Registration §2)."""
        return self.token(
            client, claims, sign_alg=client.metadata.id_token_signed_response_alg, encrypt=_of_id_token(client)
        )

    def require_key(self, client: RegisteredClient) -> None:
        """ClientKeysUnavailable unless an ID token for this site could leave now; asked before a transaction begins.

        What may take long, a site's keys or the import of our own, is done then, and not while rows are held.
        """
        self._keys.signer(client.metadata.id_token_signed_response_alg)
        if (encrypt := _of_id_token(client)) is not None:
            self._client_keys.encrypting(client, encrypt[0])

    def logout_token(self, client: RegisteredClient, claims: dict[str, Any]) -> str:
        """A logout token, signed and encrypted like an ID token (Back-Channel Logout 1.0 §2.4)."""
        return self.token(
            client,
            claims,
            sign_alg=client.metadata.id_token_signed_response_alg,
            encrypt=_of_id_token(client),
            typ="logout+jwt",
            replicated={"iss": self._issuer},
        )

    def userinfo(self, client: RegisteredClient, claims: Mapping[str, Any]) -> str | None:
        """The UserInfo response as a JWT (OpenID Core §5.3.2); None for a site that takes plain JSON."""
        wanted = client.metadata
        encrypt = _encryption(wanted.userinfo_encrypted_response_alg, wanted.userinfo_encrypted_response_enc)
        if wanted.userinfo_signed_response_alg is not None:
            said = {**claims, "iss": self._issuer, "aud": client.client_id}
            return self.token(client, said, sign_alg=wanted.userinfo_signed_response_alg, encrypt=encrypt)
        if encrypt is not None:
            return self._encrypted(client, orjson.dumps(claims), encrypt, {})
        return None

    def introspection(self, client: RegisteredClient, body: Mapping[str, Any]) -> str:
        """An introspection response as a JWT for the resource server that asked (RFC 9701 §5)."""
        wanted = client.metadata
        claims = {"iss": self._issuer, "aud": client.client_id, "iat": clock.epoch(), "token_introspection": body}
        return self.token(
            client,
            claims,
            sign_alg=wanted.introspection_signed_response_alg or "RS256",
            encrypt=_encryption(
                wanted.introspection_encrypted_response_alg, wanted.introspection_encrypted_response_enc
            ),
            typ=INTROSPECTION_TYPE,
        )

    def mandate_check(self, client: RegisteredClient, claims: dict[str, Any]) -> str:
        """The answer to a question about a mandate; signed and encrypted like an ID token."""
        return self.token(
            client,
            claims,
            sign_alg=client.metadata.id_token_signed_response_alg,
            encrypt=_of_id_token(client),
            typ=MANDATE_CHECK_TYPE,
        )

    def _encrypted(self, client: RegisteredClient, plain: bytes, encrypt: Encryption, header: Mapping[str, Any]) -> str:
        alg, enc = encrypt
        key = self._client_keys.encrypting(client, alg)
        named = {"kid": key.kid} if key.kid is not None else {}
        protected = {"alg": alg, "enc": enc, **named, **header}
        registry = jwe.JWERegistry(algorithms=[alg, enc], strict_check_header=False)
        return jwe.encrypt_compact(protected, plain, key, registry=registry)


def _of_id_token(client: RegisteredClient) -> Encryption | None:
    wanted = client.metadata
    return _encryption(wanted.id_token_encrypted_response_alg, wanted.id_token_encrypted_response_enc)


def _encryption(alg: str | None, enc: str | None) -> Encryption | None:
    return (alg, enc or _DEFAULT_ENC) if alg is not None else None
