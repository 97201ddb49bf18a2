"""The services of this room, built together from what the installation already has."""

from dataclasses import dataclass
from datetime import timedelta

from idp.accounts.accounts import Accounts
from idp.audit.trail import Trail
from idp.config import Settings
from idp.core.crypto import Keyring
from idp.db.unit_of_work import Database
from idp.outbox.chores import Chore
from idp.outbox.outbox import Outbox
from idp.sites.by_command import ByCommand
from idp.sites.drafts import Drafts
from idp.sites.notices import Notices
from idp.sites.operating import Operating
from idp.sites.owners import Owners
from idp.sites.releases import Releases
from idp.sites.secrets import Secrets
from idp.sites.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Sites:
    """Who may manage sites, and what they may do with them."""

    owners: Owners
    drafts: Drafts
    releases: Releases
    secrets: Secrets
    operating: Operating
    by_command: ByCommand
    tokens: Tokens

    def chores(self) -> list[Chore]:
        """What the worker does for departments."""
        return [
            Chore("sites.warn", timedelta(hours=6), self.secrets.warn),
            Chore("sites.warn_tokens", timedelta(hours=6), self.tokens.warn),
        ]


def build(
    settings: Settings, database: Database, keyring: Keyring, trail: Trail, *, accounts: Accounts, outbox: Outbox
) -> Sites:
    owners = Owners(keyring, settings.site_owners == "any")
    notices = Notices(accounts, outbox, owners)
    lasts = timedelta(days=settings.client_secret_days)
    drafts = Drafts(keyring, trail, owners)
    releases = Releases(keyring, trail, owners, notices, is_local=not settings.is_https)
    return Sites(
        owners=owners,
        drafts=drafts,
        releases=releases,
        secrets=Secrets(database, keyring, trail, owners, notices, lasts),
        operating=Operating(keyring, trail, owners),
        by_command=ByCommand(trail, drafts, releases),
        tokens=Tokens(database, trail, owners, notices),
    )
