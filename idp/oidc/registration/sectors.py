"""The sector of pairwise subjects, and the proof that sites on several hosts belong to one (OpenID Connect Core §8.1).

The file at `sector_identifier_uri` is read when a client is registered or changed, and only then (OpenID Registration §5).
"""

from collections.abc import Sequence

from idp.core import deadline, strict_json
from idp.core.deadline import Deadline
from idp.core.errors import DomainError
from idp.core.http import GuardedClient, HttpUnavailable
from idp.core.turnstile import Turnstile
from idp.oidc.registration.client_metadata import OPERATOR, ClientMetadata
from idp.oidc.registration.client_uris import host_of, is_loopback_uri, is_private_use, origin_of

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
_SECONDS = 5.0
_MAX_BYTES = 65_536


_reading = Turnstile(1)


class TooManyFiles(DomainError):
    code = "too_many_files"
    status = 503


class SectorRefused(Exception):
    """The file does not vouch for the redirect URIs; the message is plain ASCII."""


def sector_of(metadata: ClientMetadata, client_id: str, origin: str = OPERATOR) -> str:
    """What a pairwise subject is about: the host of the sector file, else of the redirect URIs.

    An app on a device that comes back over loopback shares that host with every other app, so its sector is itself. So is
    that of software which registered itself and gets answers without its addresses having a part in it: on a device
    (RFC 8628), or by a scheme that any app may take (RFC 8252 §8.6). Else it would name the host of another site, and be
    told by what that site knows a person.
    """
    uris = metadata.redirect_uris
    if origin != OPERATOR and (DEVICE in metadata.grant_types or not uris or any(map(is_private_use, uris))):
        return f"client:{client_id}"
    if metadata.sector_identifier_uri is not None:
        return host_of(metadata.sector_identifier_uri)
    uris = uris or ((metadata.client_uri,) if metadata.client_uri else ())
    if not uris or (metadata.application_type == "native" and all(is_loopback_uri(uri) for uri in uris)):
        return f"client:{client_id}"
    return host_of(uris[0])


def front_of(redirect_uris: Sequence[str]) -> str:
    """The front page of a site as far as its redirect URIs tell; empty for an app's own scheme."""
    return next((f"{origin_of(uri)}/" for uri in redirect_uris if not is_private_use(uri)), "")


def check(http: GuardedClient, metadata: ClientMetadata) -> None:
    """SectorRefused unless the file at sector_identifier_uri lists every redirect URI (OpenID Registration §5).

    One file is read at a time, and nobody waits for that: TooManyFiles.
    """
    uri = metadata.sector_identifier_uri
    if uri is None:
        return
    with http.turnstile.passed() as is_in, _reading.passed() as is_first:
        if not (is_in and is_first):
            raise TooManyFiles(retry_after=int(_SECONDS))
        try:
            answer = http.request(
                "GET", uri, headers={"Accept": "application/json"}, body=None,
                deadline=Deadline.after(deadline.allowed(_SECONDS)), max_bytes=_MAX_BYTES,
            )  # fmt: skip
        except HttpUnavailable as lost:
            raise SectorRefused("its file cannot be fetched") from lost
    if answer.status != 200:
        raise SectorRefused("its file cannot be fetched")
    try:
        listed = strict_json.loads(answer.body, depth=1)
    except ValueError as odd:
        raise SectorRefused("its file is not JSON") from odd
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise SectorRefused("its file is not an array of URIs")
    if set(metadata.redirect_uris) - set(listed):
        raise SectorRefused("its file does not list every one of redirect_uris")
