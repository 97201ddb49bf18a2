"""Proving oneself by a challenge on a phone: the ways, consent, the wait, the phone, the end, and who may not see it."""

from __future__ import annotations

import io
import itertools
import re
from datetime import timedelta

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from idp.core import clock
from idp.core.identifiers.resident_id import check_character
from idp.oidc.verified import framework
from idp.realname import standing
from idp.realname.breaker import Breaker
from idp.realname.ports import Pending, Refutation, Refuted, Source, Surface, Unavailable, Verified
from idp.web import sources_shown
from tests.web.challenger import ScriptedPhoto, ScriptedScan

_numbers = itertools.count(100)
SURE = {"client_id": "hall", "scope": "openid profile realname", "acr_values": "ial2"}
PHONE = "Mozilla/5.0 (Linux; Android 14) Chrome/131.0 Mobile"
JPEG = b"\xff\xd8\xff\xe0" + b"x" * 2000


@pytest.fixture(scope="module")
def scan():
    return ScriptedScan()


@pytest.fixture(scope="module")
def other_scan():
    return ScriptedScan("other_scan")


@pytest.fixture(scope="module")
def photo():
    return ScriptedPhoto()


@pytest.fixture(scope="module")
def more_sources(scan, other_scan, photo):
    return (scan.configured, other_scan.configured, photo.configured)


@pytest.fixture(autouse=True)
def as_at_first(centre, scan, other_scan):
    yield
    for each in (scan, other_scan):
        each.begins, each.answer = None, Pending()
        Breaker(centre.services.store, each.source).succeeded()
    centre.registry.answer = Verified(centre.registry.capability.attests)


def new_number(born="19880808"):
    body = f"370199{born}{next(_numbers):03d}"
    return body + check_character(body)


@pytest.fixture
def someone(centre):
    return visitor(centre)


def visitor(centre, **headers):
    account_id, phone = centre.person()
    made = centre.visitor(**headers)
    made.account_id = account_id
    made.client.environ_base["REMOTE_ADDR"] = f"10.6.{next(_numbers)}.1"
    made.sign_in(phone)
    return made


def start(visitor, *, way="challenge:scan", number=None, **asked):
    """To the page of a challenge under way."""
    visitor.authorize(**{**SURE, **asked})
    page = visitor.submit(name="测试甲", resident_id=number or new_number(), way=way)
    if "单独同意" in page.text:
        page = visitor.submit("agree", face_consent="yes")
    assert page.path.startswith("/verify-identity/attempts/"), page.text
    return page


def look(visitor):
    clock.travel(timedelta(seconds=3))
    return visitor.get(visitor.page.path)


def level_of(centre, visitor):
    with centre.services.database.view() as db:
        return standing.standing_of(db, visitor.account_id, clock.now())


def test_a_scan_on_a_phone_lets_the_desk_go_on(centre, someone, scan):
    before = someone.client.get_cookie("idp_session", domain="localhost").value
    page = start(someone)
    assert "data:image/svg+xml;base64," in page.html
    assert look(someone).path.startswith("/verify-identity/attempts/")

    scan.answer = scan.yes()
    look(someone)

    assert someone.arrived["code"]
    assert level_of(centre, someone).ial == 2
    assert someone.client.get_cookie("idp_session", domain="localhost").value != before


def test_the_ways_that_reach_the_level_are_offered_and_no_other(someone):
    page = someone.authorize(**SURE)
    assert re.findall(r'name="way" value="([^"]+)"', page.html) == [
        "photo:photo", "challenge:scan", "challenge:other_scan",
    ]  # fmt: skip
    assert 'value="check:population"' not in page.html


def test_nothing_that_was_typed_is_in_an_address(someone):
    number = new_number()
    page = start(someone, number=number)
    for address in (page.path, *re.findall(r'(?:href|action|src)="([^"]+)"', page.html)):
        assert number not in address


