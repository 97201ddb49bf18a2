"""`none`: a public client, which only says who it is; PKCE and exact redirects guard it (RFC 6749 §2.1, RFC 9700 §2.1.1)."""

from idp.oidc.client_auth.method import Method
from idp.oidc.client_auth.presented import Way

METHOD = Method("none", Way.NAME, lambda _provider, _client, _presented: None)
