"""The reviewers' pages: who finds what, who sees it open, how it is decided, and that a paper runs nowhere."""

import itertools
import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from idp.admin import needs
from idp.audit.models import AuditEntry
from idp.audit.trail import SYSTEM
from idp.core import clock, ids
from idp.core.identifiers import Document, DocumentKind
from idp.core.identifiers.uscc import uscc_check_character
from idp.realname import counter_days, levels, persons
from idp.realname.counter import Card
from idp.realname.models import Evidence
from idp.realname.ports import Applicant
from idp.staff import operators
from idp.staff.models import Operator, Role
from tests.console.house import Browser, Console
from tests.flows import people
from tests.papers import JPEG, PDF

_numbers = itertools.count(100)


def uscc(region: str = "370199") -> str:
    body = f"91{region}MA3DE{next(_numbers):04d}"
    return body + uscc_check_character(body)


class Desk:
    """The console's people, and citizens who file."""

    def __init__(self, house: Console) -> None:
        self.house = house

    def citizen(self, *, ial: int = 1) -> str:
        everything, number = self.house.services, people.next_number()
        document = Document.of(DocumentKind.RESIDENT_ID, people.resident_id_of(number))
        with everything.database.transaction() as db:
            account_id = everything.accounts.register(
                db, phone=f"1990009{next(_numbers):04d}", username=None, password_hash=None, agreements={},
                locale="zh_CN", channel="test",
            )  # fmt: skip
            persons.remember(
                db, everything.keyring, account_id, applicant=Applicant(people.name_of(number), document)
            )  # fmt: skip
            db.add(
                Evidence(
                    id=ids.new_id(), account_id=account_id, purpose="self", source="population", channel="scripted",
                    verdict="verified", document_index=persons.document_index(everything.keyring, document), ial=ial,
                    at=clock.now(), expires_at=clock.now() + timedelta(days=700),
                )
            )  # fmt: skip
        return account_id

    def organisation(self, code: str | None = None, paper: bytes = PDF) -> str:
        return self.house.services.reviews.filing.organisation(
            self.citizen(), name="山东示例新办有限公司", uscc=code or uscc(), remark="刚登记", paper=paper
        )

    def document(self, account_id: str | None = None, number: str | None = None, paper: bytes = JPEG) -> str:
        account_id = account_id or self.citizen()
        with self.house.services.database.view() as db:
            known = persons.known(db, self.house.services.keyring, account_id)
        assert known is not None
        return self.house.services.reviews.filing.document(
            account_id, name=known.name, kind=DocumentKind.PRC_PASSPORT, number=number or f"E{next(_numbers):08d}",
            country=None, valid_until=date(2035, 1, 1), is_endless=False, remark="", paper=paper,
        )  # fmt: skip

    def reviewer(self, region: str = "") -> Browser:
        everything = self.house.services
        with everything.database.transaction() as db:
            made = operators.add(
                db, everything.keyring, everything.trail, login=f"reviewer.{next(_numbers)}", role=Role.DEPARTMENT,
                actor=SYSTEM,
            )  # fmt: skip
            db.execute(update(Operator).where(Operator.id == made.id).values(region=region))
        browser = Browser(self.house)
        assert browser.sign_in(made).status_code == 303
        return browser

    def claim(self, who: Browser, request_id: str) -> int:
        who.get(f"/admin/reviews/{request_id}")
        return who.post(f"/admin/reviews/{request_id}", action="claim").status_code

    def decide(self, who: Browser, request_id: str, **form: str) -> int:
        return who.post(f"/admin/reviews/{request_id}/decision", **form).status_code

    def looks(self, request_id: str) -> list[str]:
        with self.house.services.database.view() as db:
            entries = db.scalars(select(AuditEntry).where(AuditEntry.act == "review.viewed").order_by(AuditEntry.id))
            return [entry.details["fields"] for entry in entries if entry.details["review"] == request_id]


@pytest.fixture
def desk(house: Console) -> Desk:
    return Desk(house)


