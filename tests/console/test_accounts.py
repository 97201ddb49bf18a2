"""Accounts in the console: found by what names them, shown masked, a value in clear for a while, and each act with its effect."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from idp.accounts.models import Account, CareAct, Disclosure, Password
from idp.audit.models import AuditEntry
from idp.audit.trail import SYSTEM
from idp.authn.models import SsoSession
from idp.core import clock, ids
from idp.core.identifiers import Document, DocumentKind
from idp.core.identifiers.uscc import uscc_check_character
from idp.db import keyset
from idp.mandates.models import Organisation, Representation
from idp.outbox.models import OutboxMessage
from idp.realname import levels, listed, persons
from idp.realname.errors import BelongsToAnother
from idp.realname.models import Evidence
from idp.realname.ports import Applicant
from idp.staff import operators
from idp.staff.models import Operator, Role
from idp.staff.reach import EVERYWHERE
from idp.staff.sessions import SignedInOperator
from tests.console.house import Browser, Console

CARD = Document.of(DocumentKind.RESIDENT_ID, "370199198503070017")
OTHER = Document.of(DocumentKind.RESIDENT_ID, "370198198503070011")
PASSPORT = Document.of(DocumentKind.FOREIGN_PASSPORT, "E12345678", country="USA")


def account(house: Console, phone: str, *, username: str | None = None) -> str:
    everything = house.services
    with everything.database.transaction() as db:
        return everything.accounts.register(
            db, phone=phone, username=username, password_hash="x", agreements={}, locale="zh_CN", channel="test"
        )


def prove(house: Console, account_id: str, document: Document = CARD, name: str = "测试乙", *, ial: int = 1) -> None:
    keyring = house.services.keyring
    with house.services.database.transaction() as db:
        persons.remember(db, keyring, account_id, applicant=Applicant(name, document))
        db.add(
            Evidence(
                id=ids.new_id(), account_id=account_id, source="population", channel="scripted", verdict="verified",
                document_kind=document.kind.value, document_index=persons.document_index(keyring, document), ial=ial,
                at=clock.now(), expires_at=clock.now() + timedelta(days=700),
            )
        )  # fmt: skip
        listed.weigh(db, [account_id])


def sign_in(house: Console, account_id: str) -> str:
    with house.services.database.transaction() as db:
        started = house.services.sessions.start(
            db, account_id, aal=1, amr=("pwd",), device="d", browser="Firefox", address="10.0.0.1"
        )
    return started.session_id


def ial(house: Console, account_id: str) -> int:
    with house.services.database.view() as db:
        return levels.ial_of(db, account_id, clock.now())


def links(text: str) -> list[str]:
    return re.findall(r'<td><a href="/admin/accounts/([0-9a-f]{32})"', text)


def entries(house: Console, act: str) -> list[AuditEntry]:
    with house.services.database.view() as db:
        return list(db.scalars(select(AuditEntry).where(AuditEntry.act == act)))


@pytest.fixture
def system(house: Console, signed_in: dict[Role, Browser]) -> Browser:
    signed_in[Role.SYSTEM].get("/admin/accounts")
    return signed_in[Role.SYSTEM]


@pytest.fixture
def of_jinan(house: Console) -> Browser:
    """A member of a department whose duty ends at 370199."""
    everything = house.services
    with everything.database.transaction() as db:
        made = operators.add(
            db, everything.keyring, everything.trail, login="sample.jinan", role=Role.DEPARTMENT, actor=SYSTEM
        )
        db.execute(update(Operator).where(Operator.id == made.id).values(region="370199"))
    browser = Browser(house)
    assert browser.sign_in(made).status_code == 303
    browser.get("/admin/accounts")
    return browser


def test_everything_that_names_one_account_finds_it(house, system):
    mine = house.account_id
    prove(house, mine)
    stranger = account(house, "19900000002", username="passenger")
    prove(house, stranger, PASSPORT, "JOHN SAMPLE")

    for wanted in ("19900000001", "sampleone", mine, CARD.number, "测试乙", " 测试 乙 "):
        answer = system.post("/admin/accounts", identifier=wanted)
        assert answer.location == f"/admin/accounts/{mine}", wanted
    for wanted in ("USA E12345678", "usa:e12345678", "john sample"):
        assert system.post("/admin/accounts", identifier=wanted).location == f"/admin/accounts/{stranger}"
    for wanted in ("E12345678", "测试丙", "370199198503070018", "0" * 32, "91370199MA3TEST02Y"):
        assert system.post("/admin/accounts", identifier=wanted).status_code == 404, wanted


def test_a_credit_code_finds_whoever_acts_for_the_organisation(house, system):
    code = "91370199MA3TEXT01"
    code += uscc_check_character(code)
    with house.services.database.transaction() as db:
        organisation = Organisation(
            id=ids.new_id(), uscc=code, name="测试公司", kind="company", state="active", legal_representative_sealed="x",
            legal_representative_index="x", source="business", created_at=clock.now(), checked_at=clock.now(),
            recheck_at=clock.now(), region="370199",
        )  # fmt: skip
        db.add(organisation)
        db.flush()
        db.add(
            Representation(
                id=ids.new_id(), organisation_id=organisation.id, account_id=house.account_id, since=clock.now()
            )
        )
    assert system.post("/admin/accounts", identifier=code).location == f"/admin/accounts/{house.account_id}"


def test_people_who_share_a_name_are_listed_masked_and_paged_without_an_address(house, system, monkeypatch):
    monkeypatch.setattr(keyset.page, "__kwdefaults__", {"after": "", "size": 1, "is_newest_first": True})
    prove(house, house.account_id)
    second = account(house, "19900000002")
    prove(house, second, OTHER)

    first_page = system.post("/admin/accounts", identifier="测试乙")
    assert first_page.status_code == 200
    assert links(first_page.text) == [second]
    main = first_page.text.partition("<table")[2].partition("</table>")[0]
    assert "测*" in main
    assert "测试乙" not in main
    assert "19900000002" not in main
    [after] = re.findall(r'name="after" value="([^"]+)"', first_page.text)
    next_page = system.post("/admin/accounts", identifier="测试乙", after=after)
    assert links(next_page.text) == [house.account_id]


FILTERS = [
    ("", {"unknown", "proven", "frozen"}),
    ("?state=frozen", {"frozen"}),
    ("?ial=0", {"unknown"}),
    ("?ial=1", {"proven"}),
    ("?ial=2", {"frozen"}),
    ("?ial=3", set()),
    ("?region=370100", {"proven", "frozen"}),
    ("?region=370199&state=active", {"proven"}),
    ("?region=370000&ial=2&state=frozen&since=2020-01-01", {"frozen"}),
    ("?since=2999-01-01", set()),
    ("?until=2020-01-01", set()),
    ("?seen_since=2020-01-01", {"proven"}),
    ("?seen_until=2020-01-01", set()),
]


def test_the_filters_are_the_address(house, system):
    names = {
        "unknown": house.account_id,
        "proven": account(house, "19900000002"),
        "frozen": account(house, "19900000003"),
    }
    prove(house, names["proven"])
    prove(house, names["frozen"], OTHER, ial=2)
    sign_in(house, names["proven"])
    with house.services.database.transaction() as db:
        assert house.services.lifecycle.freeze(db, names["frozen"], actor=SYSTEM, reason="test")

    for asked, who in FILTERS:
        assert set(links(system.get(f"/admin/accounts{asked}").text)) == {names[each] for each in who}, asked


def test_what_no_filter_can_be_is_said_and_asks_nothing(system):
    for asked in ("state=any", "ial=7", "region=37", "region=%E5%B1%B1", "since=now", "until=9999-12-31"):
        assert system.get(f"/admin/accounts?{asked}").status_code == 400, asked
    assert system.get("/admin/accounts?after=%00").status_code == 200


def test_out_of_reach_is_as_if_it_did_not_exist(house, of_jinan):
    inside, outside = account(house, "19900000002"), account(house, "19900000003")
    prove(house, inside)
    prove(house, outside, OTHER)

    assert links(of_jinan.get("/admin/accounts").text) == [inside]
    assert of_jinan.post("/admin/accounts", identifier="19900000002").status_code == 303
    for wanted in ("19900000003", OTHER.number, outside, "sampleone"):
        assert of_jinan.post("/admin/accounts", identifier=wanted).status_code == 404
    for path in ("", "/acts/reset", "/acts/close"):
        assert of_jinan.get(f"/admin/accounts/{outside}{path}").status_code == 404
        assert of_jinan.get(f"/admin/accounts/{inside}{path}").status_code == 200
    for path, form in (
        ("", {"action": "freeze", "reason": "owner_request"}),
        ("/unmask", {"field": "phone", "reason": "handling_request"}),
        ("/acts/reverify", {"reason": "identity_misused"}),
    ):
        assert of_jinan.post(f"/admin/accounts/{outside}{path}", **form).status_code == 404
    assert ial(house, outside) == 1


def test_a_page_of_the_list_and_a_record_ask_a_bounded_number_of_statements(house, system):
    prove(house, house.account_id)
    counted = []
    event.listen(house.services.database.engine, "before_cursor_execute", lambda *given: counted.append(given[2]))
    costs = []
    for n in range(2):
        for path in ("/admin/accounts?state=active", f"/admin/accounts/{house.account_id}"):
            counted.clear()
            system.get(path)
            costs.append(len(counted))
        for i in range(8):
            prove(
                house,
                account(house, f"199000{n}01{i:02d}"),
                Document.of(DocumentKind.PRC_PASSPORT, f"E{n}00000{i:02d}"),
            )
            sign_in(house, house.account_id)
    assert costs[:2] == costs[2:]
    assert costs[0] <= 9
    assert costs[1] <= 30


def test_one_value_is_shown_in_clear_for_five_minutes_to_this_session_and_the_owner_reads_of_it(house, system):
    mine = f"/admin/accounts/{house.account_id}"
    prove(house, house.account_id)
    assert CARD.number not in system.get(mine).text
    assert system.post(f"{mine}/unmask", field="document", reason="curious").status_code == 400
    assert system.post(f"{mine}/unmask", field="secret", reason="handling_request").status_code == 400
    assert system.post(f"{mine}/unmask", field="document", reason="handling_request", ticket="A-1").status_code == 303

    shown = system.get(mine)
    assert CARD.number in shown.text
    assert "测试乙" not in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    again = Browser(house)
    clock.travel(timedelta(minutes=2))
    assert again.sign_in(house.staff[Role.SYSTEM]).status_code == 303
    assert CARD.number not in again.get(mine).text
    clock.travel(timedelta(minutes=4))
    assert CARD.number not in system.get(mine).text

    [entry] = entries(house, "account.disclosed")
    assert (entry.account_id, entry.details) == (
        house.account_id,
        {"field": "document", "reason": "handling_request", "ticket": "A-1"},
    )
    with house.services.database.view() as db:
        [row] = db.scalars(select(Disclosure))
    assert (row.field, row.role, row.operator_id) == ("document", "system", house.staff[Role.SYSTEM].id)


def test_many_values_leave_a_row_each_and_one_entry_that_names_the_batch(house, signed_in):
    others = [house.account_id, account(house, "19900000002")]
    who = SignedInOperator(house.staff[Role.SYSTEM].id, "s" * 32, "x", Role.SYSTEM, EVERYWHERE, clock.now())
    with house.services.database.transaction() as db:
        batch = house.services.disclosures.record_many(db, others, {"name", "phone"}, who, "export", "T-9")
    with house.services.database.view() as db:
        rows = list(db.scalars(select(Disclosure).where(Disclosure.batch == batch)))
    assert {(row.account_id, row.field) for row in rows} == {(a, f) for a in others for f in ("name", "phone")}
    [entry] = entries(house, "accounts.disclosed")
    assert (entry.details["batch"], entry.details["count"]) == (batch, 2)


def test_the_record_tells_the_life_of_the_account(house, system):
    mine = f"/admin/accounts/{house.account_id}"
    prove(house, house.account_id)
    sign_in(house, house.account_id)
    system.post(mine, action="freeze", reason="reported_stolen")
    system.post(mine, action="unfreeze", reason="owner_verified")
    shown = system.get(mine).text
    for said in ("population", "身份核验通过", "管理员冻结账户", "管理员解除冻结", "注册账户", "370199"):
        assert said in shown, said
    assert system.post(mine, action="unfreeze", reason="owner_verified").status_code == 409


def test_one_session_or_all_of_them_end(house, system):
    mine = f"/admin/accounts/{house.account_id}"
    first, second, third = (sign_in(house, house.account_id) for _ in range(3))
    stranger = sign_in(house, account(house, "19900000002"))
    system.get(mine)
    assert system.post(mine, action="end_session", session=first, reason="suspicious_use").status_code == 303
    assert system.post(mine, action="end_session", session=stranger, reason="suspicious_use").status_code == 409
    with house.services.database.view() as db:
        live = set(db.scalars(select(SsoSession.id).where(SsoSession.ended_at.is_(None))))
    assert live == {second, third, stranger}
    system.get(f"{mine}/acts/sessions")
    assert system.post(f"{mine}/acts/sessions", reason="owner_request").status_code == 303
    with house.services.database.view() as db:
        assert set(db.scalars(select(SsoSession.id).where(SsoSession.ended_at.is_(None)))) == {stranger}


def test_a_new_proof_is_asked_for_from_now_on(house, system):
    mine = f"/admin/accounts/{house.account_id}"
    prove(house, house.account_id, ial=2)
    page = system.get(f"{mine}/acts/reverify").text
    assert "核验程度降为 0" in page
    assert system.post(f"{mine}/acts/reverify", reason="no_such").status_code == 400
    assert system.post(f"{mine}/acts/reverify", reason="identity_misused", ticket="B-2").status_code == 303
    assert ial(house, house.account_id) == 0
    with house.services.database.view() as db:
        kept = db.get_one(Account, house.account_id)
    assert (kept.listed_ial, kept.region) == (0, "370199")
    [entry] = entries(house, "identity.ended")
    assert entry.details == {"reason": "identity_misused:B-2", "proofs": 1}
    prove(house, house.account_id, ial=1)  # the person may prove themselves anew
    assert ial(house, house.account_id) == 1


def test_a_reset_leaves_the_operator_nothing_to_use(house, system):
    account_id = account(house, "19900000002")
    session, mine = sign_in(house, account_id), f"/admin/accounts/{account_id}"
    page = system.get(f"{mine}/acts/reset").text
    assert "199****0002" in page
    answer = system.post(f"{mine}/acts/reset", reason="credentials_lost")
    assert answer.status_code == 303
    outbox = house.services.outbox
    with house.services.database.view() as db:
        assert db.get(Password, account_id) is None
        ended = db.get_one(SsoSession, session)
        sent = [
            outbox.opened(row).payload for row in db.scalars(select(OutboxMessage).where(OutboxMessage.kind == "sms"))
        ]
    assert ended.end_reason == "credentials_reset"
    [message] = [each["text"] for each in sent if each["to"] == "19900000002"]
    assert "忘记密码" in message
    assert not re.search(r"\d{4,}|http", message)  # no code, no link: both come to the owner's own browser alone
    assert "忘记密码" not in system.get(mine).text

    child = account_without_phone(house)
    page = system.get(f"/admin/accounts/{child}/acts/reset").text
    assert "窗口" in page
    assert 'name="reason"' not in page
    assert system.post(f"/admin/accounts/{child}/acts/reset", reason="credentials_lost").status_code == 409


def account_without_phone(house: Console) -> str:
    with house.services.database.transaction() as db:
        return house.services.accounts.register(
            db, phone=None, username="nophone", password_hash="x", agreements={}, locale="zh_CN", channel="test"
        )


def test_closing_is_what_the_owner_would_have_done(house, system):
    mine = f"/admin/accounts/{house.account_id}"
    prove(house, house.account_id)
    system.get(f"{mine}/acts/close")
    assert system.post(f"{mine}/acts/close", reason="person_deceased").status_code == 303
    assert "已注销" in system.get(mine).text
    assert system.get(f"{mine}/acts/close").status_code == 404
    assert system.post("/admin/accounts", identifier="19900000001").status_code == 404
    prove(house, account(house, "19900000001"))  # number and person may begin anew


def test_a_level_is_raised_by_two_persons_and_never_by_one(house, system, signed_in):
    mine = f"/admin/accounts/{house.account_id}"
    assert "还没有通过任何身份核验" in system.get(f"{mine}/level").text
    wanted = {"ial": "2", "days": "90", "reason": "register_outdated", "ticket": "C-3"}
    assert system.post(f"{mine}/level", **wanted).status_code == 409
    prove(house, house.account_id)
    for wrong in ({"ial": "3"}, {"days": "3650"}, {"ticket": ""}, {"reason": "because"}):
        assert system.post(f"{mine}/level", **{**wanted, **wrong}).status_code == 400
    asked = system.post(f"{mine}/level", **wanted).location
    assert system.post(f"{mine}/level", **wanted).status_code == 409
    assert ial(house, house.account_id) == 1

    assert system.post(f"{asked}/decision", action="allow").status_code == 403
    security = signed_in[Role.SECURITY]
    assert "已实人核验 ial2" in security.get(asked).text
    assert security.post(f"{asked}/decision", action="allow").status_code == 303
    assert ial(house, house.account_id) == 2
    assert security.post(f"{asked}/decision", action="allow").status_code == 409
    [entry] = entries(house, "account.level_raised")
    assert (entry.actor_id, entry.details["allowed_by"]) == (
        house.staff[Role.SYSTEM].id,
        house.staff[Role.SECURITY].id,
    )
    with house.services.database.view() as db:
        [said] = db.scalars(select(Evidence).where(Evidence.source == "operator"))
        [noted] = db.scalars(select(CareAct))
    assert (said.evidence_type, said.ial, said.request_number) == ("vouch", 2, asked.rpartition("/")[2])
    assert noted.act == "raise_level"
    clock.travel(timedelta(days=91))
    assert ial(house, house.account_id) == 1


def test_a_merge_is_undone_for_its_owner_and_both_accounts_stand_as_before(house, system, of_jinan):
    kept, other = house.account_id, account(house, "19900000002")
    prove(house, kept)
    with house.services.database.transaction() as db:
        refused = Evidence(
            id=ids.new_id(), account_id=other, source="test", channel="scripted", verdict="refuted",
            reason=BelongsToAnother.code, document_index=persons.document_index(house.services.keyring, CARD), ial=2,
            at=clock.now(), expires_at=clock.now() + timedelta(days=700),
        )  # fmt: skip
        db.add(refused)
        db.flush()
        offer = house.services.merging.offer(db, other)
        assert offer is not None
        house.services.merging.merge(db, offer)
        rows = {row.id: (row.state, row.region, row.listed_ial) for row in db.scalars(select(Account))}
    assert rows == {kept: ("active", "370199", 2), other: ("merged", "370199", 0)}
    assert of_jinan.get(f"/admin/accounts/{other}").status_code == 200  # whoever looks after one sees both

    page = system.get(f"/admin/accounts/{kept}/acts/part").text
    [merge] = re.findall(r'<option value="([0-9a-f]{32})"', page)
    assert (
        system.post(f"/admin/accounts/{kept}/acts/part", merge="0" * 32, reason="merged_by_mistake").status_code == 404
    )
    done = system.post(f"/admin/accounts/{kept}/acts/part", merge=merge, reason="merged_by_mistake", ticket="D-4")
    assert done.status_code == 303
    with house.services.database.view() as db:
        rows = {row.id: (row.state, row.region, row.listed_ial) for row in db.scalars(select(Account))}
    assert rows == {kept: ("active", "370199", 1), other: ("active", "", 0)}
    [entry] = entries(house, "account.parted")
    assert (entry.actor_kind, entry.actor_id) == ("operator", house.staff[Role.SYSTEM].id)
    assert system.post(f"/admin/accounts/{kept}/acts/part", merge=merge, reason="merged_by_mistake").status_code == 400


def test_who_may_only_read_is_offered_nothing_else(house, of_jinan):
    prove(house, house.account_id)
    page = of_jinan.get(f"/admin/accounts/{house.account_id}").text
    assert "人工提升核验程度" not in page  # a department may not ask for it
    assert of_jinan.get(f"/admin/accounts/{house.account_id}/level").status_code == 403
