"""What lets a site see, without asking us, whether its visitor's session here is still the same (Session Management 1.0).

A script-readable cookie holds the browser's state: a keyed digest of the session's id, so it says nothing, stays the same
while the session does, and is another after the next sign-in. It is gone with the session, by sign-out or by its age. A
site gets a salted hash of it (`session_state`) and has our frame compare the two (`endpoints/check_session.py`).
"""

from functools import lru_cache
from urllib.parse import urlsplit

from idp.core import ids
from idp.core.crypto import Keyring, Purpose

_DEFAULT_PORTS = {"http": 80, "https": 443}


def browser_state(keyring: Keyring, session_id: str) -> str:
    """The state of a browser that is in this session."""
    return keyring.derived(Purpose.BROWSER, f"browser state\x00{session_id}")


def state(redirect_uri: str, client_id: str, browser_state: str) -> str:
    """The `session_state` of an answer: good for this client, asked from the origin that the answer goes to (§2)."""
    salt = ids.new_handle()
    return f"{ids.digest(f'{client_id} {origin_of(redirect_uri)} {browser_state} {salt}')}.{salt}"


@lru_cache(maxsize=1024)
def origin_of(uri: str) -> str:
    """The origin as browsers write it (RFC 6454 §6.2); an application's own scheme has none."""
    parts = urlsplit(uri)
    if parts.scheme not in _DEFAULT_PORTS:
        return "null"
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port in {None, _DEFAULT_PORTS.get(parts.scheme)} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"