def test_from_the_queue_to_the_second_yes(desk, signed_in):
    code = uscc()
    request_id = desk.organisation(code)
    one, two = signed_in[Role.SYSTEM], desk.reviewer("370000")
    assert code in one.get("/admin/reviews").text
    page = one.get(f"/admin/reviews/{request_id}")
    assert "山东示例新办有限公司" not in page.text
    assert desk.looks(request_id) == []

    assert desk.claim(one, request_id) == 303
    page = one.get(f"/admin/reviews/{request_id}")
    assert "山东示例新办有限公司" in page.text
    assert desk.looks(request_id) == ["name"]
    assert desk.decide(one, request_id, action="approve") == 400  # without the tick
    assert desk.decide(one, request_id, action="approve", compared="yes") == 303
    assert desk.claim(one, request_id) == 409
    assert "复审必须由另一位审核员办理" in one.get(f"/admin/reviews/{request_id}").text
    assert desk.claim(two, request_id) == 303
    assert desk.decide(two, request_id, action="approve", compared="yes") == 303
    assert request_id[-8:] not in one.get("/admin/reviews").text
    assert request_id[-8:] in one.get("/admin/reviews?state=approved").text


def test_a_paper_is_for_who_claimed_it_and_runs_nowhere(desk, signed_in):
    picture, pdf = desk.document(), desk.organisation()
    one, two = signed_in[Role.SYSTEM], desk.reviewer()
    for request_id in (picture, pdf):
        assert one.get(f"/admin/reviews/{request_id}/paper").status_code == 404
        desk.claim(one, request_id)
        assert two.get(f"/admin/reviews/{request_id}/paper").status_code == 404
        assert Browser(desk.house).get(f"/admin/reviews/{request_id}/paper").status_code == 303
    shown, handed = (
        one.client.get(f"/admin/reviews/{each}/paper", base_url="http://localhost:8000") for each in (picture, pdf)
    )

    assert (shown.mimetype, shown.get_data()) == ("image/jpeg", JPEG)
    assert handed.headers["Content-Disposition"].startswith("attachment")
    for answer in (shown, handed):
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
    assert desk.looks(picture)[-1] == "paper"
    desk.decide(one, picture, action="refuse", reason="paper_doubtful")
    assert one.get(f"/admin/reviews/{picture}/paper").status_code == 404


def test_another_regions_reviewer_finds_nothing(desk):
    request_id = desk.organisation(uscc("370198"))
    stranger = desk.reviewer("370200")

    assert request_id[-8:] not in stranger.get("/admin/reviews").text
    for path in (f"/admin/reviews/{request_id}", f"/admin/reviews/{request_id}/paper"):
        assert stranger.get(path).status_code == 404
    stranger.get("/admin/reviews")
    assert stranger.post(f"/admin/reviews/{request_id}", action="claim").status_code == 404
    assert desk.decide(stranger, request_id, action="approve", compared="yes") == 404
    assert desk.looks(request_id) == []


def test_a_decision_needs_a_claim_and_is_made_once(desk, signed_in):
    request_id = desk.document()
    one, two = signed_in[Role.SYSTEM], desk.reviewer()
    one.get(f"/admin/reviews/{request_id}")
    assert desk.decide(one, request_id, action="approve", compared="yes") == 409
    desk.claim(one, request_id)
    two.get(f"/admin/reviews/{request_id}")
    assert desk.decide(two, request_id, action="refuse", reason="paper_doubtful") == 409
    assert desk.decide(one, request_id, action="refuse", reason="relation_not_shown") == 400  # another kind's reason
    assert desk.decide(one, request_id, action="approve", compared="yes") == 303
    assert desk.decide(one, request_id, action="approve", compared="yes") == 409
    assert desk.decide(one, request_id, action="refuse", reason="paper_doubtful") == 409


def test_withdrawn_meanwhile_it_is_over(desk, signed_in):
    account_id = desk.citizen()
    request_id = desk.document(account_id)
    one = signed_in[Role.SYSTEM]
    desk.claim(one, request_id)
    desk.house.services.reviews.filing.withdraw(account_id, request_id)

    assert desk.decide(one, request_id, action="approve", compared="yes") == 409
    assert one.get(f"/admin/reviews/{request_id}/paper").status_code == 404


def test_a_lapsed_claim_decides_nothing(desk, signed_in):
    request_id = desk.document()
    one = signed_in[Role.SYSTEM]
    desk.claim(one, request_id)
    clock.travel(timedelta(minutes=14))
    one.get("/admin/reviews")
    clock.travel(timedelta(minutes=14))
    one.get("/admin/reviews")
    clock.travel(timedelta(minutes=3))
    page = one.get(f"/admin/reviews/{request_id}")
    assert "领取后可以查看" in page.text
    assert one.get(f"/admin/reviews/{request_id}/paper").status_code == 404


