"""The first page: what needs somebody now, urgent first, within their permissions and their reach, in bounded time."""

from datetime import timedelta

from sqlalchemy import event, select, update

from idp.admin import needs
from idp.core import clock, ids
from idp.core.errors import StoreUnavailable
from idp.oidc.models import Client, ClientSecret
from idp.outbox.models import OutboxMessage
from idp.outbox.outbox import Outbox
from idp.staff.models import Operator, Role


def failed(house, recipient, *, state="dead", tries=8, kind="backchannel_logout"):
    with house.services.database.transaction() as db:
        Outbox(house.services.keyring).post(db, kind, recipient=recipient, payload={"to": "x"})
        newest = select(OutboxMessage.id).order_by(OutboxMessage.id.desc()).limit(1).scalar_subquery()
        db.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id == newest)
            .values(state=state, tries=tries, last_error="status_500"),
            execution_options={"synchronize_session": False},
        )


def site(house, client_id, *, region="", expires=None):
    now = clock.now()
    with house.services.database.transaction() as db:
        db.add(
            Client(
                client_id=client_id, state="active", release_basis="consent", metadata_={"client_name": client_id},
                created_at=now, updated_at=now, region=region,
            )
        )  # fmt: skip
        db.flush()
        for number, at in enumerate(expires or []):
            db.add(
                ClientSecret(
                    digest=ids.digest(f"{client_id}{number}"), client_id=client_id, created_at=now, expires_at=at
                )
            )


def test_who_has_nothing_to_do_reads_what_would_appear(house, signed_in):
    page = signed_in[Role.SYSTEM].get("/admin/").text

    assert "现在没有需要您处理的事项" in page
    assert "没有送达的通知" in page
    assert "昨日" in page
    assert 'class="todo"' not in page


def test_every_role_has_a_first_page_with_nothing_of_others(house, signed_in):
    for role, browser in signed_in.items():
        answer = browser.get("/admin/")
        assert answer.status_code == 200
        assert ("没有送达的通知" in answer.text) is (role in {Role.SYSTEM, Role.SECURITY, Role.DEPARTMENT})
        assert ("昨日" in answer.text) is (role is not Role.COUNTER)


def test_what_fails_comes_first_and_leads_to_where_it_is_seen(house, signed_in):
    site(house, "hall")
    failed(house, "hall")
    failed(house, "hall", state="waiting", tries=4)
    failed(house, "sms", kind="sms")
    system = signed_in[Role.SYSTEM]
    page = system.get("/admin/").text

    assert page.index("没有送达的通知") < page.index("没有待办")
    assert '<span class="count">2</span>' in page
    listed = system.get("/admin/deliveries").text
    assert listed.count("status_500") == 2
    assert "短信" in listed
    assert system.get("/admin/deliveries?state=waiting").text.count("status_500") == 1


def test_a_department_sees_its_own_sites_only(house, signed_in):
    site(house, "near", region="370102")
    site(house, "far", region="370202")
    for each in ("near", "far", "far"):
        failed(house, each)
    failed(house, "sms", kind="sms")
    with house.services.database.transaction() as db:
        db.execute(update(Operator).where(Operator.id == house.staff[Role.DEPARTMENT].id).values(region="370100"))
    department = signed_in[Role.DEPARTMENT]

    assert '<span class="count">1</span>' in department.get("/admin/").text
    assert "far" not in department.get("/admin/deliveries").text


def test_a_secret_that_is_being_replaced_needs_nobody(house, signed_in):
    soon, later = clock.now() + timedelta(days=10), clock.now() + timedelta(days=300)
    site(house, "running-out", expires=[soon])
    site(house, "replaced", expires=[soon, later])
    site(house, "for-ever", expires=[None])
    site(house, "over", expires=[clock.now() - timedelta(days=1)])
    page = signed_in[Role.SYSTEM].get("/admin/").text

    assert "应用密码三十天内到期的应用" in page
    assert '<span class="count">1</span>' in page


def test_a_part_that_cannot_be_read_does_not_take_the_page_with_it(house, signed_in, monkeypatch):
    def away(*_):
        raise StoreUnavailable

    broken = [needs.Need(need.label, need.permission, need.endpoint, away, need.is_urgent) for need in needs.NEEDS]
    monkeypatch.setattr(needs, "NEEDS", broken)
    answer = signed_in[Role.SYSTEM].get("/admin/")

    assert answer.status_code == 200
    assert "暂时读不到" in answer.text


def test_the_page_asks_a_bounded_number_of_questions(house, signed_in):
    site(house, "hall")
    for _ in range(30):
        failed(house, "hall")
    asked = []
    engine = house.services.database.engine
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    signed_in[Role.SYSTEM].get("/admin/")

    assert len(asked) < 40


def test_an_operator_who_has_not_come_for_a_quarter_is_told_of(house, signed_in):
    long_ago = clock.now() - timedelta(days=91)
    assert '<span class="count">' not in signed_in[Role.SECURITY].get("/admin/").text
    with house.services.database.transaction() as db:
        db.execute(update(Operator).where(Operator.id == house.staff[Role.AUDIT].id).values(last_sign_in_at=long_ago))
    page = signed_in[Role.SECURITY].get("/admin/").text

    assert '<span class="count">1</span>' in page
    assert "没有登录的管理人员" in page.partition("没有待办")[0]
    assert "没有登录的管理人员" not in signed_in[Role.DEPARTMENT].get("/admin/").text
    listed = signed_in[Role.SECURITY].get("/admin/staff?state=dormant").text.partition("<tbody>")[2]
    assert "/admin/staff?state=dormant" in page
    assert "sample.audit" in listed
    assert "sample.security" not in listed
