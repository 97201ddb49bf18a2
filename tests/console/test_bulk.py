"""Lists in the console: handed in, checked, confirmed; proofs and exports only by a second person's word."""

import csv
import io
import re

from sqlalchemy import select

from idp.accounts import disclosures
from idp.audit.models import AuditEntry
from idp.bulk import exporting
from idp.bulk.work import Work
from idp.staff.models import Role
from tests.console.house import ISSUER, Browser, Console
from tests.contract.test_imports import resident


def hand_in(browser: Browser, content: bytes, label: str = "city-portal") -> str:
    browser.get("/admin/imports")
    answer = browser.client.post(
        "/admin/imports",
        data={"csrf_token": browser.token, "label": label, "list": (io.BytesIO(content), "people.csv")},
        content_type="multipart/form-data",
        base_url=ISSUER,
    )
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def work(house: Console) -> None:
    everything = house.services
    worker = Work(everything.database, everything.keyring, everything.trail, everything.accounts)
    while worker.round():
        pass


def test_a_list_of_ten_thousand_rows_is_checked_reported_and_brought_in(house, signed_in):
    system = signed_in[Role.SYSTEM]
    good = [f"199{n:08d},测试{n % 7}" for n in range(1, 10_001)]
    for n in range(0, 10_000, 500):
        good[n] = f"1380000,=cmd{n}"
    place = hand_in(system, "\n".join(["手机号,账户名", *(line.split(",")[0] + "," for line in good)]).encode())
    work(house)

    page = system.get(place).text
    assert "等待确认" in page
    assert ">9980<" in page
    assert ">20<" in page
    report = system.get(f"{place}/problems.csv")
    assert report.mimetype == "text/csv"
    told = list(csv.reader(io.StringIO(report.data.decode("utf-8-sig"))))
    assert told[:2] == [["行", "列", "问题"], ["2", "手机号", "不是中国大陆的 11 位手机号"]]
    assert len(told) == 21
    assert "1380000" not in report.text

    assert system.post(place, action="start").status_code == 303
    assert "导入中" in system.get(place).text
    assert system.post(place, action="start").status_code == 409
    assert system.post(place, action="cancel").status_code == 303
    assert "已取消" in system.get(place).text


def test_what_is_no_list_is_refused_in_words(house, signed_in):
    system = signed_in[Role.SYSTEM]
    system.get("/admin/imports")
    for content, label, sentence in (
        (b"a,b\n1,2", "city", "表头不正确"),
        ("手机号\n".encode(), "city", "名单中没有数据"),
        ("手机号\n1".encode(), "不是代号", "请填写来源系统的代号"),
        (b"", "city", "请填写来源系统的代号"),
        (b"\x00\x01", "city", "文件不能读取"),
    ):
        answer = system.client.post(
            "/admin/imports",
            data={"csrf_token": system.token, "label": label, "list": (io.BytesIO(content), "x.csv")},
            content_type="multipart/form-data",
            base_url=ISSUER,
        )
        assert answer.status_code == 400
        assert sentence in answer.text


def test_proofs_of_a_list_count_once_a_second_person_says_so(house, signed_in):
    system, security = signed_in[Role.SYSTEM], signed_in[Role.SECURITY]
    line = f"19900000009,测试乙,{resident(1)},2026-01-02"
    place = hand_in(system, f"手机号,姓名,身份证号,实名时间\n{line}".encode())
    work(house)
    system.get(place)
    assert system.post(place, action="ask").status_code == 303
    [request] = set(re.findall(r"/admin/approvals/[0-9a-f]{32}", system.get("/admin/approvals").text))
    assert system.post(f"{request}/decision", action="allow").status_code == 403
    told = security.get(request).text
    assert "city-portal" in told
    assert "已实名" in told
    assert resident(1) not in told
    assert security.post(f"{request}/decision", action="allow").status_code == 303
    work(house)

    assert "生效，账户成为“已实名”" in system.get(place).text
    with house.services.database.view() as db:
        proven = db.scalars(select(AuditEntry).where(AuditEntry.act == "identity.proven")).one()
    assert proven.details == {"source": "import", "ial": 1}


