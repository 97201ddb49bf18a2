"""Kinds of applications: what each registers about itself, so that a developer chooses a kind and not a dozen members."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from idp.oidc.registration.client_metadata import ClientMetadata

DEVICE_CODE: Final = "urn:ietf:params:oauth:grant-type:device_code"
_CODE, _REFRESH, _OWN = "authorization_code", "refresh_token", "client_credentials"
SECRET, KEYS, NOTHING = "client_secret_basic", "private_key_jwt", "none"


@dataclass(frozen=True, slots=True)
class Kind:
    """`grants` are those it starts with, `methods` how it may prove itself, the best first; `scope` is the least it needs."""

    name: str
    grants: tuple[str, ...]
    methods: tuple[str, ...]
    scope: str
    application_type: str = "web"
    has_redirects: bool = True
    may_stay_signed_in: bool = False
    """Whether it may ask for refresh tokens."""

    def members(self, *, method: str, stays: bool) -> dict[str, Any]:
        """What follows from the kind: grants, response types, proof; PKCE is asked of every code (RFC 9700 §2.1.1)."""
        grants = [*self.grants, *([_REFRESH] if stays and self.may_stay_signed_in else [])]
        return {
            "application_type": self.application_type,
            "grant_types": grants,
            "response_types": ["code"] if _CODE in grants else [],
            "token_endpoint_auth_method": method if method in self.methods else self.methods[0],
            "require_pkce": True,
        }


KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind("server", (_CODE,), (SECRET, KEYS), "openid", may_stay_signed_in=True),
        Kind("page", (_CODE,), (NOTHING,), "openid"),
        Kind("native", (_CODE,), (NOTHING,), "openid", application_type="native", may_stay_signed_in=True),
        Kind("device", (DEVICE_CODE,), (NOTHING, SECRET), "openid", application_type="native", has_redirects=False,
             may_stay_signed_in=True),
        Kind("service", (_OWN,), (SECRET, KEYS), "openid", has_redirects=False),
    )
}  # fmt: skip
"""A web server, a single page, an app on a phone or desk, a device without a browser, a service that acts for itself."""


def of(metadata: ClientMetadata) -> str:
    """Which kind a registration comes to; `server` where it is none of them exactly."""
    grants = set(metadata.grant_types)
    if DEVICE_CODE in grants and _CODE not in grants:
        return "device"
    if grants == {_OWN}:
        return "service"
    if metadata.application_type == "native":
        return "native"
    return "page" if metadata.token_endpoint_auth_method == NOTHING else "server"
