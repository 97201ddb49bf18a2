"""What the discovery document says of client authentication: the methods that are possible here (RFC 8414 §2, RFC 8705 §5)."""

from dataclasses import dataclass
from typing import Any, Self

from idp.config import Settings
from idp.oidc import client_auth

_ALIASED = {
    "token": "/token",
    "introspection": "/introspect",
    "revocation": "/revoke",
    "device_authorization": "/device_authorization",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """How this installation learns of client certificates; where it does not, nobody is told to send one."""

    has_certificates: bool = False
    has_anchors: bool = False
    certificate_url: str = ""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        has_anchors = settings.client_ca_file is not None
        return cls(bool(settings.client_certificate_header), has_anchors, settings.client_certificate_url)

    @property
    def methods(self) -> list[str]:
        impossible = set()
        if not self.has_certificates:
            impossible |= {"self_signed_tls_client_auth"}
        if not (self.has_certificates and self.has_anchors):
            impossible |= {"tls_client_auth"}
        return [method.name for method in client_auth.ALL if method.name not in impossible]

    def members(self) -> dict[str, Any]:
        """The members of discovery; the same methods at each endpoint, but a client without proof cannot introspect."""
        algorithms = sorted({alg for method in client_auth.ALL for alg in method.algorithms})
        made: dict[str, Any] = {}
        for endpoint in ("token", "introspection", "revocation"):
            made[f"{endpoint}_endpoint_auth_methods_supported"] = [
                method for method in self.methods if method != "none" or endpoint != "introspection"
            ]
            made[f"{endpoint}_endpoint_auth_signing_alg_values_supported"] = algorithms
        if self.certificate_url:
            made["mtls_endpoint_aliases"] = {
                f"{name}_endpoint": f"{self.certificate_url}{path}" for name, path in _ALIASED.items()
            }
        return made


OVER_PLAIN_TLS = Offer()
"""No certificates of clients."""
