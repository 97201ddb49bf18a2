"""What each site does with the person it was told about."""

import re
from urllib.parse import urlsplit

import pytest

from clients.kit import masking
from clients.kit.levels import reaches
from tests.clients_demo.provider import COMPANY

APPLY = "/services/flexible-employment/apply"


def answers(page, **changes):
    form = {"csrf_token": page.field("csrf_token"), "once": page.field("once")}
    return form | {"city": "济南", "work": "平台就业", "base": "100%", "promise": "yes"} | changes


def test_an_application_asks_for_the_level_and_fills_the_form(sites, browser, provider):
    page = browser.open(f"{sites['service_hall']}{APPLY}")

    asked = provider.asked[-1]
    assert asked["scope"] == "openid realname phone"
    assert asked["acr_values"] == "ial1"
    assert "测试甲" in page.element("applicant")
    assert "370199********0017" in page.text
    assert "199****0001" in page.text
    assert "370199198503070017" not in page.text


def test_an_application_is_accepted_once_however_often_it_is_sent(sites, browser):
    hall = sites["service_hall"]
    form = answers(browser.open(f"{hall}{APPLY}"))

    first, again = browser.post(f"{hall}{APPLY}", form), browser.post(f"{hall}{APPLY}", form)

    number = first.element("acceptance-number")
    assert re.fullmatch(r"\d{16}", number)
    assert again.element("acceptance-number") == number
    assert browser.open(first.url).element("acceptance-number") == number
    assert browser.open(hall).text.count(f"受理编号 {number}") == 1


def test_a_mistake_keeps_what_was_chosen(sites, browser):
    hall = sites["service_hall"]
    page = browser.open(f"{hall}{APPLY}")

    page = browser.post(f"{hall}{APPLY}", answers(page, base="", promise=""))

    assert page.status == 422
    assert "请选择缴费档次" in page.text
    assert re.search(r'value="平台就业"[^>]* checked', page.text)
    assert browser.post(f"{hall}{APPLY}", answers(page, once=page.field("once"))).element("acceptance-number")


def test_an_application_without_the_form_of_this_session_is_not_accepted(sites, browser):
    hall = sites["service_hall"]
    form = answers(browser.open(f"{hall}{APPLY}"))

    assert browser.post(f"{hall}{APPLY}", {**form, "csrf_token": "made up"}).status == 400
    assert "还没有办件" in browser.open(hall).text


def test_nobody_sees_the_application_of_another(sites, browser, provider):
    hall = sites["service_hall"]
    receipt = browser.post(f"{hall}{APPLY}", answers(browser.open(f"{hall}{APPLY}")))
    browser.http.cookies.clear()
    provider.subject = "another-subject"

    assert browser.open(receipt.url).status == 404


@pytest.mark.parametrize("error", ["unmet_authentication_requirements", "access_denied", "invalid_scope"])
def test_a_refused_application_says_what_to_do(sites, browser, provider, error):
    provider.refusal = error

    page = browser.open(f"{sites['service_hall']}{APPLY}")

    assert urlsplit(page.url).path == "/callback"
    assert page.status in (400, 403)
    assert APPLY in page.text or "next=%2Fservices%2Fflexible-employment%2Fapply" in page.text


def test_an_answer_less_sure_than_asked_does_not_open_the_form(sites, browser, provider):
    provider.acr = "ial0.aal1"

    page = browser.open(f"{sites['service_hall']}{APPLY}")

    assert page.status == 403
    assert "实名核验" in page.text
    assert page.element("applicant") is None
    assert page.who
    assert len(provider.asked) == 1


def test_the_credit_record_is_named_and_the_same_every_time(sites, browser, provider):
    first = browser.open(f"{sites['credit']}/report")
    assert provider.asked[-1]["scope"] == "openid realname"
    assert provider.asked[-1]["acr_values"] == "ial1"
    assert first.element("record-name") == "测试甲"
    assert "演示数据" in first.text

    assert browser.open(f"{sites['credit']}/report").text.count("YS") == first.text.count("YS") == 1


def test_a_refused_consent_is_kind_and_can_be_reconsidered(sites, browser, provider):
    provider.is_signed_in, provider.refusal = True, "consent_required"
    assert browser.open(sites["credit"]).element("sign-in")
    provider.refusal = "access_denied"

    page = browser.open(f"{sites['credit']}/report")
    assert page.status == 403
    assert "没有同意" in page.text
    assert 'href="/report"' in page.text
    assert page.who is None

    provider.refusal = ""
    assert browser.open(f"{sites['credit']}/report").element("record-name") == "测试甲"


DRAFT = {"name": "样例·测试车间", "kind": "备案", "region": "济南", "amount": "1200", "promise": "yes"}


def file_project(sites, browser, **changes):
    page = browser.open(f"{sites['investment']}/file")
    hidden = {name: page.field(name) for name in ("csrf_token", "once")}
    return browser.post(f"{sites['investment']}/file", {**hidden, **DRAFT, **changes, "action": "confirm"})


