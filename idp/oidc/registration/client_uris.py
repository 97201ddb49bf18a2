"""Addresses that a site may register: which are safe to send a browser or a call to, and which belong to whom.

Values are kept and compared exactly as they came (RFC 9700 §2.1), so anything that two readers might understand
differently is refused here.
"""

import re
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator

LONGEST = 2000
_LONGEST_REQUEST_URI = 512  # OpenID Connect Core §6.2
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_ODD = set(' \\"<>*^`{|}')
# A name, or an address in brackets, and a port: what else urlsplit takes for a host (`[::1].evil.example`, `a.example;sandbox`)
# others read in their own ways, a content policy among them.
_AUTHORITY = re.compile(r"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?", re.ASCII)
_LOOPBACK_AUTHORITY = re.compile(r"(?:127\.0\.0\.1|\[::1\])(?::[0-9]{0,5})?", re.ASCII)
# A scheme of one's own is a domain name in reverse (RFC 8252 §7.1), so it has a dot; javascript, data and their like have none.
_PRIVATE_USE = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:/[!-~]+", re.ASCII)


def web_uri(uri: str) -> str:
    """An absolute https URI without fragment or credentials; plain http only on loopback."""
    if "#" in uri:
        raise ValueError("must not have a fragment")
    parts = _plain(uri)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ValueError("must be an absolute https URI")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("plain http is for loopback addresses only")
    return uri


def redirect_uri(uri: str) -> str:
    """Where a browser may be sent with an answer: a web address, or a private-use scheme of an app (RFC 8252 §7)."""
    if not is_private_use(uri):
        return web_uri(uri)
    if "#" in uri:
        raise ValueError("must not have a fragment")
    _plain(uri)
    return uri


def request_uri(uri: str) -> str:
    """Where a request object may be fetched; a fragment may carry its hash (OpenID Connect Registration §2)."""
    if len(uri) > _LONGEST_REQUEST_URI:
        raise ValueError(f"must not be longer than {_LONGEST_REQUEST_URI} characters")
    web_uri(uri.partition("#")[0])
    _plain(uri)
    return uri


WebUri = Annotated[str, AfterValidator(web_uri)]
RedirectUri = Annotated[str, AfterValidator(redirect_uri)]
RequestUri = Annotated[str, AfterValidator(request_uri)]


def is_private_use(uri: str) -> bool:
    return _PRIVATE_USE.fullmatch(uri) is not None and not uri.startswith(("http:", "https:"))


def is_loopback(host: str) -> bool:
    """A loopback address, or a name that means one (RFC 6761 §6.3)."""
    return host in _LOOPBACK or host.endswith(".localhost")


def is_loopback_uri(uri: str) -> bool:
    return is_loopback(urlsplit(uri).hostname or "")


def host_of(uri: str) -> str:
    """Whose address it is: the host; on loopback with the port, which tells sites apart there; the app's own scheme."""
    parts = urlsplit(uri)
    if is_private_use(uri):
        return parts.scheme
    return parts.netloc if parts.hostname in _LOOPBACK else (parts.hostname or "")


def origin_of(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"


def without_loopback_port(uri: str) -> str | None:
    """A loopback redirect of a native app, which may come back with any port (RFC 8252 §7.3); None for any other."""
    if not uri.startswith("http://") or not uri.isascii() or not uri.isprintable() or " " in uri or "\\" in uri:
        return None  # urlsplit would quietly drop some of these
    parts = urlsplit(uri)
    try:
        if parts.scheme != "http" or not _LOOPBACK_AUTHORITY.fullmatch(parts.netloc):
            return None
        _ = parts.port
    except ValueError:
        return None
    return parts._replace(netloc=parts.hostname or "").geturl()


def _plain(uri: str) -> SplitResult:
    """The parts of an address that every reader takes apart in the same way; ValueError for any other."""
    if not uri.isascii() or not uri.isprintable() or _ODD & set(uri) or len(uri) > LONGEST:
        raise ValueError("must be a plain ASCII URI without spaces or wildcards")
    parts = urlsplit(uri)
    if "@" in parts.netloc or "%" in parts.netloc:
        raise ValueError("must not hold user information")
    if parts.netloc and not _AUTHORITY.fullmatch(parts.netloc):
        raise ValueError("must name its host plainly")
    if ".." in parts.path.split("/"):
        raise ValueError("must not climb up with ..")
    _ = parts.port
    return parts
