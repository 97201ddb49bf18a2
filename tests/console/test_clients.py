"""Operators and relying sites: found within reach, changed with a difference, given live in part, and never beyond two people."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from idp.audit.trail import SYSTEM, Actor
from idp.authn.models import SessionSite
from idp.core import clock, ids
from idp.mandates.models import Organisation
from idp.oidc.models import Client, ClientSecret
from idp.oidc.registration import clients
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.outbox.models import OutboxMessage
from idp.sites import by_command, errors_seen, versions
from idp.sites.errors_seen import Noted
from idp.sites.models import Release
from idp.sites.models_checks import Rehearsal
from idp.sites.rehearsal import jobs, words
from idp.sites.rehearsal.findings import FAILED, Finding
from idp.sites.rehearsal.points import POINTS
from idp.staff.models import Operator, Role
from tests.console.house import Browser, Console

HOME = "https://sample.example.gov.cn"


def metadata(**changed):
    return {
        "client_name": "样例办事系统", "client_uri": HOME, "initiate_login_uri": f"{HOME}/sign-in", "about": "办理样例事项",
        "redirect_uris": [f"{HOME}/callback"], "scope": "openid realname phone",
        "purposes": {"realname": "受理申请", "phone": "通知您"},
        "legal_bases": {"realname": "《行政许可法》第二十九条", "phone": "《行政许可法》第三十条"},
    } | changed  # fmt: skip


def organisation(house: Console, uscc: str) -> str:
    keyring, now, row_id = house.services.keyring, clock.now(), ids.new_id()
    with house.services.database.transaction() as db:
        db.add(
            Organisation(
                id=row_id, uscc=uscc, name=f"样例局{uscc[-4:]}", kind="organ", state="active", source="business",
                legal_representative_sealed=keyring.seal("测试甲", bound_to=f"organisations.representative:{row_id}"),
                legal_representative_index=keyring.blind_index("legal_representative", "测试甲"),
                created_at=now, checked_at=now, recheck_at=now, region=uscc[2:8],
            )
        )  # fmt: skip
    return row_id


def site(house: Console, *, owner: str | None = None, region: str = "", mode: str = "test", **changed) -> str:
    with house.services.database.transaction() as db:
        client_id, _ = clients.register(
            db, house.services.trail, metadata(**changed), keyring=house.services.keyring, actor=SYSTEM, mode=mode,
            organisation_id=owner, region=region, client_id=f"site-{ids.new_id()[-10:]}",
        )  # fmt: skip
        versions.keep(db, db.get_one(Client, client_id), versions.of_client(db.get_one(Client, client_id)),
                      state="current", actor=SYSTEM)  # fmt: skip
    return client_id


def asked(house: Console, client_id: str, owner: str, region: str = "370199") -> str:
    """A request as a department makes one."""
    with house.services.database.transaction() as db:
        version = versions.latest(db, client_id, "current")
        row = Release(
            id=ids.new_id(), client_id=client_id, version_id=version.id, organisation_id=owner, region=region,
            state="open", note="请批准", asked_by=house.account_id, asked_at=clock.now(),
        )  # fmt: skip
        db.add(row)
    return row.id


def checked_badly(house: Console, client_id: str, point: str) -> None:
    """A check that went to its end and found this one thing wrong."""
    finding = Finding(point, FAILED, "signed_in").stored()
    with house.services.database.transaction() as db:
        row = db.get_one(Client, client_id)
        db.add(
            Rehearsal(
                id=ids.new_id(), client_id=client_id, asked_by=house.account_id, start_url=HOME, page_url=HOME,
                state=jobs.DONE, next_point=0, findings={"points": [finding]}, version=jobs.version_of(row.metadata_),
                created_at=clock.now(), finished_at=clock.now(),
            )
        )  # fmt: skip


def row_of(house: Console, client_id: str) -> Client:
    with house.services.database.view() as db:
        return db.get_one(Client, client_id)


@pytest.fixture
def system(house):
    browser = Browser(house)
    browser.sign_in(house.staff[Role.SYSTEM])
    return browser


@pytest.fixture
def security(house):
    browser = Browser(house)
    browser.sign_in(house.staff[Role.SECURITY])
    return browser


@pytest.fixture
def owner(house):
    return organisation(house, "11370199MB2T00010A")


def test_the_list_is_filtered_and_leads_to_each_site(house, system, owner):
    one, other = site(house, owner=owner, region="370199"), site(house, client_name="别的系统", mode="live")
    page = system.get("/admin/clients?mode=test")
    assert one in page.text
    assert other not in page.text
    assert other in system.get("/admin/clients?name=别的").text
    assert one in system.get("/admin/clients?region=370100").text
    assert one in system.get("/admin/clients?department=11370199MB2T00010A").text
    assert "《行政许可法》" in system.get(f"/admin/clients/{one}").text


def test_a_site_out_of_reach_does_not_exist(house, system, owner):
    one = site(house, owner=owner, region="370199")
    with house.services.database.transaction() as db:
        db.execute(update(Operator).where(Operator.login == house.staff[Role.SYSTEM].login).values(region="370200"))
    assert system.get(f"/admin/clients/{one}").status_code == 404
    assert one not in system.get("/admin/clients").text
    assert system.post(f"/admin/clients/{one}/state", action="disable", reason="rules_broken").status_code == 404
    assert system.get(f"/admin/releases/{asked(house, one, owner)}").status_code == 404


def test_a_site_is_shut_out_and_let_in_with_a_reason(house, system, owner):
    one = site(house, owner=owner)
    system.get(f"/admin/clients/{one}")
    assert system.post(f"/admin/clients/{one}/state", action="disable", reason="").status_code == 400
    assert system.post(f"/admin/clients/{one}/state", action="disable", reason="rules_broken").status_code == 303
    assert row_of(house, one).state == "disabled"
    assert house.services.provider.clients.find(one) is None
    assert system.post(f"/admin/clients/{one}/state", action="enable", reason="put_right").status_code == 303
    ending = {"action": "delete", "reason": "no_longer_used"}
    assert "没有删除" in system.get(system.post(f"/admin/clients/{one}/state", **ending).location).text
    assert row_of(house, one).state != "deleted"
    assert system.post(f"/admin/clients/{one}/state", again=one, **ending).status_code == 303
    assert system.post(f"/admin/clients/{one}/state", action="enable", reason="put_right").status_code == 400
    assert row_of(house, one).state == "deleted"


def test_terms_are_changed_after_the_difference_and_can_be_undone(house, system):
    one = site(house, mode="live")
    system.get(f"/admin/clients/{one}")
    wanted = {"release_basis": "statutory_duty", "serves": "both", "level_scale": ""}
    page = system.post(f"/admin/clients/{one}/terms", action="compare", **wanted)
    assert "statutory_duty" in page.text
    assert row_of(house, one).release_basis == "consent"
    shown = re.search(r'name="shown" value="([^"]+)"', page.text)[1]
    assert system.post(f"/admin/clients/{one}/terms", action="confirm", shown="x", **wanted).status_code == 409
    asked = system.post(f"/admin/clients/{one}/terms", action="confirm", shown=shown, **wanted)
    assert row_of(house, one).release_basis == "consent"  # that people are not asked any more takes two
    assert system.post(f"{asked.location}/decision", action="allow").status_code == 403
    security = Browser(house)
    assert security.sign_in(house.staff[Role.SECURITY]).status_code == 303
    assert "不再被询问" in security.get(asked.location).text
    assert security.post(f"{asked.location}/decision", action="allow").status_code == 303
    row = row_of(house, one)
    assert (row.release_basis, row.metadata_["serves"]) == ("statutory_duty", "both")
    system.get(f"/admin/clients/{one}")
    assert system.post(f"/admin/clients/{one}/undo", number="1").status_code == 303
    row = row_of(house, one)
    assert (row.release_basis, ClientMetadata.stored(row.metadata_).serves) == ("consent", "people")


def test_what_two_people_decide_is_the_document_they_saw(house, system):
    one = site(house, mode="live")
    system.get(f"/admin/clients/{one}")
    wanted = {"release_basis": "statutory_duty", "serves": "people", "level_scale": ""}
    page = system.post(f"/admin/clients/{one}/terms", action="compare", **wanted)
    shown = re.search(r'name="shown" value="([^"]+)"', page.text)[1]
    asked = system.post(f"/admin/clients/{one}/terms", action="confirm", shown=shown, **wanted)
    other = {"release_basis": "consent", "serves": "both", "level_scale": ""}
    page = system.post(f"/admin/clients/{one}/terms", action="compare", **other)
    shown = re.search(r'name="shown" value="([^"]+)"', page.text)[1]
    assert system.post(f"/admin/clients/{one}/terms", action="confirm", shown=shown, **other).status_code == 303

    security = Browser(house)
    assert security.sign_in(house.staff[Role.SECURITY]).status_code == 303
    security.get(asked.location)
    assert security.post(f"{asked.location}/decision", action="allow").status_code == 409
    assert row_of(house, one).release_basis == "consent"


def test_a_site_without_an_owner_is_handed_to_a_department_and_to_no_company(house, system, owner):
    organisation(house, "91370199MA3T90010A")
    one = site(house)
    system.get(f"/admin/clients/{one}")
    assert system.post(f"/admin/clients/{one}/owner", uscc="91370199MA3T90010A").status_code == 400
    assert system.post(f"/admin/clients/{one}/owner", uscc="11370199MB2T00010A").status_code == 303
    assert (row_of(house, one).organisation_id, row_of(house, one).region) == (owner, "370199")
    assert system.post(f"/admin/clients/{one}/owner", uscc="11370199MB2T00010A").status_code == 409


def test_nothing_of_it_goes_live_without_a_reason_or_beyond_one_person(house, system, security, owner):
    one = site(house, owner=owner, region="370199")
    release = asked(house, one, owner)
    page = system.get(f"/admin/releases/{release}")
    assert "受理申请" in page.text
    assert "样例局" in page.text
    assert system.post(f"/admin/releases/{release}", action="approve", scope="realname").status_code == 400
    answer = system.post(f"/admin/releases/{release}", action="approve", scope="realname", waiver="试点", remark="好")
    assert "/admin/approvals/" in answer.location
    assert row_of(house, one).mode == "test"
    approval = answer.location.rpartition("/")[2]
    assert system.post(f"/admin/approvals/{approval}/decision", action="allow").status_code == 403
    page = security.get(f"/admin/approvals/{approval}")
    assert "受理申请" in page.text
    assert security.post(f"/admin/approvals/{approval}/decision", action="allow").status_code == 303
    row = row_of(house, one)
    assert row.mode == "live"
    assert row.metadata_["scope"] == "openid realname"
    assert "phone" not in row.metadata_["purposes"]
    assert "site.released" in house.acts()


def test_what_is_not_sensitive_takes_one_person(house, system, owner):
    one = site(house, owner=owner, scope="openid", purposes={}, legal_bases={})
    release = asked(house, one, owner)
    system.get(f"/admin/releases/{release}")
    assert system.post(f"/admin/releases/{release}", action="approve", waiver="试点").status_code == 303
    assert row_of(house, one).mode == "live"
    assert system.post(f"/admin/releases/{release}", action="approve", waiver="试点").status_code == 409


def test_no_more_can_be_ticked_than_was_asked(house, system, owner):
    one = site(house, owner=owner, scope="openid", purposes={}, legal_bases={})
    release = asked(house, one, owner)
    system.get(f"/admin/releases/{release}")
    answer = system.post(
        f"/admin/releases/{release}", action="approve", waiver="试点", scope="realname", subject="public", level="yes"
    )
    assert answer.status_code == 303
    assert row_of(house, one).metadata_["scope"] == "openid"
    assert ClientMetadata.stored(row_of(house, one).metadata_).subject_type == "pairwise"


def test_what_was_sent_back_while_the_second_person_read_stays_back(house, system, security, owner):
    one = site(house, owner=owner)
    release = asked(house, one, owner)
    system.get(f"/admin/releases/{release}")
    answer = system.post(f"/admin/releases/{release}", action="approve", scope="realname", waiver="试点")
    approval = answer.location.rpartition("/")[2]
    system.get(f"/admin/releases/{release}")
    assert system.post(f"/admin/releases/{release}", action="return", remark="").status_code == 400
    assert system.post(f"/admin/releases/{release}", action="return", remark="用途不清楚").status_code == 303
    security.get(f"/admin/approvals/{approval}")
    assert security.post(f"/admin/approvals/{approval}/decision", action="allow").status_code == 409
    assert row_of(house, one).mode == "test"


def test_a_secret_by_an_operator_takes_two_and_is_seen_once(house, system, security, owner):
    one = site(house, mode="live")
    system.get(f"/admin/clients/{one}")
    answer = system.post(f"/admin/clients/{one}/secret", reason="secret_lost")
    approval = answer.location.rpartition("/")[2]
    assert system.post(f"/admin/clients/{one}/secret/made", approval=approval).status_code == 409
    security.get(f"/admin/approvals/{approval}")
    assert security.post(f"/admin/approvals/{approval}/decision", action="allow").status_code == 303
    system.get(f"/admin/clients/{one}/secret?approval={approval}")
    page = system.post(f"/admin/clients/{one}/secret/made", approval=approval, overlap="0")
    secret = re.search(r'id="client_secret">([^<]+)<', page.text)[1]
    assert page.headers["Cache-Control"] == "no-store"
    with house.services.database.view() as db:
        kept = db.get_one(ClientSecret, ids.digest(secret))
    assert kept.expires_at is not None
    assert system.post(f"/admin/clients/{one}/secret/made", approval=approval).status_code == 409


def test_another_sites_approval_makes_no_secret(house, system, security):
    one, other = site(house), site(house)
    system.get(f"/admin/clients/{one}")
    approval = system.post(f"/admin/clients/{one}/secret", reason="secret_lost").location.rpartition("/")[2]
    security.get(f"/admin/approvals/{approval}")
    security.post(f"/admin/approvals/{approval}/decision", action="allow")
    system.get(f"/admin/clients/{other}")
    before = secrets_of(house, other)
    assert system.post(f"/admin/clients/{other}/secret/made", approval=approval).status_code == 400
    assert secrets_of(house, other) == before


def secrets_of(house: Console, client_id: str) -> set[str]:
    with house.services.database.view() as db:
        return set(db.scalars(select(ClientSecret.digest).where(ClientSecret.client_id == client_id)))


def test_what_went_past_the_review_is_shown_to_those_who_approve(house, signed_in):
    client_id = site(house)
    s = house.services
    with s.database.transaction() as db:
        row = db.get_one(Client, client_id, with_for_update=True)
        s.sites.by_command.past_review(db, row, "域名被劫持", actor=Actor("operator", "command-line"))
    for role in (Role.SECURITY, Role.SYSTEM):
        browser = signed_in[role]
        assert "一周内未经审核的应用修改" in browser.get("/admin/").get_data(as_text=True)
        assert "域名被劫持" in browser.get("/admin/emergencies").get_data(as_text=True)
    clock.travel(timedelta(days=8))
    with s.database.view() as db:
        assert client_id not in {row.client_id for row in db.scalars(by_command.lately())}


def test_an_operator_reads_deliveries_and_errors_and_sends_one_again(house, signed_in):
    client_id, s = site(house), house.services
    with s.database.transaction() as db:
        started = s.sessions.start(
            db, house.account_id, aal=1, amr=("pwd",), device="d" * 20, browser="", address="10.0.0.1"
        )
        db.flush()
        reached = {"session_id": started.session_id, "client_id": client_id, "subject": "s", "first_at": clock.now()}
        db.add(SessionSite(sid=ids.new_id(), **reached))
        topic = f"logout:{started.session_id}"
        message = s.outbox.post(db, "backchannel_logout", recipient=client_id, payload={}, topic=topic)
        db.flush()
        row = db.get(OutboxMessage, message)
        row.state, row.settled_at, row.last_error = "dead", clock.now(), "http_400"
        errors_seen.write(db, Noted(client_id, "code_verifier", "", "S256", "t" * 32, clock.now()))
    browser = signed_in[Role.SYSTEM]
    text = browser.get(f"/admin/clients/{client_id}/deliveries").get_data(as_text=True)
    assert "http_400" in text
    assert "code_verifier" in text
    browser.post(f"/admin/clients/{client_id}/deliveries", message=message)
    with s.database.view() as db:
        assert len(db.scalars(select(OutboxMessage).where(OutboxMessage.recipient == client_id)).all()) == 2


def test_a_reviewer_reads_in_words_what_the_check_found(house, system, owner):
    one = site(house, owner=owner, region="370199")
    point = next(iter(POINTS))
    checked_badly(house, one, point)
    page = system.get(f"/admin/releases/{asked(house, one, owner)}").text
    assert "没有通过" in page
    assert words.of(point, "zh").title in page
    assert point not in page


def test_the_terms_of_a_deleted_site_are_settled(house, system, owner):
    one = site(house, owner=owner, region="370199")
    with house.services.database.transaction() as db:
        db.execute(update(Client).where(Client.client_id == one).values(state="deleted"))
    system.get("/admin/clients")
    answer = system.post(f"/admin/clients/{one}/terms", release_basis="statutory_duty", action="compare")
    assert answer.status_code == 404
