"""Sites of departments on both databases: what happens once happens once, whoever comes at the same moment."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from idp.accounts.accounts import Accounts
from idp.audit.trail import SYSTEM
from idp.config import Settings
from idp.core import clock, ids
from idp.core.errors import DomainError
from idp.core.secret import Secret
from idp.mandates.models import Mandate, Organisation
from idp.oidc.models import Client, ClientSecret
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.sites import configuration, room, versions
from idp.sites.configuration import ChangedSince
from idp.sites.errors import NotYours, ReleaseWaits
from idp.sites.models import Release, SecretWish, SiteVersion
from idp.sites.releases import Granted
from idp.staff import operators
from idp.staff.models import Role
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.mandates.rows import Rows
from tests.contract.signing_in import House, race

HOME = "https://sample.example.gov.cn"
SAID = {
    "client_name": "样例办事系统", "client_uri": HOME, "initiate_login_uri": f"{HOME}/sign-in", "about": "办理样例事项",
    "redirect_uris": [f"{HOME}/callback"], "scope": "openid email", "purposes": {"email": "回执"},
}  # fmt: skip


class Bureau:
    """A department with a chief and two more managers, and its services."""

    def __init__(self, house: House) -> None:
        self.house, self.rows = house, Rows(house)
        base = house.base
        settings = Settings(issuer="http://localhost", database_url=base.url, master_key=Secret(""))
        self.sites = room.build(
            settings, base.database, base.keyring, house.trail,
            accounts=Accounts(base.keyring, house.trail), outbox=house.outbox,
        )  # fmt: skip
        self.chief, self.one, self.two = (self.rows.proven(ial=2) for _ in range(3))
        self.department = self.rows.organisation()
        self.rows.change(Organisation, self.department, uscc="11" + ids.new_id()[-16:].upper())
        self.rows.represented(self.chief, self.department)
        self.mandates = [
            self.rows.mandate(self.department, self.chief, each, services=["sites"]) for each in (self.one, self.two)
        ]
        with house.database.transaction() as db:
            self.operator = operators.add(
                db, base.keyring, house.trail, login=f"op.{ids.new_id()[-8:]}", role=Role.SYSTEM, actor=SYSTEM
            ).id
            self.client_id, _ = self.sites.drafts.register(db, self.chief, self.department, said())

    def do(self, act: Callable[[Any], Any]) -> Any:
        with self.house.database.transaction() as db:
            return act(db)

    def row(self) -> Client:
        with self.house.database.view() as db:
            return db.get_one(Client, self.client_id)

    def count(self, model: Any, *where: Any) -> int:
        with self.house.database.view() as db:
            return (
                db.scalar(select(func.count()).select_from(model).where(model.client_id == self.client_id, *where)) or 0
            )

    def ask(self) -> str:
        asked: str = self.do(lambda db: self.sites.releases.ask(db, self.chief, self.client_id, ""))
        return asked

    def approve(self, release: str) -> None:
        given = Granted(("email",), "", "pairwise")
        self.do(
            lambda db: self.sites.releases.approve(
                db, release, given, waiver="样例", remark="", operator_id=self.operator, second_id="second"
            )
        )

    def live(self) -> None:
        self.approve(self.ask())


def said(**changed: Any) -> ClientMetadata:
    return ClientMetadata.model_validate(SAID | changed)


def good(answers: list[Any]) -> list[Any]:
    return [each for each in answers if not isinstance(each, Exception)]


@pytest.fixture
def bureau(house: House) -> Bureau:
    return Bureau(house)


def test_one_of_many_requests_is_open(bureau: Bureau) -> None:
    answers = race(lambda _n: bureau.ask(), 4)
    assert len(good(answers)) == 1
    assert all(isinstance(each, ReleaseWaits) for each in answers if isinstance(each, Exception))
    assert bureau.count(Release, Release.state == "open") == 1


def test_a_request_is_approved_once_or_withdrawn(bureau: Bureau) -> None:
    release = bureau.ask()

    def act(n: int) -> str:
        if n % 2:
            bureau.approve(release)
            return "approved"
        bureau.do(lambda db: bureau.sites.releases.withdraw(db, bureau.one, bureau.client_id))
        return "withdrawn"

    answers = race(act, 6)
    assert len(good(answers)) == 1
    assert all(isinstance(each, DomainError) for each in answers if isinstance(each, Exception))
    assert bureau.row().mode == {"approved": "live", "withdrawn": "test"}[good(answers)[0]]
    assert bureau.count(SiteVersion, SiteVersion.state == "current") == 1


def test_managers_who_save_at_once_make_one_version_each_and_one_of_them_counts(bureau: Bureau) -> None:
    def save(n: int) -> None:
        who = (bureau.chief, bureau.one, bureau.two)[n]
        bureau.do(lambda db: bureau.sites.drafts.change(db, who, bureau.client_id, said(client_name=f"名字{n}")))

    assert len(good(race(save, 3))) == 3
    with bureau.house.database.view() as db:
        told = versions.history(db, bureau.client_id)
    assert [each.version.number for each in told] == [4, 3, 2, 1]
    assert bureau.row().metadata_["client_name"] == told[0].version.document["client_name"]


def test_of_two_texts_of_one_export_one_is_put_in_force(bureau: Bureau) -> None:
    with bureau.house.database.view() as db:
        document = configuration.export(db, [bureau.client_id])

    def apply(n: int) -> Any:
        mine = json.loads(json.dumps(document))
        mine["clients"][0]["registration"]["about"] = f"用途{n}"
        entries = configuration.read(json.dumps(mine))
        base = bureau.house.base
        return bureau.do(lambda db: configuration.apply(db, base.trail, base.keyring, entries, actor=SYSTEM))

    answers = race(apply, 4)
    assert len(good(answers)) == 1
    assert all(isinstance(each, ChangedSince) for each in answers if isinstance(each, Exception))


def test_a_confirmed_wish_makes_one_secret(bureau: Bureau) -> None:
    bureau.live()
    secrets = bureau.sites.secrets
    before = bureau.count(ClientSecret)
    wishes = race(lambda _n: bureau.do(lambda db: secrets.wish(db, bureau.one, bureau.client_id)), 3)
    assert len(good(wishes)) == 1
    assert bureau.count(SecretWish, SecretWish.state == "open") == 1
    race(lambda _n: bureau.do(lambda db: secrets.answer(db, bureau.two, bureau.client_id, is_yes=True)), 3)
    made = race(lambda _n: bureau.do(lambda db: secrets.make(db, bureau.one, bureau.client_id, overlap_hours=0)), 4)
    assert len(good(made)) == 1
    assert bureau.count(ClientSecret) == before + 1


def test_a_yes_of_who_lost_the_mandate_is_none(bureau: Bureau) -> None:
    bureau.live()
    secrets = bureau.sites.secrets
    bureau.do(lambda db: secrets.wish(db, bureau.one, bureau.client_id))
    bureau.do(lambda db: secrets.answer(db, bureau.two, bureau.client_id, is_yes=True))
    bureau.rows.change(Mandate, bureau.mandates[1], ended_at=clock.now(), end_reason="revoked")
    with pytest.raises(DomainError):
        bureau.do(lambda db: secrets.make(db, bureau.one, bureau.client_id, overlap_hours=0))


def test_a_mandate_that_ends_in_the_middle_changes_nothing(bureau: Bureau) -> None:
    bureau.rows.change(Mandate, bureau.mandates[0], ended_at=clock.now(), end_reason="revoked")
    with pytest.raises(NotYours):
        bureau.do(lambda db: bureau.sites.drafts.change(db, bureau.one, bureau.client_id, said(client_name="别的")))
    assert bureau.row().metadata_["client_name"] == SAID["client_name"]


def test_what_a_command_changed_becomes_a_version_before_the_next_change_here(bureau: Bureau) -> None:
    def elsewhere(db: Any) -> None:
        row = db.get_one(Client, bureau.client_id)
        row.metadata_ = row.metadata_ | {"about": "命令改的"}

    bureau.do(elsewhere)
    bureau.do(lambda db: bureau.sites.drafts.change(db, bureau.chief, bureau.client_id, said(about="再改")))
    with bureau.house.database.view() as db:
        told = versions.history(db, bureau.client_id)
    assert [each.version.document["about"] for each in told] == ["再改", "命令改的", "办理样例事项"]
