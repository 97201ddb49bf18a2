"""What people ask a human to look at, on their own pages: filed with a paper, followed, completed, withdrawn."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from datetime import timedelta

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from idp.core import clock, ids
from idp.core.identifiers.uscc import uscc_check_character
from idp.reviews import papers
from idp.staff.models import Operator, Role
from idp.staff.reach import Reach
from idp.staff.sessions import SignedInOperator
from tests.papers import JPEG, PDF, PNG
from tests.web.conftest import ISSUER, Centre, Page, Visitor
from tests.web.test_children import Family, number_of

_numbers = itertools.count(500)


@pytest.fixture(autouse=True)
def _home() -> Iterator[None]:
    yield
    clock.travel_home()


class Citizen:
    """A proven person in a browser, and a reviewer who answers them."""

    def __init__(self, centre: Centre, *, is_proven: bool = True) -> None:
        self.centre = centre
        self.account_id, self.phone = centre.person()
        self.browser: Visitor = centre.visitor()
        self.browser.client.environ_base["REMOTE_ADDR"] = f"10.9.{next(_numbers) % 250}.1"
        self.browser.sign_in(self.phone)
        if is_proven:
            self.browser.get("/verify-identity")
            self.browser.submit(name="测试甲", resident_id=number_of("19880808"))

    def file(self, path: str, paper: bytes | None, filename: str = "paper.pdf", **typed: str) -> Page:
        if self.browser.get(path).status != 200 or not self.browser.page.path.startswith(path):
            return self.browser.page
        _action, fields = self.browser.page.form()
        data: dict[str, object] = {**fields, **typed, "action": "continue"}
        data.pop("paper", None)
        if paper is not None:
            data["paper"] = FileStorage(io.BytesIO(paper), filename)
        boundary, body = encode_multipart(data)
        answer = self.browser.client.post(
            path, data=body, content_type=f"multipart/form-data; boundary={boundary}", base_url=ISSUER,
            headers=self.browser.headers,
        )  # fmt: skip
        return self.browser._follow(answer)

    def organisation(self, paper: bytes | None = PDF, **typed: str) -> Page:
        usual = {"organisation_name": "山东示例新办有限公司", "uscc": uscc(), "remark": "刚登记\n还查不到"}
        return self.file("/account/reviews/organisation", paper, **(usual | typed))

    def document(self, paper: bytes | None = JPEG, **typed: str) -> Page:
        usual = {
            "name": "测试甲", "document_kind": "prc_passport", "resident_id": f"E{next(_numbers):08d}",
            "valid_until": "2035-01-01",
        }  # fmt: skip
        return self.file("/account/reviews/document", paper, **(usual | typed))

    @property
    def request_id(self) -> str:
        return self.centre.services.reviews.filing.of_account(self.account_id)[0].id


def uscc() -> str:
    body = f"91370198MA3DE{next(_numbers):04d}"
    return body + uscc_check_character(body)


def reviewer(centre: Centre) -> SignedInOperator:
    made = ids.new_id()
    with centre.services.database.transaction() as db:
        db.add(
            Operator(
                id=made, login=f"reviewer.{next(_numbers)}", role=Role.SYSTEM.value, state="active", password_hash="-",
                totp_sealed="-", totp_last_step=0, created_at=clock.now(), region="",
            )
        )  # fmt: skip
    return SignedInOperator(made, ids.new_id(), "reviewer", Role.SYSTEM, Reach(), clock.now())


def decided(centre: Centre, request_id: str, how: str, said: str = "") -> None:
    who, reviews = reviewer(centre), centre.services.reviews
    with centre.services.database.transaction() as db:
        reviews.queue.claim(db, who, request_id)
        match how:
            case "approve":
                reviews.deciding.approve(db, who, request_id)
            case "refuse":
                reviews.deciding.refuse(db, who, request_id, reason=said)
            case _:
                reviews.deciding.send_back(db, who, request_id, remark=said)


@pytest.fixture
def citizen(centre: Centre) -> Citizen:
    return Citizen(centre)


def test_an_organisation_is_filed_followed_and_known(centre, citizen):
    page = citizen.organisation()
    assert "申请已提交" in page.text
    assert "等待审核" in page.text
    decided(centre, citizen.request_id, "approve")
    assert "等待复审" in citizen.browser.get(f"/account/reviews/{citizen.request_id}").text
    decided(centre, citizen.request_id, "approve")

    assert "已通过" in citizen.browser.get("/account/reviews").text
    office = citizen.browser.get("/account/organisations")
    assert "山东示例新办有限公司" in office.text
    assert "由工作人员根据您提交的材料认定" in office.text
    assert "审核员" not in office.text


def test_a_changed_document_is_offered_where_the_proof_says_another_person(centre):
    family = Family(centre)
    family.verify_guardian()
    clock.travel(timedelta(days=800))
    family.guardian.sign_in(family.phone)
    family.guardian.get("/verify-identity")
    refused = family.guardian.submit(name="测试甲", resident_id=number_of("19880808"))
    assert "已核验为另一个人" in refused.text
    assert 'href="/account/reviews/document"' in refused.html


def test_a_changed_document_goes_on_as_the_same_account(centre, citizen):
    citizen.document()
    decided(centre, citizen.request_id, "approve")

    page = citizen.browser.get("/account")
    assert "中华人民共和国护照" in page.text
    assert "证件或姓名已变更" in citizen.browser.get("/account/activity").text


def test_who_looked_is_told_in_the_record(centre, citizen):
    citizen.document()
    who = reviewer(centre)
    with centre.services.database.transaction() as db:
        centre.services.reviews.queue.claim(db, who, citizen.request_id)
    centre.services.reviews.deciding.open(who, citizen.request_id)
    centre.services.reviews.deciding.paper(who, citizen.request_id)

    page = citizen.browser.get("/account/activity")
    assert "查看了您的提交的材料" in page.text
    assert "查看了您的证件号码" in page.text


def test_sent_back_it_says_what_is_missing_and_keeps_what_was_typed(centre, citizen):
    citizen.organisation()
    decided(centre, citizen.request_id, "return", "请补拍营业执照<b>副本</b>")
    page = citizen.browser.get(f"/account/reviews/{citizen.request_id}")
    assert "请补拍营业执照<b>副本</b>" in page.text.replace("&lt;", "<") or "&lt;b&gt;" in page.html
    assert "<b>副本" not in page.html
    page = citizen.browser.get("/account/reviews/organisation")
    assert 'value="山东示例新办有限公司"' in page.html
    page = citizen.organisation(paper=None)
    assert "补充的内容已提交" in page.text


def test_a_refusal_says_why_and_what_to_do(centre, citizen):
    citizen.document()
    decided(centre, citizen.request_id, "refuse", "belongs_to_another")
    page = citizen.browser.get(f"/account/reviews/{citizen.request_id}")
    assert "已在另一个账户中核验" in page.text
    assert "/account/reviews/document" in page.html


def test_withdrawn_it_is_over_and_its_paper_gone(centre, citizen):
    citizen.document()
    request_id = citizen.request_id
    citizen.browser.get(f"/account/reviews/{request_id}")
    page = citizen.browser.submit("withdraw")
    assert "申请已撤回" in page.text
    citizen.browser.get(f"/account/reviews/{request_id}")
    assert "撤回申请" not in citizen.browser.page.text


@pytest.mark.parametrize(
    ("paper", "filename", "said"),
    [
        (b"<html><script>alert(1)</script></html>", "photo.png", "这个文件不能使用"),
        (b"\x89PNG\r\n\x1a\n<script>alert(1)</script>", "photo.png", "这个文件不能使用"),
        (PDF.replace(b"/Pages", b"/OpenAction"), "paper.pdf", "这个文件不能使用"),
        (PNG + b"\x00" * papers.LONGEST, "photo.png", "文件太大"),
        (None, "", "请附上证照"),
        (b"", "empty.png", "请附上证照"),
    ],
)
def test_what_is_no_paper_is_refused_at_its_field(citizen, paper, filename, said):
    page = citizen.document(paper, filename=filename)
    assert page.status == 400
    assert said in page.text
    assert 'id="paper-error"' in page.html


def test_a_form_beyond_all_bounds_is_cut_off(citizen):
    page = citizen.document(b"\x89PNG" + b"\x00" * (9 * 1024 * 1024))
    assert page.status == 413


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"valid_until": ""}, "有效期"),
        ({"valid_until": "2020-01-01"}, "没有过期"),
        ({"valid_until": "morgen"}, "2030-01-31"),
        ({"resident_id": "12"}, "不是有效的证件号码"),
        ({"document_kind": "driving_licence"}, "有效"),
        ({"name": "测\x00试"}, "特殊字符"),
        ({"remark": "长" * 501}, "说明太长"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_filed(centre, citizen, typed, said):
    page = citizen.document(**typed)
    assert page.status == 400
    assert said in page.text or typed.get("document_kind")
    assert centre.services.reviews.filing.of_account(citizen.account_id) == []


def test_nobody_opens_or_withdraws_anothers_request(centre, citizen):
    citizen.document()
    stranger = Citizen(centre)
    stranger.document()
    page = stranger.browser.get(f"/account/reviews/{citizen.request_id}")
    assert page.path == "/account/reviews"
    stranger.browser.get(f"/account/reviews/{stranger.request_id}")
    _action, fields = stranger.browser.page.form()
    stranger.browser.post(f"/account/reviews/{citizen.request_id}", {**fields, "action": "withdraw"})
    assert centre.services.reviews.filing.find(citizen.account_id, citizen.request_id).is_open


def test_a_post_without_the_forms_token_files_nothing(centre, citizen):
    answer = citizen.browser.client.post(
        "/account/reviews/document", data={"paper": (io.BytesIO(JPEG), "p.jpg")}, base_url="http://localhost:8123"
    )
    assert answer.status_code == 400
    assert centre.services.reviews.filing.of_account(citizen.account_id) == []


def test_who_is_not_proven_is_led_to_the_proof(centre):
    stranger = Citizen(centre, is_proven=False)
    for path in ("/account/reviews", "/account/reviews/organisation", "/account/reviews/document"):
        page = stranger.browser.get(path)
        assert page.status == 200
        assert "/verify-identity" in page.html


def test_a_stale_sign_in_is_made_again_first(citizen):
    clock.travel(timedelta(minutes=20))
    assert citizen.browser.get("/account/reviews/document").path.startswith("/sign-in/code")


def test_a_guardian_sends_the_papers_of_a_child(centre):
    family = Family(centre)
    child_id = family.begin()
    page = family.guardian.get("/account/children")
    assert f"/account/reviews/guardianship/{child_id}" in page.html
    citizen = Citizen.__new__(Citizen)
    citizen.centre, citizen.browser, citizen.account_id = centre, family.guardian, family.guardian_id
    page = citizen.file(f"/account/reviews/guardianship/{child_id}", PDF, remark="")
    assert "申请已提交" in page.text
    decided(centre, citizen.request_id, "approve")
    assert "已核对" in family.guardian.get("/account/children").text
    stranger = Citizen(centre)
    assert stranger.browser.get(f"/account/reviews/guardianship/{child_id}").path == "/account/children"


def test_the_pages_speak_english(citizen):
    citizen.browser.headers["Accept-Language"] = "en"
    citizen.document()
    page = citizen.browser.get(f"/account/reviews/{citizen.request_id}")
    assert "Waiting" in page.text
    assert "Change of document or name" in page.text
