"""Reviews on both pairs: one open request of a kind, claimed by one, decided once, and what each decision brings about."""

import itertools
from datetime import date, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select, update

from idp.accounts import disclosures
from idp.accounts.disclosures import Disclosures
from idp.accounts.models import Account, AccountState, Guardianship
from idp.audit.trail import SYSTEM, Actor
from idp.authn.notices import Notices
from idp.core import clock, ids
from idp.core.identifiers import DocumentKind, Uscc
from idp.core.identifiers.uscc import uscc_check_character
from idp.guardians import guardianships
from idp.mandates import notices as mandate_notices
from idp.mandates.acting import everywhere
from idp.mandates.ending import Ending
from idp.mandates.errors import IsMinor, NotAPerson
from idp.mandates.models import Organisation, Representation
from idp.mandates.representing import Representing
from idp.realname import levels, persons
from idp.realname.errors import AccountIsOver, BelongsToAnother
from idp.realname.models import Evidence
from idp.reviews import errors, rows, service_time
from idp.reviews.deciding import Deciding
from idp.reviews.effects import ALONE, LAGS, Effects
from idp.reviews.filing import Filing
from idp.reviews.models import ReviewPaper, ReviewRequest
from idp.reviews.queue import CLAIMED_FOR, Queue, Wanted
from idp.staff.models import Operator, Role
from idp.staff.reach import Reach
from idp.staff.sessions import SignedInOperator
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.mandates.rows import Rows
from tests.contract.signing_in import House, race
from tests.flows import people as numbers
from tests.papers import JPEG, PDF

_numbers = itertools.count(100)
COUNTY = "370199"

CLAIMS = 4


def uscc(region: str = COUNTY, prefix: str = "91") -> str:
    body = f"{prefix}{region}MA3DE{next(_numbers):04d}"
    return body + uscc_check_character(body)


class Desk:
    """Everything of reviews over one pair, reviewers, and people who file."""

    def __init__(self, house: House) -> None:
        self.house, self.rows = house, Rows(house)
        base = house.base
        ending = Ending(house.trail, mandate_notices.Notices(house.accounts, house.outbox))
        self.representing = Representing(base.keyring, house.trail, ending)
        self.has_register = True
        effects = Effects(
            base.keyring, house.trail, self.representing, lambda _code: self.has_register,
            partial(guardianships.papers_seen, house.trail),
        )  # fmt: skip
        self.filing = Filing(base.database, base.keyring, house.trail)
        self.queue = Queue(house.trail, CLAIMS)
        notices = Notices(house.accounts, house.outbox)
        self.deciding = Deciding(base.database, base.keyring, house.trail, notices, Disclosures(house.trail), effects)
        self.one, self.two = self.operator(), self.operator()

    def operator(self, region: str = "", clients: frozenset[str] | None = None) -> SignedInOperator:
        made = ids.new_id()
        self.rows.put(
            Operator(
                id=made, login=f"reviewer.{next(_numbers)}", role=Role.SYSTEM.value, state="active", password_hash="-",
                totp_sealed="-", totp_last_step=0, created_at=clock.now(), region=region,
            )
        )  # fmt: skip
        return SignedInOperator(made, ids.new_id(), "reviewer", Role.SYSTEM, Reach(region, clients), clock.now())

    def person(self, **other: object) -> str:
        return self.rows.proven(**other)  # type: ignore[arg-type]

    def organisation(self, account_id: str, code: str | None = None) -> str:
        return self.filing.organisation(
            account_id, name="山东示例新办有限公司", uscc=code or uscc(), remark="刚登记", paper=PDF
        )

    def document(self, account_id: str, *, name: str | None = None, number: str | None = None, **other: object) -> str:
        with self.house.database.view() as db:
            known = persons.known(db, self.house.base.keyring, account_id)
        assert known is not None
        usual: dict[str, object] = {
            "name": name or known.name, "kind": DocumentKind.PRC_PASSPORT, "number": number or f"E{next(_numbers):08d}",
            "country": None, "valid_until": date(2035, 1, 1), "is_endless": False, "remark": "", "paper": JPEG,
        }  # fmt: skip
        return self.filing.document(account_id, **(usual | other))  # type: ignore[arg-type]

    def claim(self, who: SignedInOperator, request_id: str) -> None:
        with self.house.database.transaction() as db:
            self.queue.claim(db, who, request_id)

    def approve(self, who: SignedInOperator, request_id: str) -> str:
        with self.house.database.transaction() as db:
            return self.deciding.approve(db, who, request_id)

    def refuse(self, who: SignedInOperator, request_id: str, reason: str = "paper_differs") -> None:
        with self.house.database.transaction() as db:
            self.deciding.refuse(db, who, request_id, reason=reason)

    def send_back(self, who: SignedInOperator, request_id: str, remark: str = "请补拍背面") -> None:
        with self.house.database.transaction() as db:
            self.deciding.send_back(db, who, request_id, remark=remark)

    def done(self, who: SignedInOperator, request_id: str) -> str:
        self.claim(who, request_id)
        return self.approve(who, request_id)

    def both(self, request_id: str) -> None:
        assert self.done(self.one, request_id) == "second"
        assert self.done(self.two, request_id) == "approved"

    def row(self, request_id: str) -> ReviewRequest:
        with self.house.database.view() as db:
            return db.get_one(ReviewRequest, request_id)

    def has_paper(self, request_id: str) -> bool:
        with self.house.database.view() as db:
            return db.get(ReviewPaper, request_id) is not None

    def listed(self, who: SignedInOperator, **wanted: str) -> list[str]:
        with self.house.database.view() as db:
            return [each.id for each in self.queue.page(db, who, Wanted.of(wanted)).rows]

    def ial(self, account_id: str) -> int:
        with self.house.database.view() as db:
            return levels.ial_of(db, account_id, clock.now())

    def represents(self, account_id: str, code: str) -> bool:
        with self.house.database.view() as db:
            found = everywhere(db, self.house.base.keyring, account_id, clock.now())
        return any(each.uscc == code and each.ial == 1 for each in found)


