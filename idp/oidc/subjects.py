"""What one site knows a person by: pairwise by default, so that two sites cannot compare notes (OpenID Core §8.1)."""

from idp.core.crypto import Keyring, Purpose
from idp.oidc.registration.clients import RegisteredClient


def subject_of(keyring: Keyring, client: RegisteredClient, account_id: str) -> str:
    """The `sub` for this account at this client: stable, and unrelated to any other sector's."""
    return in_sector(keyring, sector_of(client), account_id)


def sector_of(client: RegisteredClient) -> str:
    """Where the client's subjects are the same; the empty sector is that of all clients with public subjects."""
    return "" if client.metadata.subject_type == "public" else client.sector


def in_sector(keyring: Keyring, sector: str, account_id: str) -> str:
    return keyring.derived(Purpose.PAIRWISE, f"{sector}\x00{account_id}")
