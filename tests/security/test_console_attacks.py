"""The console under attack: files made to break it, stolen tokens and cookies, and more than one person should get."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select, update

from idp.audit.trail import SYSTEM
from idp.bulk import lists
from idp.bulk.errors import ListTooLong, UnreadableList
from idp.core import clock, spreadsheet
from idp.oidc.models import Client
from idp.staff import enrolment, operators
from idp.staff.models import Approval, Invitation, Operator, Role
from idp.staff.operators import Duty, NewOperator
from idp.statistics import measures
from tests.console.house import ISSUER, Browser, Console, house, signed_in
from tests.console.test_api import Program
from tests.console.test_clients import organisation, site
from tests.console.test_statistics import put, today

__all__ = ["house", "signed_in"]

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def workbook(rows: str, *, shared: str = "") -> bytes:
    """An XLSX of one sheet, packed by hand."""
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r1" Type="{_OFFICE}/officeDocument" '
        f'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name="a" sheetId="1" '
        f'r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r1" '
        f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{shared}</sst>',
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr(name, text)
    return packed.getvalue()


def cell(place: str, text: str = "phone") -> str:
    return f'<row><c r="{place}" t="str"><v>{text}</v></c></row>'


BOMBS = {
    "a cell at the far corner": workbook(cell("A1") + cell("XFD1048576")),
    "cells without a place": workbook(
        "<row>" + "<c/>" * 200_000 + '<c t="str"><v>x</v></c></row>' + "<row/>" * 200_000 + cell("A400000", "x")
    ),
    "one text for every cell": workbook(
        '<row><c t="s"><v>0</v></c></row>' * 90_000, shared=f"<si><t>{'A' * 3_000_000}</t></si>"
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_workbook_that_would_fill_the_memory_is_refused_and_the_service_lives(name):
    with pytest.raises((ListTooLong, UnreadableList)):
        lists.read(BOMBS[name])


def test_a_workbook_in_order_is_read_all_the_same():
    assert lists.read(workbook(cell("A1") + cell("A2", "19900000001")))[1] == [(2, {"phone": "19900000001"})]


def test_a_stranger_hands_in_no_more_than_a_form_holds(house, signed_in):
    content, stranger = b"x" * (4 * 1024 * 1024), Browser(house)
    stranger.get("/admin/sign-in")
    for browser, status in ((stranger, 413), (signed_in[Role.SYSTEM], 400)):
        browser.get("/admin/imports")
        parts = (
            f'--x\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + said + b"\r\n"
            for name, more, said in (
                ("csrf_token", "", browser.token.encode()), ("label", "", b"city"), ("list", '; filename="x.csv"', content),
            )
        )  # fmt: skip
        answer = browser.client.post(
            "/admin/imports",
            data=b"".join(parts) + b"--x--\r\n",
            content_type="multipart/form-data; boundary=x",
            base_url=ISSUER,
        )
        assert answer.status_code == status


def test_one_person_alone_unmasks_no_crowd(house, signed_in):
    system, mine = signed_in[Role.SYSTEM], f"/admin/accounts/{house.account_id}"
    system.get(mine)
    asked = {"field": "phone", "reason": "handling_request"}
    seen = [system.post(f"{mine}/unmask", **asked).status_code for _ in range(61)]
    assert seen[:60] == [303] * 60
    assert seen[60] == 429
    assert house.acts().count("account.disclosed") == 60


def cursor(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "path",
    [
        f"/admin/accounts?after={cursor('0001-01-01T00:00:00+23:59', 'x')}",
        f"/admin/accounts?after={cursor('9999-12-31T23:59:59-23:59', 'x')}",
        f"/admin/sources/-/history?after={cursor(2**62)}",
        f"/admin/clients?after={cursor(True, None)}",
    ],
)
def test_a_forged_place_in_a_list_starts_it_anew(house, signed_in, path):
    assert signed_in[Role.SYSTEM].get(path).status_code == 200


def test_a_number_that_no_column_holds_is_no_version(house, signed_in):
    assert signed_in[Role.SECURITY].get(f"/admin/policies/password/versions/{10**40}").status_code == 404


def test_instants_at_the_ends_of_time_break_nothing_of_the_api(house):
    program = Program(house, Role.AUDIT)
    for instant in ("0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59"):
        assert program.get(f"/audit?since={instant}").status_code in {200, 400, 422}


def test_the_api_counts_what_the_staff_did_for_those_who_watch_them_alone(house):
    span = f"since={today()}&until={today()}"
    seen = {
        role: Program(house, role, {"statistics.read", *more}).get(f"/statistics/operator_act?{span}").status_code
        for role, more in (
            (Role.SYSTEM, ()), (Role.DEPARTMENT, ()), (Role.SECURITY, ("auditors.read",)), (Role.AUDIT, ("audit.read",)),
        )
    }  # fmt: skip
    assert seen == {Role.SYSTEM: 404, Role.DEPARTMENT: 404, Role.SECURITY: 200, Role.AUDIT: 200}


def test_who_has_one_site_learns_no_small_number_of_a_county_by_asking_for_all_of_theirs(house):
    client_id = site(house)
    put(house, measures.SITE_SIGN_IN, 2, site=client_id, region="370102")
    _give(house, Role.DEPARTMENT, clients=[client_id])
    program, span = Program(house, Role.DEPARTMENT), f"since={today()}&until={today()}"
    for asked in (f"region=370102&client_id={client_id}", "region=370102"):
        days = program.get(f"/statistics/site_sign_in?{span}&{asked}").json["days"]
        assert [each["is_small"] for each in days] == [True]


def test_a_secret_that_was_allowed_for_trying_out_is_none_of_a_live_site(house, signed_in):
    system, security = signed_in[Role.SYSTEM], signed_in[Role.SECURITY]
    one = site(house, owner=organisation(house, "11370199MA0000001P"), region="370199")
    system.get(f"/admin/clients/{one}")
    approval = system.post(f"/admin/clients/{one}/secret", reason="secret_lost").location.rpartition("/")[2]
    security.get(f"/admin/approvals/{approval}")
    assert security.post(f"/admin/approvals/{approval}/decision", action="allow").status_code == 303
    with house.services.database.transaction() as db:
        db.execute(update(Client).where(Client.client_id == one).values(mode="live"))

    system.get(f"/admin/clients/{one}/secret?approval={approval}")
    assert system.post(f"/admin/clients/{one}/secret/made", approval=approval).status_code == 409


def test_a_link_and_a_yes_for_another_duty_end_with_it(house, signed_in):
    """Who was allowed a link for an officer of a counter has none for the security administrator whom they become."""
    everything, officer = house.services, house.staff[Role.COUNTER].id
    system, security = signed_in[Role.SYSTEM], signed_in[Role.SECURITY]
    system.get(f"/admin/staff/{officer}")
    allowed = system.post(f"/admin/staff/{officer}", action="link", reason="lost_factor").location.rpartition("/")[2]
    security.get(f"/admin/approvals/{allowed}")
    assert security.post(f"/admin/approvals/{allowed}/decision", action="allow").status_code == 200
    with everything.database.transaction() as db:
        link = enrolment.invite(db, everything.trail, db.get_one(Operator, officer), actor=SYSTEM)
        operators.change(db, everything.trail, officer, Duty(Role.SECURITY), actor=SYSTEM)

    with everything.database.view() as db:
        assert db.get_one(Approval, allowed).state == "withdrawn"
        assert enrolment.find(db, link.secret) is None
        assert db.scalar(select(Invitation.voided_at).order_by(Invitation.id.desc())) is not None
    system.get(f"/admin/staff/approved/{allowed}")
    assert system.post(f"/admin/staff/approved/{allowed}").status_code == 409


def test_one_code_signs_in_or_confirms_and_never_both(house):
    who, browser = house.staff[Role.SYSTEM], Browser(house)
    code_of_the_sign_in = _code(who)
    assert browser.sign_in(who, otp=code_of_the_sign_in).status_code == 303
    browser.get("/admin/confirm")
    assert "验证没有通过" in browser.post("/admin/confirm", confirm_otp=code_of_the_sign_in, back="/admin").text


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/admin\\@evil.example", "/admin/\t/x"])
def test_a_confirmation_leads_nowhere_else(house, signed_in, back):
    page = signed_in[Role.SYSTEM].client.get("/admin/confirm", query_string={"back": back}, base_url=ISSUER)
    assert re.search(r'name="back" value="([^"]*)"', page.text)[1] == "/admin/"


def _code(who: NewOperator) -> str:
    return pyotp.TOTP(who.totp_secret).generate_otp(clock.epoch() // 30)


def _give(house: Console, role: Role, *, region: str = "", clients: list[str] | None = None) -> None:
    with house.services.database.transaction() as db:
        row = db.get_one(Operator, house.staff[role].id)
        row.region, row.clients = region, clients


def test_a_stolen_session_opens_no_papers_and_takes_no_trail(house, signed_in):
    """The thief has the cookie and no factor."""
    clock.travel(timedelta(minutes=11))
    for role, page, path in (
        (Role.AUDIT, "/admin/audit", "/admin/audit/export"),
        (Role.DEPARTMENT, "/admin/reviews", f"/admin/reviews/{'0' * 32}"),
    ):
        browser = signed_in[role]
        browser.get(page)
        assert 'name="confirm_otp"' in browser.post(path, action="claim").text


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@x", "\t=1", " =1", "\u3000=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20x"]
)
def test_no_cell_of_a_file_is_taken_for_a_formula(text):
    assert spreadsheet.cell(text) == f"'{text}"


def test_a_stolen_session_elsewhere_does_not_keep_itself_alive(house):
    """Its operator comes from one network; whoever tries it from another is refused, and it grows idle all the same."""
    who, browser = house.staff[Role.SYSTEM], Browser(house)
    assert browser.sign_in(who).status_code == 303
    with house.services.database.transaction() as db:
        db.get_one(Operator, who.id).networks = ["127.0.0.0/8"]
    clock.travel(timedelta(minutes=10))
    thief = {"REMOTE_ADDR": "203.0.113.9"}
    assert browser.client.get("/admin/", base_url=ISSUER, environ_overrides=thief).status_code == 303
    clock.travel(timedelta(minutes=10))
    assert "/admin/sign-in" in browser.get("/admin/").location