@pytest.fixture
def desk(house: House) -> Desk:
    return Desk(house)


def test_an_organisation_is_known_once_two_reviewers_agreed(desk):
    account_id, code = desk.person(), uscc()
    request_id = desk.organisation(account_id, code)

    assert desk.done(desk.one, request_id) == "second"
    assert not desk.represents(account_id, code)
    with pytest.raises(errors.ClaimedByAnother):
        desk.claim(desk.one, request_id)
    assert desk.done(desk.two, request_id) == "approved"

    assert desk.represents(account_id, code)
    row = desk.row(request_id)
    assert (row.state, row.first_by, row.decided_by, row.told_sealed) == ("approved", desk.one.id, desk.two.id, None)
    assert not desk.has_paper(request_id)
    [entry] = desk.house.audited("review.approved", account_id)
    assert (entry.actor_kind, entry.actor_id) == ("operator", desk.two.id)


def test_the_first_reviewer_cannot_decide_by_an_old_claim(desk):
    request_id = desk.organisation(desk.person())
    desk.done(desk.one, request_id)
    with desk.house.database.transaction() as db:  # as if a claim had been left behind
        db.execute(
            update(ReviewRequest)
            .where(ReviewRequest.id == request_id)
            .values(claimed_by=desk.one.id, claimed_until=clock.now() + CLAIMED_FOR)
        )
    with pytest.raises(errors.NotClaimed):
        desk.approve(desk.one, request_id)


def test_of_many_reviewers_one_gets_it(desk):
    request_id = desk.organisation(desk.person())
    reviewers = [desk.operator() for _ in range(8)]

    results = race(lambda n: desk.claim(reviewers[n], request_id), threads=8)

    assert sum(result is None for result in results) == 1
    assert sum(isinstance(result, errors.ClaimedByAnother) for result in results) == 7


def test_nobody_holds_more_than_their_share_however_fast_they_take(desk):
    asked = [desk.organisation(desk.person()) for _ in range(CLAIMS + 2)]

    results = race(lambda n: desk.claim(desk.one, asked[n]), threads=len(asked))

    assert sum(result is None for result in results) == CLAIMS
    assert sum(isinstance(result, errors.TooManyClaimed) for result in results) == 2
    held = [each for each, result in zip(asked, results, strict=True) if result is None]
    desk.claim(desk.one, held[0])  # going on with one's own is no further claim
    left = next(each for each in asked if each not in held)
    with desk.house.database.transaction() as db:
        desk.queue.release(db, desk.one, held[0])
    desk.claim(desk.one, left)


