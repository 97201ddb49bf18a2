"""The methods of client authentication, one a file; a client may use the one it registered and no other (RFC 7591 §2)."""

from idp.oidc.client_auth import (
    client_secret_basic,
    client_secret_jwt,
    client_secret_post,
    none,
    private_key_jwt,
    self_signed_tls_client_auth,
    tls_client_auth,
)
from idp.oidc.client_auth.method import Method

ALL: tuple[Method, ...] = (
    client_secret_basic.METHOD,
    client_secret_post.METHOD,
    client_secret_jwt.METHOD,
    private_key_jwt.METHOD,
    tls_client_auth.METHOD,
    self_signed_tls_client_auth.METHOD,
    none.METHOD,
)
METHODS = {method.name: method for method in ALL}
