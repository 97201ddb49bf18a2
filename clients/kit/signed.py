"""Reading what the centre signed: a JWT of one type, from our centre, for this site, of this hour."""

import time
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from clients.kit.centre import ALGORITHM, LEEWAY, Centre

_REGISTRY = JWSRegistry(algorithms=[ALGORITHM], strict_check_header=False)


class NotFromOurCentre(Exception):
    """The token is not one that this centre made for this site; the message says which check failed."""


def read(sealed: str, typ: str, *, centre: Centre) -> dict[str, Any]:
    """The claims, once signature, type, issuer, audience and time hold (RFC 8725 §3)."""
    token = _verified(sealed, centre)
    claims, now = token.claims, time.time()
    if str(token.header.get("typ", "")).lower().removeprefix("application/") != typ:
        raise NotFromOurCentre("typ")
    if claims.get("iss") != centre.issuer:
        raise NotFromOurCentre("iss")
    audience = claims.get("aud")
    if centre.client_id not in (audience if isinstance(audience, list) else [audience]):
        raise NotFromOurCentre("aud")
    if not _is_time(claims.get("iat")) or claims["iat"] > now + LEEWAY:
        raise NotFromOurCentre("iat")
    if not _is_time(claims.get("exp")) or claims["exp"] <= now - LEEWAY:
        raise NotFromOurCentre("exp")
    return claims


def _verified(sealed: str, centre: Centre) -> jwt.Token:
    try:
        try:
            return jwt.decode(sealed, KeySet.import_key_set(centre.fetch_jwk_set()), registry=_REGISTRY)
        except InvalidKeyIdError:  # the centre may have rotated its keys since we last looked
            return jwt.decode(sealed, KeySet.import_key_set(centre.fetch_jwk_set(force=True)), registry=_REGISTRY)
    except (JoseError, ValueError) as refusal:
        raise NotFromOurCentre("signature") from refusal


def _is_time(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