def test_a_request_is_decided_once(desk):
    account_id = desk.person(ial=2, method="bvr")
    request_id = desk.document(account_id)
    desk.claim(desk.one, request_id)

    results = race(lambda _n: desk.approve(desk.one, request_id), threads=8)

    assert results.count("approved") == 1
    assert all(isinstance(each, errors.ReviewRefused) for each in results if each != "approved")
    with desk.house.database.view() as db:
        made = select(Evidence.id).where(Evidence.account_id == account_id, Evidence.source == "review")
        assert len(db.scalars(made).all()) == 1
    with pytest.raises(errors.NotClaimed):
        desk.refuse(desk.one, request_id)


def test_deciding_and_withdrawing_exclude_each_other(desk):
    account_id = desk.person()
    request_id = desk.document(account_id)
    desk.claim(desk.one, request_id)

    def either(n: int) -> object:
        return desk.approve(desk.one, request_id) if n % 2 else desk.filing.withdraw(account_id, request_id)

    results = race(either, threads=6)

    assert sum(not isinstance(each, Exception) for each in results) == 1
    assert desk.row(request_id).state in {"approved", "withdrawn"}
    assert not desk.has_paper(request_id)


def test_a_claim_lapses_and_another_goes_on(desk):
    request_id = desk.document(desk.person())
    desk.claim(desk.one, request_id)
    with pytest.raises(errors.ClaimedByAnother):
        desk.claim(desk.two, request_id)

    clock.travel(CLAIMED_FOR + timedelta(seconds=1))
    with pytest.raises(errors.NotClaimed):
        desk.approve(desk.one, request_id)
    assert desk.deciding.open(desk.one, request_id) is None
    assert desk.deciding.paper(desk.one, request_id) is None
    assert desk.done(desk.two, request_id) == "approved"


def test_released_is_free_for_the_next(desk):
    request_id = desk.document(desk.person())
    desk.claim(desk.one, request_id)
    with desk.house.database.transaction() as db:
        desk.queue.release(db, desk.one, request_id)

    desk.claim(desk.two, request_id)
    with pytest.raises(errors.NotClaimed), desk.house.database.transaction() as db:
        desk.queue.release(db, desk.one, request_id)


def test_region_is_part_of_every_question(desk):
    request_id = desk.organisation(desk.person(), uscc("370198"))
    mine, theirs, of_a_site = desk.operator("370100"), desk.operator("370200"), desk.operator("", frozenset({"portal"}))

    assert request_id in desk.listed(mine)
    for stranger in (theirs, of_a_site):
        assert request_id not in desk.listed(stranger)
        with pytest.raises(errors.ClaimedByAnother):
            desk.claim(stranger, request_id)
        with desk.house.database.view() as db:
            assert desk.queue.find(db, stranger, request_id) is None
            assert desk.queue.count_waiting(db, stranger) == 0
    with desk.house.database.transaction() as db:  # a claim from before the reviewer's region was changed
        db.execute(
            update(ReviewRequest)
            .where(ReviewRequest.id == request_id)
            .values(claimed_by=theirs.id, claimed_until=clock.now() + CLAIMED_FOR)
        )
    assert desk.deciding.open(theirs, request_id) is None
    assert desk.deciding.paper(theirs, request_id) is None
    with pytest.raises(errors.NotClaimed):
        desk.approve(theirs, request_id)


def test_a_person_without_a_region_is_for_the_whole_provinces_staff(desk):
    account_id = desk.person()
    desk.rows.change(Account, account_id, region="")
    request_id = desk.document(account_id)

    assert request_id not in desk.listed(desk.operator("370000"))
    assert request_id in desk.listed(desk.one, kind="document")


def test_one_open_request_of_a_kind_and_three_a_day(desk):
    account_id = desk.person()
    first = desk.document(account_id)
    with pytest.raises(errors.AlreadyOpen):
        desk.document(account_id)
    desk.organisation(account_id)
    desk.filing.withdraw(account_id, first)
    desk.filing.withdraw(account_id, desk.document(account_id))
    with pytest.raises(errors.TooManyRequests):
        desk.document(account_id)

    clock.travel(timedelta(days=1, minutes=1))
    desk.document(account_id)


