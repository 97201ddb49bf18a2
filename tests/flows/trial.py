"""Sites in test mode, and the synthetic people who sign in at them."""

from sqlalchemy import update

from idp.accounts.models import Account
from idp.db import stamps
from idp.oidc.models import Client
from idp.oidc.registration import clients
from tests.flows.centre import Centre
from tests.flows.people import Person
from tests.flows.rp import RelyingParty


def switch(centre: Centre, rp: RelyingParty, mode: str) -> None:
    """Put the site into `test` or `live` mode, and let every process see it."""
    with centre.services.database.transaction() as db:
        db.execute(update(Client).where(Client.client_id == rp.client_id).values(mode=mode))
        stamps.touch(db, clients.STAMP)
    centre.see_changes()


def make_synthetic(centre: Centre, who: Person, *, is_synthetic: bool = True) -> None:
    """Let somebody be nobody."""
    with centre.services.database.transaction() as db:
        db.execute(update(Account).where(Account.id == who.account_id).values(is_synthetic=is_synthetic))
