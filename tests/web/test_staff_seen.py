"""What staff looked at and did in an account is told to its owner: the duty, the time, the reason, and never the name."""

from __future__ import annotations

from idp.audit.trail import SYSTEM
from idp.core import clock
from idp.staff import operators
from idp.staff.account_care import Because
from idp.staff.models import Role
from idp.staff.reach import EVERYWHERE
from idp.staff.sessions import SignedInOperator


def test_the_owner_reads_which_duty_looked_at_what_and_why(centre):
    account_id, phone = centre.person()
    visitor = centre.visitor()
    visitor.sign_in(phone)
    assert "工作人员的查看和办理" not in visitor.get("/account/activity").text
    everything = centre.services
    with everything.database.transaction() as db:
        made = operators.add(
            db, everything.keyring, everything.trail, login="sample.clerk", role=Role.SYSTEM, actor=SYSTEM
        )
        who = SignedInOperator(made.id, "s" * 32, made.login, Role.SYSTEM, EVERYWHERE, clock.now())
        everything.disclosures.record(db, account_id, "phone", who, "handling_complaint", "T-1")
        everything.disclosures.record_many(db, [account_id], {"name"}, who, "export", "T-2")
        everything.care.freeze(db, account_id, Because.of(who, "reported_stolen", "T-3"))
        everything.care.unfreeze(db, account_id, Because.of(who, "owner_verified"))

    again = centre.visitor()
    again.sign_in(phone)
    page = again.get("/account/activity").text
    for said in (
        "查看了您的手机号", "批量导出了您的姓名", "停用了账户", "恢复了账户", "系统管理员", "处理投诉", "账户被报告盗用",
    ):  # fmt: skip
        assert said in page, said
    assert "sample.clerk" not in page
    assert made.id not in page
    assert "T-1" not in page


def test_a_reset_account_is_opened_by_its_owners_phone_and_by_nothing_else(centre):
    """The operator's act gives nobody anything: the code comes in the owner's own browser, to the owner's phone."""
    account_id, phone = centre.person()
    was_in = centre.visitor()
    was_in.sign_in(phone)
    everything = centre.services
    with everything.database.transaction() as db:
        everything.care.reset(db, account_id, Because("0" * 32, "system", "credentials_lost"))
    assert was_in.get("/account").path.startswith("/sign-in")
    with_old = centre.visitor()
    assert with_old.sign_in(phone).path.startswith("/sign-in")

    owner = centre.visitor()
    owner.get("/recover")
    owner.submit(identifier=phone)
    owner.submit(otp=centre.code_for(phone))
    page = owner.submit(password="veilchen-Kanne-38-x")
    assert page.path.startswith("/account")
    assert centre.visitor().sign_in(phone, "veilchen-Kanne-38-x").path.startswith("/account")