def test_of_many_filings_at_once_one_is_kept(desk):
    account_id = desk.person()

    results = race(lambda _n: desk.document(account_id), threads=6)

    assert sum(isinstance(each, str) for each in results) == 1
    assert all(isinstance(each, errors.AlreadyOpen) for each in results if not isinstance(each, str))


def test_sent_back_it_is_completed_and_looked_at_from_the_start(desk):
    account_id, code = desk.person(), uscc()
    request_id = desk.organisation(account_id, code)
    desk.done(desk.one, request_id)
    desk.claim(desk.two, request_id)
    desk.send_back(desk.two, request_id)

    filed = desk.filing.find(account_id, request_id)
    assert (filed.state, filed.remark, filed.told["uscc"]) == ("returned", "请补拍背面", code)
    assert request_id not in desk.listed(desk.one)
    with pytest.raises(errors.ClaimedByAnother):
        desk.claim(desk.one, request_id)
    same = desk.filing.organisation(account_id, name="山东示例新办有限公司", uscc=code, remark="", paper=b"")
    assert same == request_id
    assert desk.has_paper(request_id)
    desk.both(request_id)
    assert desk.represents(account_id, code)


def test_nobody_elses_request_is_seen_or_withdrawn(desk):
    mine, theirs = desk.person(), desk.person()
    request_id = desk.document(mine)

    assert desk.filing.find(theirs, request_id) is None
    with pytest.raises(errors.RequestIsOver):
        desk.filing.withdraw(theirs, request_id)
    assert desk.row(request_id).state == "waiting"


def test_a_changed_document_replaces_the_old_one_and_raises_nothing(desk):
    account_id = desk.person(ial=3, method="pvp")
    with desk.house.database.view() as db:
        before = persons.known(db, desk.house.base.keyring, account_id)
    request_id = desk.document(account_id, number="E12345678")
    assert desk.done(desk.one, request_id) == "approved"

    with desk.house.database.view() as db:
        now = persons.facts(db, desk.house.base.keyring, account_id)
    assert (now.document.kind, now.document.number) == (DocumentKind.PRC_PASSPORT, "E12345678")
    assert (now.name, now.birthdate, now.gender) == (before.name, before.birthdate, before.gender)
    assert desk.ial(account_id) == 2  # a picture is nobody in person
    other = desk.house.person()[0]
    desk.rows.person(other, before.name, before.document.number)  # the old document's index is free
    assert len(desk.house.audited("identity.document_changed", account_id)) == 1


def test_another_name_needs_a_second_reviewer(desk):
    account_id = desk.person()
    request_id = desk.document(account_id, name="试验改名")

    desk.both(request_id)
    with desk.house.database.view() as db:
        assert persons.facts(db, desk.house.base.keyring, account_id).name == "试验改名"
    assert desk.ial(account_id) == 1


def test_an_expired_proof_stays_expired(desk):
    account_id = desk.person(until=timedelta(days=1))
    clock.travel(timedelta(days=2))
    desk.done(desk.one, desk.document(account_id, number="E22345678"))

    assert desk.ial(account_id) == 0
    with desk.house.database.view() as db:
        assert persons.known(db, desk.house.base.keyring, account_id).document.number == "E22345678"


def test_a_proof_by_papers_ends_with_what_it_stands_for(desk):
    account_id = desk.person(until=timedelta(days=30))
    desk.done(desk.one, desk.document(account_id))
    clock.travel(timedelta(days=31))
    assert desk.ial(account_id) == 0

    clock.travel_home()
    passport = desk.person()
    ends = (clock.now() + timedelta(days=10)).date()
    desk.done(desk.one, desk.document(passport, valid_until=ends))
    clock.travel(timedelta(days=12))
    assert desk.ial(passport) == 0


def test_a_document_of_another_account_changes_nothing_and_may_be_refused(desk):
    holder, account_id = desk.person(), desk.person()
    desk.done(desk.one, desk.document(holder, number="E32345678"))
    request_id = desk.document(account_id, number="E32345678")  # the form tells nobody whose it is
    desk.claim(desk.one, request_id)

    with pytest.raises(BelongsToAnother):
        desk.approve(desk.one, request_id)
    assert desk.row(request_id).state == "waiting"
    desk.refuse(desk.one, request_id, "belongs_to_another")
    assert desk.filing.find(account_id, request_id).reason == "belongs_to_another"
    assert desk.ial(account_id) == 1