def test_a_company_files_a_project_and_sees_who_did(sites, browser, provider):
    provider.acts_for = COMPANY
    empty = browser.open(f"{sites['investment']}/mine")
    assert empty.who
    assert empty.element("company") == "山东示例科技有限公司"
    assert "还没有在这里申报过" in empty.text

    receipt = file_project(sites, browser)
    assert receipt.status == 200
    assert "样例·测试车间" in receipt.text
    assert receipt.element("filed-by") == f"经办人 {receipt.who}"
    assert {question["service"] for question in provider.questions} == {"project.read", "project.file"}
    assert "样例·测试车间" in browser.open(f"{sites['investment']}/mine").text


def test_a_form_sent_twice_is_one_project(sites, browser, provider):
    provider.acts_for = COMPANY
    page = browser.open(f"{sites['investment']}/file")
    form = {**{name: page.field(name) for name in ("csrf_token", "once")}, **DRAFT}
    first, second = (browser.post(f"{sites['investment']}/file", form) for _ in range(2))
    assert first.url == second.url


def test_what_is_missing_in_a_project_is_said_and_nothing_typed_is_lost(sites, browser, provider):
    provider.acts_for = COMPANY
    page = file_project(sites, browser, amount="viel", kind="", promise="")
    assert page.status == 422
    assert "还有 3 处需要补充" in page.text
    assert 'value="样例·测试车间"' in page.text
    assert not [question for question in provider.questions if question["service"] == "project.file"]


def test_after_the_mandate_has_ended_the_next_project_is_refused(sites, browser, provider):
    provider.acts_for = COMPANY
    file_project(sites, browser)
    provider.may_act = False
    refused = file_project(sites, browser, name="样例·第二个")
    assert refused.status == 403
    assert "您现在不能代表这个单位办理" in refused.text
    assert "/switch" in refused.text
    assert browser.open(f"{sites['investment']}/mine").status == 403
    provider.may_act = True
    assert "样例·第二个" not in browser.open(f"{sites['investment']}/mine").text


@pytest.mark.parametrize(
    "lie",
    [{"typ": "JWT"}, {"iss": "https://evil.example"}, {"aud": "another"}, {"exp": 1}, {"sub": "somebody-else"},
     {"principal": "another-company"}, {"service": "project.read"}],
    ids=str,
)  # fmt: skip
def test_an_answer_that_is_not_the_centres_to_this_question_files_nothing(sites, browser, provider, lie):
    provider.acts_for = COMPANY
    browser.open(f"{sites['investment']}/file")
    provider.answer = lie
    assert file_project(sites, browser).status == 503
    provider.answer = {}
    assert "还没有在这里申报过" in browser.open(f"{sites['investment']}/mine").text


def test_who_comes_for_themselves_is_told_how_to_choose_a_company(sites, browser, provider):
    for path in ("/mine", "/file"):
        page = browser.open(f"{sites['investment']}{path}")
        assert page.status == 403
        assert "请以单位名义办理" in page.text
    browser.open(f"{sites['investment']}/switch?next=https://evil.example/")
    assert provider.asked[-1]["principal"] == "select"


def test_another_company_sees_nothing_of_it(sites, browser, provider):
    provider.acts_for = COMPANY
    code = file_project(sites, browser).url.rpartition("/")[2]
    provider.acts_for = COMPANY | {"principal": {**COMPANY["principal"], "id": "another-company"}}
    page = browser.open(f"{sites['investment']}/switch")
    assert "还没有在这里申报过" in page.text
    assert browser.open(f"{sites['investment']}/mine/{code}").status == 404


@pytest.mark.parametrize("path", ["/nowhere", "/services/nothing", "/projects/0", "/applications/1", "/%00", "/news/'"])
def test_an_address_that_leads_nowhere_leads_back(sites, browser, path):
    for name in sites:
        page = browser.open(f"{sites[name]}{path}")
        assert page.status == 404
        assert 'href="/"' in page.text


def test_no_log_line_names_a_person_or_holds_a_token(sites, browser, provider, caplog):
    provider.refusal = "access_denied"
    browser.open(f"{sites['credit']}/report")
    provider.refusal = ""
    browser.open(f"{sites['credit']}/report")
    said = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("clients"))

    assert "access_denied" in said
    for secret in ("测试甲", "370199198503070017", "eyJ"):
        assert secret not in said


@pytest.mark.parametrize(
    ("acr", "wanted", "enough"),
    [
        ("ial1.aal1", "", True),
        ("ial1.aal1", "ial1", True),
        ("ial2.aal1", "ial1", True),
        ("ial0.aal3", "ial1", False),
        ("ial3.aal1", "aal2", False),
        ("ial1.aal2", "ial1.aal2", True),
        ("ial1", "ial1.aal1", False),
        ("", "ial1", False),
        ("something else", "ial1", False),
    ],
)
def test_levels_are_compared_axis_by_axis(acr, wanted, enough):
    assert reaches(acr, wanted) is enough


def test_numbers_are_masked():
    assert masking.resident_id("370199198503070017") == "370199********0017"
    assert masking.resident_id("123") == "***"
    assert masking.phone("+8619900000001") == "199****0001"
    assert masking.phone("12") == "**"
