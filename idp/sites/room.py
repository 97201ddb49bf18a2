"""The services of this room, built together from what the installation already has."""

from dataclasses import dataclass

from idp.audit.trail import Trail
from idp.config import Settings
from idp.core.crypto import Keyring
from idp.sites.drafts import Drafts
from idp.sites.owners import Owners


@dataclass(frozen=True, slots=True)
class Sites:
    """Who may manage sites, and what they may do with them."""

    owners: Owners
    drafts: Drafts


def build(settings: Settings, keyring: Keyring, trail: Trail) -> Sites:
    owners = Owners(keyring, settings.site_owners == "any")
    return Sites(owners=owners, drafts=Drafts(keyring, trail, owners))