def test_a_decision_wants_a_fresh_factor(desk, signed_in):
    request_id = desk.document()
    one = signed_in[Role.SYSTEM]
    clock.travel(timedelta(minutes=14))
    desk.claim(one, request_id)
    answer = one.post(f"/admin/reviews/{request_id}/decision", action="approve", compared="yes")
    assert answer.status_code != 303
    with desk.house.services.database.view() as db:
        assert desk.house.services.reviews.queue.count_waiting(db, _everywhere(desk)) == 1


def _everywhere(desk: Desk):
    from idp.staff.reach import Reach
    from idp.staff.sessions import SignedInOperator

    return SignedInOperator("0" * 32, "0" * 32, "x", Role.SYSTEM, Reach(), clock.now())


def test_a_document_of_another_account_is_said_and_nothing_changes(desk, signed_in):
    one = signed_in[Role.SYSTEM]
    first = desk.document(number="E52345678")
    desk.claim(one, first)
    assert desk.decide(one, first, action="approve", compared="yes") == 303
    account_id = desk.citizen()
    request_id = desk.document(account_id, number="E52345678")
    desk.claim(one, request_id)

    answer = one.post(f"/admin/reviews/{request_id}/decision", action="approve", compared="yes")
    assert answer.status_code >= 400
    assert "另一个账户" in answer.text
    with desk.house.services.database.view() as db:
        assert levels.ial_of(db, account_id, clock.now()) == 1
    assert desk.decide(one, request_id, action="refuse", reason="belongs_to_another") == 303


def test_sent_back_with_a_remark_that_runs_nothing(desk, signed_in):
    account_id = desk.citizen()
    request_id = desk.document(account_id)
    one = signed_in[Role.SYSTEM]
    desk.claim(one, request_id)
    assert desk.decide(one, request_id, action="return", remark=" ") == 400
    assert desk.decide(one, request_id, action="return", remark="长" * 301) == 400
    assert desk.decide(one, request_id, action="return", remark="请补拍有效期一页") == 303
    assert desk.house.services.reviews.filing.find(account_id, request_id).remark == "请补拍有效期一页"


def test_filters_are_the_address_and_unknown_ones_do_nothing(desk, signed_in):
    request_id, other = desk.document(), desk.organisation()
    one = signed_in[Role.SYSTEM]

    assert request_id[-8:] in one.get("/admin/reviews?kind=document").text
    assert other[-8:] not in one.get("/admin/reviews?kind=document").text
    assert other[-8:] in one.get("/admin/reviews?kind=nothing&state=x&age=y&after=zzz").text
    assert request_id[-8:] not in one.get("/admin/reviews?state=mine").text
    desk.claim(one, request_id)
    assert request_id[-8:] in one.get("/admin/reviews?state=mine").text
    clock.travel(timedelta(minutes=10))
    assert "没有符合条件的申请" in one.get("/admin/reviews?age=overdue").text


def test_the_first_page_says_how_many_wait(desk):
    desk.document()
    desk.organisation(uscc("370198"))
    everything = desk.house.services
    mine = [each for each in needs.NEEDS if each.endpoint == "admin.reviews"]
    with everything.database.view() as db:
        assert [need.count(db, everything, _everywhere(desk)) for need in mine] == [2, 0]


def test_it_speaks_english(desk, signed_in):
    request_id = desk.document()
    one = signed_in[Role.SYSTEM]
    desk.claim(one, request_id)
    for path in ("/admin/reviews", f"/admin/reviews/{request_id}"):
        page = one.client.get(path, base_url="http://localhost:8000", headers={"Accept-Language": "en"}).text
        assert 'lang="en"' in page
        assert "Region" in page


def test_an_officer_reads_their_own_day(desk, signed_in):
    everything = desk.house.services
    number = people.next_number()
    card = Card(people.name_of(number), DocumentKind.RESIDENT_ID, people.resident_id_of(number), date(2040, 1, 1))
    officer = desk.house.staff[Role.COUNTER]
    ticket = everything.counter.open(desk.house.account_id, client_id=None)
    case = everything.counter.see(ticket.code, card, officer=officer.id, actor=SYSTEM)
    everything.counter.refuse(case, "data_differs", officer=officer.id, actor=SYSTEM)

    page = signed_in[Role.COUNTER].get("/admin/counter").text
    assert re.findall(r"<dd>(\d+)</dd>", page) == ["1", "0", "1"]
    clock.travel(timedelta(minutes=5))
    with everything.database.view() as db:
        assert counter_days.today(db, "0" * 32) == counter_days.Day(0, 0, 0)