def test_two_accounts_that_ask_for_one_document_do_not_both_get_it(desk):
    one, two = desk.person(), desk.person()
    requests = [desk.document(each, number="E42345678") for each in (one, two)]
    reviewers = [desk.one, desk.two]
    for who, request_id in zip(reviewers, requests, strict=True):
        desk.claim(who, request_id)

    results = race(lambda n: desk.approve(reviewers[n], requests[n]), threads=2)

    assert results.count("approved") == 1
    assert sum(isinstance(each, BelongsToAnother) for each in results) == 1


def test_the_papers_do_not_replace_who_is_known_by_licence(desk):
    chief, account_id, code = desk.person(), desk.person(), uscc()
    desk.both(desk.organisation(chief, code))
    with desk.house.database.transaction() as db:
        db.execute(
            update(Representation)
            .where(Representation.account_id == chief)
            .values(licence_until=clock.now() + timedelta(days=30))
        )
    request_id = desk.organisation(account_id, code)
    desk.done(desk.one, request_id)
    desk.claim(desk.two, request_id)
    with pytest.raises(errors.HolderOfLicence):
        desk.approve(desk.two, request_id)
    assert desk.represents(chief, code) is False  # by licence that is 3, and still theirs
    with desk.house.database.view() as db:
        live = select(Representation.account_id).where(
            Representation.organisation_id == Organisation.id,
            Organisation.uscc == code,
            Representation.ended_at.is_(None),
        )
        assert db.scalars(live).all() == [chief]


def test_a_new_representative_by_papers_ends_the_former_one(desk):
    former, account_id, code = desk.person(), desk.person(), uscc()
    desk.both(desk.organisation(former, code))
    desk.both(desk.organisation(account_id, code))

    assert desk.represents(account_id, code)
    assert not desk.represents(former, code)


@pytest.mark.parametrize("has_register", [True, False])
def test_papers_count_for_a_time(desk, has_register):
    desk.has_register = has_register
    code = uscc()
    desk.both(desk.organisation(desk.person(), code))

    with desk.house.database.view() as db:
        row = db.scalars(select(Organisation).where(Organisation.uscc == code)).one()
    holds = LAGS if has_register else ALONE
    assert abs(row.reviewed_until - clock.now() - holds) < timedelta(minutes=1)
    assert (row.source, row.region) == ("review", COUNTY)
    assert (row.recheck_at < clock.now() + timedelta(days=2)) is has_register


def test_an_account_that_ended_gets_nothing(desk):
    account_id = desk.person()
    request_id = desk.document(account_id)
    desk.claim(desk.one, request_id)
    with desk.house.database.transaction() as db:
        db.execute(update(Account).where(Account.id == account_id).values(state=AccountState.MERGED.value))
    with pytest.raises(AccountIsOver):
        desk.approve(desk.one, request_id)


def test_a_closed_accounts_papers_go(desk):
    account_id = desk.person()
    request_id = desk.document(account_id)
    with desk.house.database.transaction() as db:
        rows.account_closed(db, account_id)

    assert desk.row(request_id).state == "withdrawn"
    assert not desk.has_paper(request_id)


def test_what_nobody_answered_lapses_with_its_paper(desk):
    account_id = desk.person()
    request_id = desk.document(account_id)
    desk.claim(desk.one, request_id)
    clock.travel(rows.KEPT + timedelta(minutes=1))
    with pytest.raises(errors.ClaimedByAnother):
        desk.claim(desk.two, request_id)
    with desk.house.database.transaction() as db:
        rows.forget_expired(db, clock.now())

    assert (desk.row(request_id).state, desk.row(request_id).told_sealed) == ("expired", None)
    assert not desk.has_paper(request_id)


def test_who_is_not_known_or_not_of_age_speaks_for_nobody(desk):
    stranger, _phone = desk.house.person()
    with pytest.raises(NotAPerson):
        desk.organisation(stranger)
    with pytest.raises(errors.NotProvenYet):
        desk.filing.document(
            stranger, name="试验甲", kind=DocumentKind.PRC_PASSPORT, number="E52345678", country=None,
            valid_until=date(2035, 1, 1), is_endless=False, remark="", paper=JPEG,
        )  # fmt: skip
    young, _phone = desk.house.person()
    desk.rows.person(young, "试验小", numbers.resident_id_of(numbers.next_number(), born="20110101"))
    desk.rows.evidence(young)
    with pytest.raises(IsMinor):
        desk.organisation(young)


