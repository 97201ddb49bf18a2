"""What one site knows a person by: pairwise by default, so that two sites cannot compare notes (OpenID Core §8.1)."""

from idp.core.crypto import Keyring, Purpose
from idp.oidc.clients import RegisteredClient


def subject_of(keyring: Keyring, client: RegisteredClient, account_id: str) -> str:
    """The `sub` for this account at this client: stable, and unrelated to any other sector's."""
    sector = "" if client.metadata.subject_type == "public" else client.sector
    return keyring.derived(Purpose.PAIRWISE, f"{sector}\x00{account_id}")
