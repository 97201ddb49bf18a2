"""The grants of the token endpoint, one a file; `ALL` is what the engine offers."""

from idp.oidc.grants.authorization_code import AuthorizationCodeGrant
from idp.oidc.grants.client_credentials import ClientCredentialsGrant
from idp.oidc.grants.device_code import DeviceCodeGrant
from idp.oidc.grants.refresh_token import RefreshTokenGrant
from idp.oidc.grants.token_exchange import TokenExchangeGrant

ALL = (AuthorizationCodeGrant, RefreshTokenGrant, ClientCredentialsGrant, TokenExchangeGrant, DeviceCodeGrant)