def test_proofs_that_a_second_person_refused_may_be_asked_for_again(house, signed_in):
    system, security = signed_in[Role.SYSTEM], signed_in[Role.SECURITY]
    place = hand_in(system, f"手机号,姓名,身份证号,实名时间\n19900000009,测试乙,{resident(1)},2026-01-02".encode())
    work(house)
    system.get(place)
    assert system.post(place, action="ask").status_code == 303
    [request] = set(re.findall(r"/admin/approvals/[0-9a-f]{32}", system.get("/admin/approvals").text))
    assert "申请采信实名信息" not in system.get(place).text
    assert system.post(place, action="ask").status_code == 409
    security.get("/preferences/set?language=en&back=/admin/")
    told = security.get(request).text
    assert "the accounts become" in told
    assert not re.search(r"<dd>[^<]*[\u4e00-\u9fff]", told)
    assert security.post(f"{request}/decision", action="refuse", remark="not_needed").status_code == 303

    assert "申请采信实名信息" in system.get(place).text
    assert system.post(place, action="ask").status_code == 303
    assert len(set(re.findall(r"/admin/approvals/[0-9a-f]{32}", system.get("/admin/approvals").text))) == 2


def test_accounts_leave_the_house_once_and_masked_unless_that_was_allowed(house, signed_in):
    system, security = signed_in[Role.SYSTEM], signed_in[Role.SECURITY]
    system.get("/admin/exports")
    asked = {"fields": ["account_id", "phone", "username"], "reason": "inspection", "ticket": "J-1"}
    assert system.post("/admin/exports", **{**asked, "ticket": ""}).status_code == 400
    place = system.post("/admin/exports", **asked).location
    [approval] = re.findall(r"[0-9a-f]{32}", place)
    assert system.post(f"/admin/exports/{approval}").status_code == 409
    told = security.get(place).text
    assert "没有，全部掩码" in told
    assert security.post(f"{place}/decision", action="allow").status_code == 303
    assert security.get(f"/admin/exports/{approval}").status_code == 403

    system.get(f"/admin/exports/{approval}")
    answer = system.post(f"/admin/exports/{approval}")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows == [["账户编号", "手机号", "账户名"], [house.account_id, "199****0001", "sa***"]]
    assert system.post(f"/admin/exports/{approval}").status_code == 409
    assert "accounts.exported" in house.acts()


def test_an_export_that_would_be_cut_or_empty_is_refused_before_anybody_is_asked(house, signed_in, monkeypatch):
    system = signed_in[Role.SYSTEM]
    system.get("/admin/exports")
    asked = {"fields": ["account_id"], "reason": "inspection", "ticket": "J-1"}

    assert "没有符合条件的账户" in system.post("/admin/exports", **asked, state="closed").text
    monkeypatch.setattr(exporting, "MOST", 0)
    answer = system.post("/admin/exports", **asked)
    assert answer.status_code == 400
    assert "超过 200,000 个" in answer.text
    assert "approval.asked" not in house.acts()


def test_columns_in_full_are_written_in_full_and_safe_for_spreadsheets(house, signed_in):
    system, security = signed_in[Role.SYSTEM], signed_in[Role.SECURITY]
    system.get("/admin/exports")
    asked = {"fields": ["phone", "state"], "unmasked": ["phone", "name"], "reason": "breach_notice", "ticket": "J-2"}
    place = system.post("/admin/exports", **asked).location
    security.get(place)
    assert security.post(f"{place}/decision", action="allow").status_code == 303
    system.get(place)
    answer = system.post(place.replace("approvals", "exports"))

    assert answer.data.decode("utf-8-sig").splitlines() == ["状态,手机号", "active,19900000001"]
    with house.services.database.view() as db:  # for the person to read
        [told] = disclosures.of_account(db, house.account_id)
    assert (told.field, told.role, told.reason, told.is_bulk) == ("phone", "system", "breach_notice", True)
