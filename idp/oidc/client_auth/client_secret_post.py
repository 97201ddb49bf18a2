"""`client_secret_post`: the secret in the form (RFC 6749 §2.3.1); for sites whose software cannot do Basic."""

from idp.oidc.client_auth import client_secret_basic
from idp.oidc.client_auth.method import Method
from idp.oidc.client_auth.presented import Way

METHOD = Method("client_secret_post", Way.POST, client_secret_basic.doubt)
