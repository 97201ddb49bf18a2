"""The statistics in the console: what each of the staff sees of them, as charts, tables, files and sentences."""

import csv
import io
import re
from collections import Counter
from datetime import date, timedelta

import pytest

from idp.admin import statistics as statistics_page
from idp.admin import statistics_words
from idp.core import clock
from idp.oidc.models import Client
from idp.staff.models import Operator, Role
from idp.statistics import measures, retention, tally
from idp.statistics.anomalies import Anomaly
from tests.console.house import Console
from tests.console.test_api import Program

LIXIA, QINGDAO = "370102", "370200"


def today() -> date:
    return clock.now().astimezone(clock.BEIJING).date()


def put(
    house: Console,
    measure: str,
    count: int,
    *,
    day: date | None = None,
    key: str = "",
    site: str = "",
    region: str = "",
) -> None:
    with house.services.database.transaction() as db:
        tally.add(db, Counter({tally.Place(measure, region, site, day or today(), key): count}))


def site(house: Console, client_id: str, name: str) -> None:
    now = clock.now()
    with house.services.database.transaction() as db:
        db.add(
            Client(
                client_id=client_id, state="active", release_basis="consent", metadata_={"client_name": name},
                created_at=now, updated_at=now,
            )
        )  # fmt: skip


def limit(house: Console, region: str, clients: list[str] | None = None) -> None:
    with house.services.database.transaction() as db:
        row = db.get_one(Operator, house.staff[Role.DEPARTMENT].id)
        row.region, row.clients = region, clients


@pytest.fixture
def filled(house):
    site(house, "portal", "=测试门户")
    for region in ("", LIXIA):
        put(house, measures.SIGN_IN, 1234 if not region else 34, key="password", region=region)
        put(house, measures.SITE_SIGN_IN, 1000 if not region else 3, site="portal", region=region)
        put(house, measures.SITE_SIGN_IN, 1000 if not region else 3, region=region)
    put(house, measures.SIGN_IN_FAILED, 77, key="password")
    put(house, measures.PROOF, 5, key="registry/refuted")
    put(house, measures.OPERATOR_ACT, 8, key="account")
    return house


def test_charts_come_with_their_tables_and_files(filled, signed_in):
    page = signed_in[Role.SYSTEM].get("/admin/statistics").text

    assert "1,234" in page
    assert "密码错误" in page
    assert "=测试门户" in page
    assert page.count("data-chart=") >= 4
    assert page.count("<table>") >= page.count("data-chart=")
    assert "echarts.common.min.js" in page
    assert "echarts" not in signed_in[Role.SYSTEM].get("/admin/clients").text
    answer = signed_in[Role.SYSTEM].get("/admin/statistics/sites.csv?days=7")
    assert answer.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows == [["应用", "代码", "登录次数"], ["'=测试门户", "portal", "1000"]]  # no program takes it for a formula
    assert answer.data.startswith(b"\xef\xbb\xbf")


def test_a_long_period_is_told_by_whole_months(filled, signed_in):
    begins = (today().replace(day=1) - timedelta(days=100)).replace(day=1)
    put(filled, measures.SIGN_IN, 50, day=begins)
    put(filled, measures.SIGN_IN, 7, day=begins + timedelta(days=20))

    asked = f"since={begins + timedelta(days=15)}&until={today()}"
    page = signed_in[Role.SYSTEM].get(f"/admin/statistics?{asked}").text
    answer = signed_in[Role.SYSTEM].get(f"/admin/statistics/sign_ins.csv?{asked}")

    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[:2] == [["月份", "登录成功", "登录失败"], [f"{begins:%Y-%m}", "57", "0"]]
    assert rows[-1] == [f"{today():%Y-%m}", "1234", "77"]
    assert f"{begins:%Y%m}-{today():%Y%m}.csv" in answer.headers["Content-Disposition"]
    assert f"{begins} — {today()} · 较长或较早的时段按整月统计" in page
    assert "<strong>1,291</strong>" in page
    assert "按整月" not in signed_in[Role.SYSTEM].get("/admin/statistics?days=90").text


def test_a_year_fills_few_rows_of_its_tables(filled, signed_in):
    page = signed_in[Role.SYSTEM].get("/admin/statistics?days=365").text

    assert 'aria-current="page">近一年<' in page
    assert len(re.findall("<tr>", page)) < 150


def test_any_of_very_many_sites_is_asked_for_by_its_code(filled, signed_in, monkeypatch):
    site(filled, "zz-last", "测试末端应用")
    put(filled, measures.SITE_SIGN_IN, 2000, site="zz-last")
    monkeypatch.setattr(statistics_page, "_SITES", 2)
    system = signed_in[Role.SYSTEM]

    assert '<input id="site"' in system.get("/admin/statistics").text
    assert "测试末端应用" in system.get("/admin/statistics").text  # the ranking names whatever it shows
    page = system.get("/admin/statistics?site=zz-last").text
    assert "测试末端应用" in page
    assert 'value="zz-last"' in page


def test_days_that_are_no_longer_kept_are_told_by_their_month(filled, signed_in):
    put(filled, measures.SIGN_IN, 17, day=today() - timedelta(days=300))
    retention.forget(filled.services.database, 120)
    day = today() - timedelta(days=300)

    page = signed_in[Role.SYSTEM].get(f"/admin/statistics?since={day}&until={day}").text

    assert "<strong>17</strong>" in page
    assert f"{day.replace(day=1)} — " in page
    program = Program(filled, Role.SYSTEM)
    refused = program.get(f"/statistics/sign_in?since={day}&until={day}")
    assert refused.status_code == 422
    assert "by=month" in refused.json["errors"][0]
    assert program.get(f"/statistics/sign_in?since={day}&until={day}&by=month").json["days"]


