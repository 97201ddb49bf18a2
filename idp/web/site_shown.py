"""A relying site as a person is shown it, so that they can recognise who asks: name, host, and who answers for it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from idp.oidc import consents
from idp.oidc.registration.clients import RegisteredClient


@dataclass(frozen=True, slots=True)
class ShownSite:
    """What of a registration a person reads; the links lead to the site's own pages."""

    name: str
    host: str
    is_reviewed: bool
    policy_uri: str | None
    tos_uri: str | None


def of(client: RegisteredClient, locale: str, *, answered_at: str) -> ShownSite:
    """The site as registered, with the host that gets the answer (an application is told by its private scheme).

    A device has no host: the page shows the one that an operator registered for it, and none that it registered itself.
    Its logo is not shown: a picture from elsewhere could be anybody's, and would tell them.
    """
    is_reviewed = consents.is_reviewed(client)
    # What it says of itself is no address that anything goes to: it could be anybody's.
    goes_to = urlsplit(answered_at or (client.start_uri if is_reviewed else ""))
    return ShownSite(
        name=client.name(locale),
        host=goes_to.netloc or goes_to.scheme,
        is_reviewed=is_reviewed,
        policy_uri=client.page_for("policy_uri", locale),
        tos_uri=client.page_for("tos_uri", locale),
    )
