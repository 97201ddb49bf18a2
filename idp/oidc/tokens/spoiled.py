"""ID tokens spoiled in exactly one way: what a site in test mode gets while it is checked, to see whether it notices.

Whether one is spoiled stands in the authorization (`extra`), where only the check inside this service writes it: no request
has a parameter for it. It counts at clients in test mode alone, so that no person who is somebody is ever in one.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from idp.core import ids, signing
from idp.oidc.jwt.keys import SigningKeys
from idp.oidc.jwt.outgoing import Outgoing
from idp.oidc.registration.clients import RegisteredClient

KEY: Final = "spoil"
ISS, AUD, NONCE, EXPIRED, SIGNATURE, ALG_NONE, KID = "iss", "aud", "nonce", "expired", "signature", "alg_none", "kid"
KINDS: Final = (ISS, AUD, NONCE, EXPIRED, SIGNATURE, ALG_NONE, KID)
FRESH_KEY: Final = "fresh_key:"
"""Not spoiled: signed with the trial key that follows, which the site has not seen."""
_LONG_AGO = 86_400


def kind_of(client: RegisteredClient, extra: Mapping[str, Any] | None) -> str | None:
    """How the ID token of this authorization is spoiled; None at every client that is not in test mode."""
    found = (extra or {}).get(KEY) if client.is_test else None
    return found if isinstance(found, str) and (found in KINDS or found.startswith(FRESH_KEY)) else None


def id_token(outgoing: Outgoing, keys: SigningKeys, client: RegisteredClient, said: dict[str, Any], kind: str) -> str:
    """The token that the claims would make, but for one thing; in the envelope that the site registered."""
    alg = client.metadata.id_token_signed_response_alg
    match kind:
        case "iss":
            said["iss"] = "https://not-the-issuer.example"
        case "aud":
            said["aud"] = f"not-{client.client_id}"[:64]
        case "nonce":
            said["nonce"] = ids.new_handle()
        case "expired":
            said |= {"iat": said["iat"] - _LONG_AGO, "exp": said["exp"] - _LONG_AGO}
        case _:
            return outgoing.in_envelope(client, _signed(keys, alg, said, kind))
    return outgoing.id_token(client, said)


def _signed(keys: SigningKeys, alg: str, said: dict[str, Any], kind: str) -> str:
    if kind == ALG_NONE:
        parts = (orjson.dumps(part) for part in ({"alg": "none", "typ": "JWT"}, said))
        return ".".join(ids.base64url(part) for part in parts) + "."
    if kind.startswith(FRESH_KEY):
        return signing.compact(keys.trial_signer(kind.removeprefix(FRESH_KEY)), said)
    # Somebody else's key: under the name of ours, or under a name that nobody published.
    kid = keys.signer(alg).kid if kind == SIGNATURE else f"{alg.lower()}-{ids.new_handle()[:12]}"
    return signing.compact(signing.load_signer(kid, alg, signing.new_private_key(alg)), said)
