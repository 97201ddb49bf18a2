"""Sites in test mode, and the synthetic people who sign in at them."""

from sqlalchemy import update

from idp.db import stamps
from idp.oidc.models import Client
from idp.oidc.registration import clients
from idp.sites.made_up import NewPassword
from idp.sites.synthetic import Wanted
from tests.flows.centre import OPERATOR, Centre
from tests.flows.people import Person
from tests.flows.rp import RelyingParty


def switch(centre: Centre, rp: RelyingParty, mode: str) -> None:
    """Put the site into `test` or `live` mode, and let every process see it."""
    with centre.services.database.transaction() as db:
        db.execute(update(Client).where(Client.client_id == rp.client_id).values(mode=mode))
        stamps.touch(db, clients.STAMP)
    centre.see_changes()


def nobody_at(
    centre: Centre, rp: RelyingParty, *, level: int = 1, is_minor: bool = False, represents: bool = False
) -> Person:
    """A synthetic person, made for this site."""
    s, password = centre.services, NewPassword.make()
    with s.database.transaction() as db:
        made = s.tryout.people.make(
            db, rp.client_id, Wanted(level, is_minor, represents), password, actor=OPERATOR, by="test"
        )
    phone = made.phone.removeprefix("+86")
    return Person(made.account_id, made.username, phone, password.text, made.name or "", made.number or "")