def test_a_face_needs_a_consent_of_its_own_which_can_be_taken_back(centre, someone):
    someone.authorize(**SURE)
    page = someone.submit(name="测试甲", resident_id=new_number(), way="challenge:scan")
    assert "单独同意" in page.text
    page = someone.submit("agree")  # not ticked
    assert "请勾选同意" in page.text
    someone.submit("agree", face_consent="yes")
    assert someone.page.path.startswith("/verify-identity/attempts/")

    someone.get("/account/proofs")
    assert "撤回同意" in someone.page.text
    page = someone.submit("withdraw")
    assert "没有同意过，或者已经撤回" in page.text
    someone.authorize(**SURE)
    assert "单独同意" in someone.submit(name="测试甲", resident_id=new_number(), way="challenge:scan").text


def test_a_mismatch_raises_nothing_and_shows_other_ways(centre, someone, scan):
    start(someone)
    scan.answer = Refuted(Refutation.FACE_MISMATCH)
    page = look(someone)
    assert "没有通过核验" in page.text
    assert "换一种方式" in page.text
    assert level_of(centre, someone).ial == 0
    scan.answer = scan.yes()
    look(someone)
    assert level_of(centre, someone).ial == 0


def test_what_a_redirect_says_proves_nothing(centre, someone, scan):
    start(someone)
    page = someone.get("/verify-identity/returned/scan?passed=true&result=T&code=10000")
    assert page.path.startswith("/verify-identity/attempts/")
    look(someone)
    assert scan.polls[-1].has_returned
    assert level_of(centre, someone).ial == 0
    stranger = centre.visitor()
    assert "请回到开始核验的地方" in stranger.get("/verify-identity/returned/scan?passed=true").text


def test_nobody_else_sees_or_settles_it(centre, someone, scan):
    page = start(someone)
    scan.answer = scan.yes()
    asked = len(scan.polls)
    clock.travel(timedelta(seconds=3))
    path = page.path.split("?")[0]
    assert visitor(centre).get(path).status == 404
    assert someone.get(path).status == 404  # not on the way to the site
    assert centre.visitor().get(path).path.startswith("/sign-in")
    assert len(scan.polls) == asked
    assert level_of(centre, someone).ial == 0


def test_a_phone_goes_on_with_this_one_and_nothing_else(centre, someone, scan):
    page = start(someone)
    address = re.search(r'href="http://localhost:8123(/verify-identity/phone/[^"]+)"', page.html)[1]
    phone, thief = centre.visitor(**{"User-Agent": PHONE}), centre.visitor(**{"User-Agent": PHONE})
    assert "https://scan.example/" in phone.get(address).html
    assert thief.get(address).status == 404
    assert phone.get("/account").path.startswith("/sign-in")
    assert "请回到开始核验的地方" in phone.get("/verify-identity/returned/scan").text
    assert "已在您的手机上打开" in look(someone).text
    assert scan.polls[-1].has_returned
    someone.submit("other_phone")
    assert thief.get(address).status == 200
    scan.answer = scan.yes()
    look(someone)
    assert someone.arrived["code"]
    assert "请回到电脑" in thief.get(address).text


def test_on_a_phone_it_is_a_link(centre, scan):
    page = start(visitor(centre, **{"User-Agent": PHONE}))
    assert re.search(r'id="open-source" href="https://scan.example/', page.html)
    assert "data:image" not in page.html
    assert scan.scenes[-1].surface is Surface.PHONE


def test_an_application_of_the_source_talks_about_this_challenge(centre, someone, scan):
    start(someone)
    path = scan.scenes[-1].app_url.removeprefix("http://localhost:8123")
    client = centre.app.test_client()

    def say(where=path, **more):
        return client.post(where, base_url="http://localhost:8123", **more)

    assert say(json={"a": 1}).get_json() == {"told": len(scan.heard)}
    assert say(json={"b": 2}).status_code == 200
    assert say(json=[1]).status_code == 400
    assert say(data=b"x" * 9000).status_code == 413
    assert say("/verify-identity/attempts/" + "A" * 43 + "/app", json={}).status_code == 404
    look(someone)
    assert re.fullmatch(r"ticket of scan-\d+(\.\d+){2}", scan.polls[-1].ticket)
    assert {say(json={}).status_code for _ in range(40)} == {200, 429}


