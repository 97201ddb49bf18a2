"""The public keys of relying sites: those they registered (`jwks`), or those they publish (`jwks_uri`)."""

from collections.abc import Callable
from typing import Any

import orjson
from joserfc.jwk import Key

from idp.core import ids
from idp.core.errors import DomainError
from idp.core.http import GuardedClient
from idp.core.jwt import jwks
from idp.core.jwt.jose import KeySource
from idp.core.jwt.jwks import KeySetRefused, PublicKeys
from idp.core.jwt.remote_keys import RemoteKeySets
from idp.core.shelf import Shelf
from idp.oidc.registration.clients import RegisteredClient

_MOST_GIVEN, _MOST_BYTES = 20_000, 16_777_216
_NONE = PublicKeys()


class ClientKeysUnavailable(DomainError):
    """The site has no key that would fit, or its keys cannot be fetched now."""

    code = "client_keys_unavailable"
    status = 503


class ClientKeys:
    """Finds the key of a site for a purpose."""

    def __init__(self, http: GuardedClient) -> None:
        self._remote = RemoteKeySets(http)
        self._given: Shelf[PublicKeys] = Shelf(_MOST_GIVEN, _MOST_BYTES)

    def verifying(self, client: RegisteredClient) -> KeySource:
        """The keys that this site signs with."""
        uri = client.metadata.jwks_uri
        if uri is not None:
            return self.of_uri(uri)
        given = self._registered(client)
        return lambda header: given.named(header.get("kid"))

    def of_uri(self, uri: str) -> KeySource:
        """The keys of the set at this URI, asked for anew when none of those at hand holds the signature."""
        return self._remote.keys_at(uri)

    def encrypting(self, client: RegisteredClient, alg: str) -> Key:
        """The site's public key for a JWE algorithm: one meant for encryption first (RFC 7517 §4.2)."""

        def best(keys: PublicKeys | None) -> Key | None:
            fitting = [key for key in (keys or _NONE).keys if jwks.can_encrypt_to(key, alg)]
            return min(fitting, key=lambda key: key.get("use") != "enc", default=None)

        found: Key | None = self._first(client, best)
        if found is None:
            raise ClientKeysUnavailable
        return found

    def certificates(self, client: RegisteredClient, presented: bytes | None = None) -> list[bytes]:
        """The certificates (DER) that the site's keys show (RFC 8705 §2.2.2), fetched anew when `presented` is none of them."""

        def known(keys: PublicKeys | None) -> list[bytes] | None:
            found = list((keys or _NONE).certificates)
            return found if found and (presented is None or presented in found) else None

        return self._first(client, known) or []

    def _first(self, client: RegisteredClient, look: Callable[[PublicKeys | None], Any]) -> Any:
        """What `look` finds in the set at hand, or else in a newer one."""
        uri = client.metadata.jwks_uri
        if uri is None:
            return look(self._registered(client))
        present = self._remote.get(uri)
        if (found := look(present)) is not None:
            return found
        newer = self._remote.newer(uri, than=present)
        return look(newer) if newer is not None else None

    def _registered(self, client: RegisteredClient) -> PublicKeys:
        """The set given at registration, imported once."""
        document = client.metadata.jwks
        if document is None:
            return _NONE
        written = orjson.dumps(document)
        name = ids.digest(written.decode("utf-8"))
        return self._given.get(name) or self._given.put(name, _read(document), len(written))


def _read(document: Any) -> PublicKeys:
    try:
        return jwks.read_set(document)
    except KeySetRefused:  # registration takes no such set; one from an older release holds nothing for us
        return _NONE
