"""Another centre 其他认证中心: any OpenID provider as a place to sign in at, and as a source of evidence up to a ceiling.

`discovery` is what it says of itself, `tokens` the exchange of the code, `id_token` what must hold of its answer, `vouching`
what we make of its claims. Its levels are translated by a table, and raise nobody above the ceiling of the block.
"""

from idp.core.jwt.remote_keys import RemoteKeySets
from idp.realname.adapters.upstream_oidc.discovery import Discovery
from idp.realname.adapters.upstream_oidc.options import Options
from idp.realname.adapters.upstream_oidc.sign_in import UpstreamSignIn
from idp.realname.adapters.upstream_oidc.tokens import TokenEndpoint
from idp.realname.adapters.upstream_oidc.troubles import diagnose
from idp.realname.ports import Source
from idp.realname.sources import Adapter, Tools

__all__ = ["ADAPTER", "Options", "UpstreamSignIn"]


def _build(name: str, options: Options, tools: Tools) -> Source:
    sign_in = UpstreamSignIn(
        options,
        Discovery(options.issuer, options.auth_method, tools.http),
        TokenEndpoint(options, tools.http),
        RemoteKeySets(tools.http),
        source=name,
    )
    return Source(name, options.label, sign_in=sign_in, addresses=(options.issuer,))


ADAPTER = Adapter(Options, _build, diagnose)
