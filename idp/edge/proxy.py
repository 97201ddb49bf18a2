"""Who is really calling: what proxies forward counts only from configured ones, and only our own host is answered."""

import ipaddress
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from werkzeug.exceptions import MisdirectedRequest

from idp.core import certificates

StartResponse = Callable[..., Any]
WsgiApp = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT",
              "HTTP_X_FORWARDED_PREFIX", "HTTP_FORWARDED", "HTTP_X_REAL_IP")  # fmt: skip
_CERTIFICATE, _CHAIN = "HTTP_CLIENT_CERT", "HTTP_CLIENT_CERT_CHAIN"  # RFC 9440 §2
CLIENT_CERTIFICATE = "idp.client_certificate"
"""Where the layers within find what a trusted proxy said of the TLS client."""


class ProxyTrust:
    """WSGI middleware: sets the client's address, scheme and certificate, and drops every forwarded header afterwards.

    `certificate_header` names the header of the certificate; without one nobody has a certificate here.
    """

    def __init__(self, app: WsgiApp, *, trusted: tuple[str, ...], scheme: str, certificate_header: str = "") -> None:
        self._app = app
        self._trusted = [ipaddress.ip_network(network) for network in trusted]
        self._is_trusted = lru_cache(4096)(self._look)  # reading an address costs more than all the rest here
        self._scheme = scheme
        named = f"HTTP_{certificate_header.upper().replace('-', '_')}" if certificate_header else ""
        self._certificate = named
        self._dropped = (*_FORWARDED, _CERTIFICATE, _CHAIN, *([named] if named else []))

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        peer = environ.get("REMOTE_ADDR", "")
        chain = environ.get("HTTP_X_FORWARDED_FOR", "")
        certificate = environ.get(self._certificate, "")
        links = environ.get(_CHAIN, "") if self._certificate == _CERTIFICATE else ""
        environ["idp.peer"] = peer
        for header in self._dropped:
            environ.pop(header, None)
        if self._is_trusted(peer):
            environ["REMOTE_ADDR"] = self._client(peer, chain)
            if certificate:
                environ[CLIENT_CERTIFICATE] = certificates.Presented(certificate, links)
        environ["wsgi.url_scheme"] = self._scheme
        return self._app(environ, start_response)

    def _client(self, peer: str, chain: str) -> str:
        """The nearest address that is not one of our proxies, read from the right; what stands left of it is hearsay."""
        client = peer
        for hop in reversed([part.strip() for part in chain.split(",") if part.strip()]):
            try:
                client = str(ipaddress.ip_address(hop))
            except ValueError:
                return client
            if not self._is_trusted(client):
                return client
        return client

    def _look(self, address: str) -> bool:
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(ip in network for network in self._trusted)


def is_own_host(sent: str, own: str) -> bool:
    """Whether the Host header names the issuer, with or without the default port."""
    return sent.lower().removesuffix(":443").removesuffix(":80") == own.lower()


def require_own_host(sent: str, own: str, path: str) -> None:
    """421 for a Host that is not the issuer's; health checks on loopback may come by address."""
    if is_own_host(sent, own):
        return
    if path in {"/healthz", "/readyz", "/metrics"}:
        return
    raise MisdirectedRequest