def test_sources_and_reasons_have_names_on_the_page_and_codes_in_the_file(filled, signed_in):
    put(filled, measures.PROOF, 6, key="population/verified")
    put(filled, measures.PROOF, 4, key="face/unavailable")
    system = signed_in[Role.SYSTEM]

    page = system.get("/admin/statistics").text
    table = list(csv.reader(io.StringIO(system.get("/admin/statistics/sources.csv").data.decode("utf-8-sig"))))

    assert "人口库" in page
    assert ">population<" not in page
    assert "人脸核验" in page
    assert ">face<" not in page
    assert table[0] == ["身份源", "代码", "一致", "不一致", "不可用", "未完成"]
    assert {tuple(row[:2]) for row in table[1:]} == {
        ("人口库", "population"),
        ("人脸核验", "face"),
        ("人口库", "registry"),
    }


def test_the_address_is_the_filter_and_nothing_else_is_found(filled, signed_in):
    system = signed_in[Role.SYSTEM]

    assert (
        "1,234"
        not in system.get(
            f"/admin/statistics?since={today() - timedelta(days=9)}&until={today() - timedelta(days=1)}"
        ).text
    )
    assert "34" in system.get(f"/admin/statistics?region={LIXIA}").text
    assert system.get("/admin/statistics?site=portal").status_code == 200
    for wrong in ("region=999999", "region=abc", "site=nothing", "site=" + "x" * 99):
        assert system.get(f"/admin/statistics?{wrong}").status_code == 404
    for odd in ("days=-1", "days=99999", "days=٣", "since=2026-99-99", "since=3026-01-01", "until=0001-01-01"):
        assert system.get(f"/admin/statistics?{odd}").status_code == 200
    assert system.get("/admin/statistics/nothing.csv").status_code == 404


def test_who_looks_after_a_region_sees_its_people_and_no_small_number_of_a_site(filled, signed_in):
    limit(filled, LIXIA)
    staff = signed_in[Role.DEPARTMENT]

    page = staff.get("/admin/statistics").text

    assert "1,234" not in page
    assert "少于 5" in page
    assert "少于 5" in staff.get("/admin/statistics/sites.csv").data.decode()
    assert "1000" not in staff.get("/admin/statistics/sites.csv").data.decode()
    assert staff.get(f"/admin/statistics?region={QINGDAO}").status_code == 404
    assert staff.get("/admin/statistics?region=370000").status_code == 404
    assert "少于 5" in staff.get("/admin/statistics?site=portal").text


def test_who_has_named_sites_sees_these_and_their_numbers_only(filled, signed_in):
    site(filled, "clinic", "测试诊所")
    put(filled, measures.SITE_SIGN_IN, 55, site="clinic")
    limit(filled, "", ["clinic"])
    staff = signed_in[Role.DEPARTMENT]

    page = staff.get("/admin/statistics").text

    assert ">55<" in page
    assert "1,234" not in page
    assert "=测试门户" not in page
    assert staff.get("/admin/statistics?site=portal").status_code == 404


def test_what_operators_do_is_counted_for_those_who_watch_them(filled, signed_in):
    seen = {role: signed_in[role].get("/admin/statistics/operators.csv").status_code for role in Role}

    assert {role for role, status in seen.items() if status == 200} == {Role.SECURITY, Role.AUDIT}


def test_the_anomalies_of_the_day_are_said_in_both_languages(filled, signed_in):
    put(filled, measures.SIGN_IN_FAILED, 1163, key="wrong")
    for week, count in enumerate((400, 380, 410, 400), start=1):
        put(filled, measures.SIGN_IN_FAILED, count, key="wrong", day=today() - timedelta(days=7 * week))

    page = signed_in[Role.SYSTEM].get("/admin/statistics").text

    assert "今日登录失败 1,240 次，为前四周同日中位数的 3.1 倍，主要原因：密码错误。" in page
    told = Anomaly(measures.SIGN_IN_FAILED, today(), 1240, 400.0, "password", is_high=True)
    with filled.app.test_request_context(headers={"Accept-Language": "en"}):
        english = statistics_words.sentence(told, today())
    assert english == (
        "Today: Failed sign-ins 1,240, 3.1 times the median of the same weekday in the four weeks before;"
        " mainly: wrong password."
    )


def test_divisions_stand_beside_each_other_as_far_as_the_reach_goes(filled, signed_in):
    put(filled, measures.SIGN_IN, 340, key="sms", region="370100")
    put(filled, measures.SIGN_IN, 120, key="sms", region=QINGDAO)
    put(filled, measures.NEW_ACCOUNT, 3, key="self", region=QINGDAO)

    def table(role: Role, asked: str) -> list[list[str]]:
        answer = signed_in[role].get(f"/admin/statistics/{asked}")
        return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))

    assert table(Role.SYSTEM, "divisions.csv") == [["地区", "次数"], ["济南市 370100", "340"], ["青岛市 370200", "120"]]
    assert table(Role.SYSTEM, "divisions.csv?region=370100") == [["地区", "次数"], ["济南市 370102", "34"]]
    assert table(Role.SYSTEM, "new_people_of_divisions.csv") == [["地区", "次数"], ["青岛市 370200", "3"]]
    assert signed_in[Role.SYSTEM].get(f"/admin/statistics/divisions.csv?region={LIXIA}").status_code == 404
    limit(filled, "370100")
    assert table(Role.DEPARTMENT, "divisions.csv") == [["地区", "次数"], ["济南市 370102", "34"]]
    assert table(Role.DEPARTMENT, "divisions.csv?site=portal") == [["地区", "次数"], ["济南市 370102", "少于 5"]]
