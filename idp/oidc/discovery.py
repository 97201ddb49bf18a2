"""The discovery document: exactly what is on (OpenID Connect Discovery §3, RFC 8414 §2)."""

from typing import Any

import orjson
from authlib.oauth2 import rfc8414
from authlib.oidc.discovery import OpenIDProviderMetadata

from idp.core import ids, signing
from idp.core.jwt import jose
from idp.oidc import grants, levels, standard_claims
from idp.oidc.authorization import response_modes, response_types, rules
from idp.oidc.authorization.request import DISPLAYS_SHOWN
from idp.oidc.client_auth.offer import OVER_PLAIN_TLS, Offer
from idp.oidc.levels import NO_PROOF, Level
from idp.oidc.registration.client_metadata import SCOPES
from idp.oidc.verified import framework


def document(
    issuer: str,
    offer: Offer = OVER_PLAIN_TLS,
    *,
    registers: bool = False,
    reach: Level = NO_PROOF,
    verified: framework.Offer = framework.NOTHING,
) -> dict[str, Any]:
    """The provider metadata of this issuer; `registers` when sites may register themselves, `reach` as far as people can
    prove who they are and how they sign in, `verified` what can be vouched for of them."""
    registration = {"registration_endpoint": f"{issuer}/clients"} if registers else {}
    return registration | {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "end_session_endpoint": f"{issuer}/end-session",
        "device_authorization_endpoint": f"{issuer}/device_authorization",
        "mandate_check_endpoint": f"{issuer}/mandates/check",
        "service_documentation": f"{issuer}/help",
        "op_policy_uri": f"{issuer}/legal/privacy",
        "op_tos_uri": f"{issuer}/legal/agreement",
        "scopes_supported": list(SCOPES),
        "response_types_supported": list(response_types.OFFERED),
        "response_modes_supported": list(response_modes.OFFERED),
        "grant_types_supported": [*(grant.GRANT_TYPE for grant in grants.ALL), "implicit"],
        "subject_types_supported": ["pairwise", "public"],
        "acr_values_supported": levels.supported(reach),
        "id_token_signing_alg_values_supported": list(signing.ALGORITHMS),
        "id_token_encryption_alg_values_supported": list(jose.KEY_WRAPS),
        "id_token_encryption_enc_values_supported": list(jose.CONTENT_ENCRYPTIONS),
        "userinfo_signing_alg_values_supported": list(signing.ALGORITHMS),
        "userinfo_encryption_alg_values_supported": list(jose.KEY_WRAPS),
        "userinfo_encryption_enc_values_supported": list(jose.CONTENT_ENCRYPTIONS),
        "introspection_signing_alg_values_supported": list(signing.ALGORITHMS),
        "introspection_encryption_alg_values_supported": list(jose.KEY_WRAPS),
        "introspection_encryption_enc_values_supported": list(jose.CONTENT_ENCRYPTIONS),
        **offer.members(),
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": sorted(rules.PROMPTS),
        "principal_types_supported": ["person", "organisation"],
        "display_values_supported": list(DISPLAYS_SHOWN),
        "claim_types_supported": ["normal"],
        "claims_supported": [*standard_claims.PROTOCOL_CLAIMS, *standard_claims.NAMES],
        "claims_locales_supported": list(standard_claims.LOCALES),
        "ui_locales_supported": ["zh-CN", "en"],
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_uri_parameter_supported": True,
        "require_request_uri_registration": True,
        "require_signed_request_object": False,
        "request_object_signing_alg_values_supported": list(signing.ALGORITHMS),
        "request_object_encryption_alg_values_supported": list(jose.KEY_WRAPS),
        "request_object_encryption_enc_values_supported": list(jose.CONTENT_ENCRYPTIONS),
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "check_session_iframe": f"{issuer}/check-session",
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "authorization_response_iss_parameter_supported": True,
        **verified.metadata(),
    }


def validated_bytes(
    issuer: str,
    offer: Offer = OVER_PLAIN_TLS,
    *,
    registers: bool = False,
    reach: Level = NO_PROOF,
    verified: framework.Offer = framework.NOTHING,
) -> tuple[bytes, str]:
    """The document as bytes with its ETag; ValueError when it contradicts the specifications."""
    made = document(issuer, offer, registers=registers, reach=reach, verified=verified)
    if issuer.startswith("https://"):
        OpenIDProviderMetadata(made).validate()
        rfc8414.AuthorizationServerMetadata(made).validate()
    body = orjson.dumps(made)
    return body, f'"{ids.digest(body.decode())[:16]}"'
