"""The services of this room, built together: what the composition root needs to know of them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from idp.accounts.disclosures import Disclosures
from idp.audit.trail import Actor, Trail
from idp.authn.notices import Notices
from idp.config import Settings
from idp.core.crypto import Keyring
from idp.db.unit_of_work import Database
from idp.mandates.room import Room
from idp.reviews.deciding import Deciding
from idp.reviews.effects import Effects
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
    papers_seen: Callable[[Trail, Session, str, str, Actor], bool],
    settings: Settings,
) -> Reviews:
    """`papers_seen` is what the guardians' room does with papers that were seen."""
    disclosures = Disclosures(trail)
    effects = Effects(
        keyring, trail, mandates.representing, mandates.organisations.has_register, partial(papers_seen, trail)
    )
    return Reviews(
        Filing(database, keyring, trail),
        Queue(trail, settings.review_claims),
        Deciding(database, keyring, trail, notices, disclosures, effects),
    )
