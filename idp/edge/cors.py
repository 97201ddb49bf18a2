"""Which addresses scripts of other origins may read: one table, and nothing outside of it (Fetch Standard §3.2).

Clients that run in browsers need the metadata, the keys, the token endpoint and its counterpart, and the facts. Whatever
only servers, devices without a browser or people themselves come to is closed. No answer depends on a cookie
there, so the origin is `*` and credentials are never allowed.
"""

from collections.abc import Iterable

OPEN: dict[str, tuple[str, ...]] = {
    # address: request headers a script may send
    "/.well-known/openid-configuration": (),
    "/.well-known/oauth-authorization-server": (),
    "/jwks": (),
    "/token": ("Authorization", "Content-Type"),
    "/revoke": ("Authorization", "Content-Type"),
    "/userinfo": ("Authorization", "Content-Type"),
}
_REMEMBERED_SECONDS = "600"


def of_answer(path: str) -> list[tuple[str, str]]:
    """The headers by which a script may read an answer of this address, an error as much as any other."""
    if path not in OPEN:
        return []
    told = [("Access-Control-Expose-Headers", "WWW-Authenticate, Retry-After")] if OPEN[path] else []
    return [("Access-Control-Allow-Origin", "*"), *told]


def of_preflight(path: str, methods: Iterable[str]) -> list[tuple[str, str]]:
    """The answer to a browser's question before a call (Fetch Standard §4.8)."""
    if path not in OPEN:
        return []
    headers = OPEN[path]
    return [
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Methods", ", ".join(methods)),
        *([("Access-Control-Allow-Headers", ", ".join(headers))] if headers else []),
        ("Access-Control-Max-Age", _REMEMBERED_SECONDS),
    ]
