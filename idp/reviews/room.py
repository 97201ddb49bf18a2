"""The services of this room, built together: what the composition root needs to know of them."""

from dataclasses import dataclass

from idp.accounts.disclosures import Disclosures
from idp.audit.trail import Trail
from idp.authn.notices import Notices
from idp.core.crypto import Keyring
from idp.db.unit_of_work import Database
from idp.mandates.room import Room
from idp.reviews.deciding import Deciding
from idp.reviews.effects import ConfirmRelation, Effects
from idp.reviews.filing import Filing
from idp.reviews.queue import Queue


@dataclass(frozen=True, slots=True)
class Reviews:
    """What needs a human: filed by citizens, found in a queue, decided by reviewers."""

    filing: Filing
    queue: Queue
    deciding: Deciding


def build(
    database: Database,
    keyring: Keyring,
    trail: Trail,
    notices: Notices,
    mandates: Room,
    confirm_relation: ConfirmRelation,
) -> Reviews:
    """`confirm_relation` is what the guardians' room does with papers that were seen."""
    disclosures = Disclosures(trail)
    effects = Effects(keyring, trail, mandates.representing, mandates.organisations.has_register, confirm_relation)
    return Reviews(
        Filing(database, keyring, trail),
        Queue(trail),
        Deciding(database, keyring, trail, notices, disclosures, effects),
    )
