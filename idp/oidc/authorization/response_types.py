"""Response types: what an authorization response holds (OAuth 2.0 Multiple Response Type Encoding Practices).

The order of the words does not matter (§1); a client uses only the types that it registered.
"""

from idp.oidc.registration.clients import RegisteredClient

OFFERED = (
    "code", "id_token", "token", "id_token token", "code id_token", "code token", "code id_token token", "none",
)  # fmt: skip
_OFFERED = {frozenset(name.split()) for name in OFFERED}
_IN_FRONT = {"id_token", "token"}


def is_offered(words: frozenset[str]) -> bool:
    return words in _OFFERED


def is_registered(words: frozenset[str], client: RegisteredClient) -> bool:
    """Whether the client registered this type, with the grants that it takes (Registration §2)."""
    if words not in client.response_types:
        return False
    grants = client.metadata.grant_types
    return ("code" not in words or "authorization_code" in grants) and (
        _IN_FRONT.isdisjoint(words) or "implicit" in grants
    )


def default_mode(words: frozenset[str]) -> str:
    """Where the answer goes unless the site says otherwise: a token never into the query (§2.1, §3, §5)."""
    return "fragment" if words in _OFFERED and not _IN_FRONT.isdisjoint(words) else "query"