def test_every_look_is_on_record(desk):
    account_id = desk.person()
    request_id = desk.document(account_id)
    assert desk.deciding.open(desk.one, request_id) is None
    desk.claim(desk.one, request_id)

    assert desk.deciding.open(desk.one, request_id).told["kind"] == "prc_passport"
    assert desk.deciding.paper(desk.one, request_id).content == JPEG
    looks = [entry.details["fields"] for entry in desk.house.audited("review.viewed", account_id)]
    assert looks == ["name document", "paper"]
    with desk.house.database.view() as db:
        told = [(each.field, each.reason) for each in disclosures.of_account(db, account_id)]
    assert sorted(told) == [(each, "handling_request") for each in ("document", "name", "paper")]


def test_a_guardianship_is_seen_for_the_guardian_who_asked(desk):
    guardian, other, child = desk.person(), desk.person(), desk.house.person()[0]
    with desk.house.database.transaction() as db:
        guardianships.begin(
            db, desk.house.trail, guardian_id=guardian, child_id=child, relation="parent", version="1", actor=SYSTEM
        )  # fmt: skip
    with pytest.raises(errors.RelationSeen):
        desk.filing.guardianship(other, child, remark="", paper=PDF)
    request_id = desk.filing.guardianship(guardian, child, remark="", paper=PDF)
    with desk.house.database.transaction() as db:
        guardianships.hand_over(
            db, desk.house.base.keyring, desk.house.trail, child, other, officer=Actor("operator", desk.two.id)
        )  # fmt: skip
        db.execute(
            update(Guardianship).where(Guardianship.child_account_id == child).values(seen_at=None, seen_by=None)
        )
    desk.claim(desk.one, request_id)
    with pytest.raises(errors.RelationSeen):
        desk.approve(desk.one, request_id)

    again = desk.filing.guardianship(other, child, remark="", paper=PDF)
    assert desk.done(desk.one, again) == "approved"
    with desk.house.database.view() as db:
        live = db.scalars(
            select(Guardianship).where(Guardianship.child_account_id == child, Guardianship.ended_at.is_(None))
        ).one()
    assert (live.guardian_account_id, live.seen_by) == (other, desk.one.id)


def test_people_are_told_when_it_is_decided(desk):
    account_id, phone = desk.house.person()
    number = numbers.next_number()
    desk.rows.person(account_id, numbers.name_of(number), numbers.resident_id_of(number))
    desk.rows.evidence(account_id)
    request_id = desk.document(account_id)
    desk.claim(desk.one, request_id)
    desk.send_back(desk.one, request_id)
    assert "需要补充" in desk.house.messages(phone)[-1]
    desk.document(account_id)
    desk.claim(desk.one, request_id)
    desk.refuse(desk.one, request_id)
    assert "已有结果" in desk.house.messages(phone)[-1]


def test_the_queue_tells_how_it_stands(desk):
    region = "371999"
    who = desk.operator(region)
    requests = [desk.organisation(desk.person(), uscc(region)) for _ in range(3)]
    clock.travel(timedelta(hours=2))
    desk.claim(who, requests[0])
    desk.refuse(who, requests[0])
    with desk.house.database.view() as db:
        numbers_now = desk.queue.numbers(db, who)
    assert (numbers_now.waiting, numbers_now.overdue, numbers_now.decided, numbers_now.median_minutes) == (
        2,
        0,
        1,
        120.0,
    )

    clock.travel(timedelta(days=8))
    with desk.house.database.view() as db:
        later = desk.queue.numbers(db, who)
    assert (later.waiting, later.overdue, later.decided, later.median_minutes) == (2, 2, 0, None)
    assert desk.listed(who, age="overdue") == requests[1:]
    assert desk.listed(who, age="today") == []


def test_working_days_leave_out_the_weekend():
    friday = datetime(2026, 11, 20, 3, 0, tzinfo=clock.BEIJING)
    assert service_time.due("organisation", friday).date() == date(2026, 11, 24)
    assert service_time.due("guardianship", friday).date() == date(2026, 11, 25)


def test_a_code_names_its_region():
    assert Uscc.parse(uscc("370198")).region == "370198"