def test_a_source_that_cannot_begin_offers_the_next_way_with_what_was_typed(someone, scan, other_scan):
    scan.begins = Unavailable("timeout")
    someone.authorize(**SURE)
    number = new_number()
    page = someone.submit(name="测试甲", resident_id=number, way="challenge:scan")
    page = someone.submit("agree", face_consent="yes")
    assert "现在没有回应" in page.text
    assert 'value="challenge:other_scan"' in page.html
    page = someone.submit("", way="challenge:other_scan")
    assert page.path.startswith("/verify-identity/attempts/")
    other_scan.answer = other_scan.yes()
    look(someone)
    assert someone.arrived["code"]


def test_time_that_runs_out_ends_it_without_a_page(centre, someone, scan):
    centre.services.identity_proof.challenges.settle_open(clock.now() + timedelta(days=1))  # of the tests before
    start(someone)
    clock.travel(timedelta(minutes=11))
    assert centre.services.identity_proof.challenges.settle_open(clock.now()) == 1
    assert scan.polls[-1].is_last
    assert "没有在时间内完成" in look(someone).text
    assert centre.services.identity_proof.challenges.settle_open(clock.now()) == 0


def test_a_last_word_after_the_page_was_closed_still_counts(centre, someone, scan):
    start(someone)
    scan.answer = scan.yes()
    clock.travel(timedelta(minutes=11))
    centre.services.identity_proof.challenges.settle_open(clock.now())
    assert level_of(centre, someone).ial == 2


def test_who_is_known_writes_nothing_again(someone, scan, registry_says_yes):
    someone.authorize(**{**SURE, "acr_values": "ial1"})
    someone.submit(name="测试甲", resident_id=new_number(), way="check:population")
    assert someone.arrived["code"]
    page = someone.authorize(**SURE)
    assert "测**" in page.text
    assert 'name="resident_id"' not in page.html
    someone.submit(way="challenge:scan")
    someone.submit("agree", face_consent="yes")
    scan.answer = scan.yes()
    look(someone)
    assert someone.arrived["code"]


@pytest.fixture
def registry_says_yes(centre):
    centre.registry.answer = Verified(centre.registry.capability.attests)


def test_a_photo_is_read_once_and_has_a_size(centre, someone, photo):
    someone.authorize(**SURE)
    someone.submit(name="测试甲", resident_id=new_number(), way="photo:photo")
    page = someone.submit("agree", face_consent="yes")
    assert "拍一张照片" in page.text
    path, fields = page.form()

    def send(picture):
        data = {**fields, "action": "continue", "photo": (io.BytesIO(picture), "a.jpg")}
        return someone._follow(
            someone.client.post(path, data=data, base_url="http://localhost:8123", headers=someone.headers)
        )

    assert "照片太大" in send(JPEG * 22).text
    assert "JPEG" in send(b"GIF89a").text
    send(JPEG)
    assert someone.arrived["code"]
    assert photo.sizes == [len(JPEG)]


def test_a_failed_scan_of_somebody_known_speaks_of_the_face(someone, scan, registry_says_yes):
    someone.authorize(**{**SURE, "acr_values": "ial1"})
    someone.submit(name="测试甲", resident_id=new_number(), way="check:population")
    someone.authorize(**SURE)
    someone.submit(way="challenge:scan")
    someone.submit("agree", face_consent="yes")
    scan.answer = Refuted(Refutation.FACE_MISMATCH)
    page = look(someone)
    assert "请由本人正对镜头" in page.text
    assert "是否与身份证一致" not in page.text


def test_a_photo_that_does_not_agree_speaks_of_the_face_whatever_the_reason(someone, photo):
    said = set()
    for reason in (Refutation.FACE_MISMATCH, Refutation.NOT_FOUND, Refutation.DECEASED):
        photo.answer = Refuted(reason)
        someone.authorize(**SURE)
        page = someone.submit(name="测试甲", resident_id=new_number(), way="photo:photo")
        if "单独同意" in page.text:
            someone.submit("agree", face_consent="yes")
        page = with_photo(someone, JPEG)
        said |= set(re.findall(r"没有通过核验[^<]*", page.html))
    photo.answer = Verified(photo.capability.attests)
    assert len(said) == 1
    assert said.pop().startswith("没有通过核验。请由本人正对镜头")


