"""Sites of departments on both databases: what happens once happens once, whoever comes at the same moment."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from idp.accounts.accounts import Accounts
from idp.audit.trail import SYSTEM, Actor
from idp.config import Settings
from idp.core import clock, ids
from idp.core.errors import DomainError
from idp.core.secret import Secret
from idp.mandates.models import Mandate, Organisation
from idp.oidc.models import Client, ClientSecret
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.outbox.models import OutboxMessage
from idp.sites import configuration, operating, releases, room, versions
from idp.sites.configuration import ChangedSince
from idp.sites.errors import NeedsReason, NotYours, OwnedAlready, ReleaseWaits
from idp.sites.models import Release, SecretWish, SiteVersion
from idp.sites.models_checks import Rehearsal
from idp.sites.rehearsal import jobs
from idp.sites.releases import Granted
from idp.sites.secrets import living
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
KEYS = {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": f"{HOME}/jwks"}


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
        told = versions.history(db, bureau.client_id).rows
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


def test_what_a_command_asks_for_is_reviewed_like_what_a_department_asks(bureau: Bureau) -> None:
    """Of a site that no department owns too; once, whoever comes at the same moment."""
    bureau.live()
    command = Actor("operator", "command-line")

    def nobodys(db: Any) -> None:
        db.get_one(Client, bureau.client_id).organisation_id = None

    bureau.do(nobodys)

    def ask(db: Any) -> str:
        row = db.get_one(Client, bureau.client_id, with_for_update=True)
        document = versions.of_client(row) | {"client_name": "命令改的"}
        asked: str = bureau.sites.by_command.ask(db, row, document, "更名", actor=command)
        return asked

    asked = good(race(lambda _n: bureau.do(ask), 3))
    assert len(asked) == 1
    assert bureau.row().metadata_["client_name"] == SAID["client_name"]
    bureau.approve(asked[0])
    assert bureau.row().metadata_["client_name"] == "命令改的"


def test_the_department_is_told_of_a_change_past_the_review(bureau: Bureau) -> None:
    bureau.live()
    command = Actor("operator", "command-line")

    def told() -> int:
        with bureau.house.database.view() as db:
            return db.scalar(select(func.count()).where(OutboxMessage.kind == "sms")) or 0

    before = told()
    bureau.do(lambda db: bureau.sites.by_command.past_review(
        db, db.get_one(Client, bureau.client_id), "域名被劫持", actor=command
    ))  # fmt: skip
    assert told() == before + 3  # the legal representative and both agents


def test_new_addresses_and_keys_of_a_live_site_with_sensitive_data_take_two(bureau: Bureau) -> None:
    phone = {"scope": "openid phone", "purposes": {"phone": "通知"}, "legal_bases": {"phone": "条例"}}
    now = versions.document(said(**phone), "consent")
    plain = versions.document(said(), "consent")
    more = {"redirect_uris": [f"{HOME}/callback", f"{HOME}/other"]}
    for change, named in (
        (more, ("redirect_uris",)),
        ({"redirect_uris": [f"{HOME}/other"]}, ("redirect_uris",)),
        ({"post_logout_redirect_uris": [f"{HOME}/bye"]}, ("post_logout_redirect_uris",)),
        ({"backchannel_logout_uri": f"{HOME}/out"}, ("backchannel_logout_uri",)),
        (KEYS, ("jwks_uri", "token_endpoint_auth_method")),
        ({"about": "别的用途"}, ()),
    ):
        assert releases.needs_second(now, versions.document(said(**phone, **change), "consent")) == named
    assert releases.needs_second(versions.document(said(**phone, **more), "consent"), now) == ()  # less is no more
    assert releases.needs_second(plain, versions.document(said(**more), "consent")) == ()


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
        told = versions.history(db, bureau.client_id).rows
    assert [each.version.document["about"] for each in told] == ["再改", "命令改的", "办理样例事项"]


def test_every_version_is_reached_page_by_page_with_its_difference(bureau: Bureau) -> None:
    for n in range(4):
        change = said(about=f"用途{n}")
        bureau.do(lambda db, change=change: bureau.sites.drafts.change(db, bureau.chief, bureau.client_id, change))
    after, seen = "", []
    with bureau.house.database.view() as db:
        while True:
            page = versions.history(db, bureau.client_id, most=2, after=after)
            seen += [(each.version.number, [change.path for change in each.changes]) for each in page.rows]
            if (after := page.next or "") == "":
                break
    assert seen[:4] == [(number, ["about"]) for number in (5, 4, 3, 2)]
    assert seen[4][0] == 1
    assert "client_name" in seen[4][1]


def test_what_operators_decide_holds_for_the_draft_beside_a_live_site(bureau: Bureau) -> None:
    bureau.live()
    sites, operator = bureau.sites, Actor("operator", bureau.operator)
    bureau.do(lambda db: sites.drafts.change(db, bureau.chief, bureau.client_id, said(about="草稿", serves="both")))

    def decide(db: Any) -> None:
        row = db.get_one(Client, bureau.client_id)
        wanted = operating.terms_of(versions.of_client(row)) | {"release_basis": "statutory_duty", "level_scale": "zj"}
        sites.operating.put(db, row, sites.operating.terms(versions.of_client(row), wanted), actor=operator, what="x.y")

    bureau.do(decide)
    bureau.live()
    row = bureau.row()
    assert (row.release_basis, row.metadata_["level_scale"]) == ("statutory_duty", "zj")
    assert (row.metadata_["about"], row.metadata_["serves"]) == ("草稿", "both")
    with bureau.house.database.view() as db:
        current = versions.latest(db, bureau.client_id, versions.CURRENT)
        assert current is not None
        assert current.document == versions.of_client(db.get_one(Client, bureau.client_id))


def test_a_secret_that_an_approval_would_make_is_told_to_nobody_and_opens_nothing(bureau: Bureau) -> None:
    bureau.do(lambda db: bureau.sites.drafts.change(db, bureau.chief, bureau.client_id, said(**KEYS)))
    bureau.live()
    bureau.do(lambda db: bureau.sites.drafts.change(db, bureau.chief, bureau.client_id, said()))
    bureau.live()
    assert "token_endpoint_auth_method" not in bureau.row().metadata_  # a secret, as by default
    with bureau.house.database.view() as db:
        assert living(db, bureau.client_id) == []


def test_a_check_counts_for_the_version_that_was_checked_and_for_no_later_one(bureau: Bureau) -> None:
    def checked_now(db: Any) -> None:
        row = db.get_one(Client, bureau.client_id)
        db.add(
            Rehearsal(
                id=ids.new_id(), client_id=row.client_id, asked_by=bureau.chief, start_url=HOME, page_url=HOME,
                state=jobs.DONE, next_point=0, findings={"points": []}, version=jobs.version_of(row.metadata_),
                created_at=clock.now(), finished_at=clock.now(),
            )
        )  # fmt: skip

    def approve(release: str) -> None:
        given = Granted(("email",), "", "pairwise")
        bureau.do(
            lambda db: bureau.sites.releases.approve(
                db, release, given, waiver="", remark="", operator_id=bureau.operator, second_id="second"
            )
        )

    bureau.do(checked_now)
    approve(bureau.ask())
    assert bureau.row().mode == "live"
    draft = said(redirect_uris=[f"{HOME}/other"])
    bureau.do(lambda db: bureau.sites.drafts.change(db, bureau.chief, bureau.client_id, draft))
    release = bureau.ask()
    with pytest.raises(NeedsReason):
        approve(release)


def test_a_site_whose_department_is_over_is_handed_to_another_and_no_other_site_is(bureau: Bureau) -> None:
    other = bureau.rows.organisation()
    uscc = "11" + ids.new_id()[-16:].upper()
    bureau.rows.change(Organisation, other, uscc=uscc)

    def hand(db: Any) -> None:
        row = db.get_one(Client, bureau.client_id, with_for_update=True)
        bureau.sites.operating.hand_over(db, row, uscc, actor=Actor("operator", bureau.operator))

    for state in ("active", "suspended", "unknown"):
        bureau.rows.change(Organisation, bureau.department, state=state)
        with pytest.raises(OwnedAlready):
            bureau.do(hand)
    bureau.rows.change(Organisation, bureau.department, state="closed")
    bureau.do(hand)
    assert bureau.row().organisation_id == other
