"""Guardians on both pairs: of several who open an account for one child at once one does, and what is decided is decided once."""

import dataclasses

from sqlalchemy import select

from idp.accounts.models import Account, Guardianship
from idp.core.deadline import Deadline
from idp.core.identifiers.resident_id import check_character
from idp.guardians import requests
from idp.guardians.errors import ChildHasAccount
from idp.oidc.models import Consent
from idp.oidc.registration import clients
from idp.realname.results import Proven, SourceDown
from tests.contract.signing_in import race
from tests.flows import people
from tests.flows.centre import Centre
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person

PASSWORD = "zwölf-Enten-45-teich"


def a_child() -> Person:
    number = people.next_number()
    body = f"37019920180601{number % 900 + 100:03d}"
    return Person("", f"kind{number:04d}", "", PASSWORD, people.name_of(number), body + check_character(body))


def added(centre: Centre, guardian: Person, child: Person) -> Proven | SourceDown:
    return centre.services.guardians.add(
        guardian.account_id, name=child.name, resident_id=child.resident_id, relation="parent", username=child.username,
        password=PASSWORD, locale="zh_CN", address=f"10.74.{people.next_number() % 250}.1", deadline=Deadline.after(10),
    )  # fmt: skip


def a_site(centre: Centre) -> str:
    """A site that needs consent."""
    metadata = {
        "client_name": "样例", "client_uri": "https://spiel.example/", "redirect_uris": ["https://spiel.example/callback"],
        "scope": "openid realname phone", "initiate_login_uri": "https://spiel.example/sign-in",
    }  # fmt: skip
    return centre.register_client(metadata, release_basis=clients.CONSENT)[0]


def child_of(centre: Centre, guardian: Person) -> str:
    with centre.services.database.view() as db:
        whose = Guardianship.guardian_account_id == guardian.account_id
        return db.scalars(select(Guardianship.child_account_id).where(whose)).one()


@both_pairs
def test_of_several_guardians_of_one_child_at_once_one_opens_the_account(centre: Centre) -> None:
    # As many as one source has threads: a third would be told that it is busy.
    child, guardians = a_child(), [centre.person(ial=1) for _ in range(2)]
    before = centre.rows(Account, Guardianship)

    def add(n: int) -> Proven | SourceDown:
        return added(centre, guardians[n], dataclasses.replace(child, username=f"{child.username}x{n}"))

    results = race(add, 2)
    assert sorted(type(each).__name__ for each in results) == ["ChildHasAccount", "Proven"]
    after = centre.rows(Account, Guardianship)
    assert {name: after[name] - before[name] for name in after} == {"accounts": 1, "guardianships": 1}
    assert any(isinstance(each, ChildHasAccount) for each in results)


@both_pairs
def test_what_a_child_asks_for_is_decided_once(centre: Centre) -> None:
    guardian, child = centre.person(ial=1), a_child()
    assert added(centre, guardian, child) == Proven(1)
    child_id, s = child_of(centre, guardian), centre.services
    client_id = a_site(centre)
    client = s.provider.clients.find(client_id)
    assert client is not None
    with s.database.transaction() as db:
        assert requests.ask(db, s.trail, child_id, client, ("realname",))
        assert not requests.ask(db, s.trail, child_id, client, ("realname",))
        (waiting,) = requests.waiting_for(db, guardian.account_id)

    def decide(n: int) -> bool:
        with s.database.transaction() as db:
            return requests.decide(db, s.trail, guardian.account_id, waiting, client, allow=n % 2 == 0)

    results = race(decide, 6)
    assert sorted(results, key=str) == [False] * 5 + [True]
    with s.database.view() as db:
        given = db.scalars(select(Consent).where(Consent.account_id == child_id)).all()
        assert requests.waiting_for(db, guardian.account_id) == []
    assert len(given) == (results.index(True) % 2 == 0)


@both_pairs
def test_an_older_request_does_not_allow_what_is_asked_for_now(centre: Centre) -> None:
    guardian, child = centre.person(ial=1), a_child()
    added(centre, guardian, child)
    child_id, s = child_of(centre, guardian), centre.services
    client_id = a_site(centre)
    client = s.provider.clients.find(client_id)
    assert client is not None
    with s.database.transaction() as db:
        requests.ask(db, s.trail, child_id, client, ("realname",))
        (seen,) = requests.waiting_for(db, guardian.account_id)
    with s.database.transaction() as db:
        requests.ask(db, s.trail, child_id, client, ("realname", "phone"))
    with s.database.transaction() as db:
        assert not requests.decide(db, s.trail, guardian.account_id, seen, client, allow=True)
        (waiting,) = requests.waiting_for(db, guardian.account_id)
    assert waiting.words == ("realname", "phone")