def with_photo(visitor, picture):
    path, fields = visitor.page.form()
    boundary, body = encode_multipart(
        {**fields, "action": "continue", "photo": FileStorage(io.BytesIO(picture), "a.jpg")}
    )
    kind = f"multipart/form-data; boundary={boundary}"
    answer = visitor.client.post(
        path, data=body, content_type=kind, base_url="http://localhost:8123", headers=visitor.headers
    )
    return visitor._follow(answer)


def test_a_picture_straight_from_a_phone_gets_the_answer_of_the_form(someone):
    someone.authorize(**SURE)
    someone.submit(name="测试甲", resident_id=new_number(), way="photo:photo")
    someone.submit("agree", face_consent="yes")
    page = with_photo(someone, JPEG + b"x" * 2_900_000)
    assert page.status == 400
    assert "照片太大" in page.text
    assert page.form()[1]["name"] == "测试甲"
    assert with_photo(someone, JPEG + b"x" * 8_400_000).status == 413


def test_only_the_form_of_the_photo_may_be_long(someone):
    someone.authorize(**SURE)
    path, fields = someone.page.form()
    assert someone.post(path, {**fields, "name": "x" * 70_000}).status == 413
    long = {"data": {"photo": (io.BytesIO(b"x" * 70_000), "a.jpg")}, "base_url": "http://localhost:8123"}
    assert someone.client.post("/sign-in", **long).status_code == 413


def test_a_page_made_by_a_form_keeps_its_level_when_the_language_changes(someone):
    someone.get("/verify-identity?level=2")
    page = someone.submit(name="测试甲", resident_id=new_number(), way="challenge:scan")
    assert "单独同意" in page.text
    backs = set(re.findall(r'href="/preferences/set\?[^"]*back=([^"&]+)', page.html))
    assert backs == {"%2Fverify-identity%3Flevel%3D2"}


def test_the_basis_is_the_one_of_the_site(someone):
    assert "履行法定职责所必需" in someone.authorize(**SURE).text
    page = someone.authorize(**{**SURE, "client_id": "credit"})
    assert "您的同意（《个人信息保护法》" in page.text
    assert "履行法定职责所必需" not in page.text


def test_nobody_is_sent_to_a_counter_that_is_not_there(someone):
    page = someone.get("/verify-identity?level=3")
    assert "请以后再来" in page.text
    assert "政务服务大厅" not in page.text


def test_sources_are_named_by_their_label_in_the_language_of_the_page(centre):
    with centre.app.test_request_context("/", headers={"Accept-Language": "en"}):
        assert sources_shown.translated("电子营业执照") == "the electronic business licence"
    licence = Source("elicence", "电子营业执照")
    assert framework.offer([licence], has_counter=False).organizations == {"elicence": "电子营业执照"}


def test_expiry_lowers_at_once_and_says_so_before(centre, someone, scan):
    start(someone)
    scan.answer = scan.yes()
    look(someone)
    assert level_of(centre, someone).ial == 2
    clock.travel(timedelta(days=710))
    again = signed_in_again(centre, someone)
    assert "现在重新核验，办事时就不会被打断" in again.get("/account").text
    clock.travel(timedelta(days=30))
    again = signed_in_again(centre, someone)
    assert level_of(centre, someone).ial == 0
    assert "到期，需要重新核验一次" in again.authorize(**SURE).text


def signed_in_again(centre, someone):
    session = centre.visitor()
    with centre.services.database.view() as db:
        phone = centre.services.accounts.profile(db, someone.account_id).phone
    session.sign_in(phone)
    return session


def test_children_are_not_asked_about_and_minors_keep_their_face(someone):
    someone.authorize(**SURE)
    page = someone.submit(name="测试甲", resident_id=new_number("20160808"), way="challenge:scan")
    assert "未满 14 周岁" in page.text
    page = someone.submit(name="测试甲", resident_id=new_number("20100808"), way="challenge:scan")
    assert page.status == 400
    assert "单独同意" not in page.text


def test_the_record_shows_each_question_in_words(centre, someone, scan):
    start(someone)
    scan.answer = Refuted(Refutation.FACE_MISMATCH)
    look(someone)
    page = someone.get("/account/proofs")
    assert "刷脸样例" in page.text
    assert "没有通过" in page.text
    assert "样例站点hall" in page.text
    assert someone.get("/account/proofs?before=zz").status == 200
