"""Journey 3: a verified identity on demand. Every no reads the same; no answer is neither a yes nor a no; later is possible."""

from __future__ import annotations

import json

import pytest

from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.usefixtures("alone")]

APPLY = "/services/flexible-employment/apply"


def _apply(me: Visitor, person) -> None:
    """As far as the question who the person is."""
    me.sign_in(person)
    assert me.name_at("service_hall") == person.identifier
    me.site("service_hall", APPLY)
    assert me.is_at("/verify-identity")


def _audited(demo, mark: int) -> list[dict[str, str]]:
    """The details of what the checks since then came to."""
    rows = demo.rows(
        "SELECT act, details FROM audit_entries WHERE act LIKE 'identity.%' AND rowid > ? ORDER BY rowid", mark
    )
    return [{"act": act, **json.loads(details)} for act, details in rows]


def test_every_no_reads_the_same_and_is_told_apart_in_the_audit(visitor, demo):
    _apply(visitor, demo.citizen(ial=0))
    pages, reasons = [], []
    for state in ("other_name", "absent", "dead"):
        mark = demo.audit_mark()
        visitor.prove(demo.in_registry(state))
        visitor.look(f"not-proven-{state}")
        pages.append((visitor.page.title(), visitor.text))
        (outcome,) = [row for row in _audited(demo, mark) if row["act"] == "identity.not_proven"]
        reasons.append((outcome["verdict"], outcome.get("reason")))

    assert "没有通过核验" in pages[0][1]
    assert pages[0] == pages[1] == pages[2]
    assert len(set(reasons)) == 3
    assert {verdict for verdict, _ in reasons} == {"refuted"}
    visitor.site("service_hall", APPLY)
    assert visitor.is_at("/verify-identity")  # nothing was let through


def test_a_source_that_is_down_offers_later_and_is_never_a_pass(visitor, demo):
    person, mark = demo.citizen(ial=0), demo.audit_mark()
    _apply(visitor, person)
    with demo.fault("population", "server_error"):
        visitor.prove(person)
    assert visitor.heading == "暂时无法核验身份"
    assert "人口库现在没有回应，这不是您的问题" in visitor.text
    visitor.look("source-down")

    visitor.press("later")
    assert visitor.where.startswith(demo.sites["service_hall"])
    assert visitor.heading == "还差一步：实名核验"
    assert visitor.page.inner_text("#who") == person.identifier  # still signed in
    visitor.look("hall-later")
    assert [row["verdict"] for row in _audited(demo, mark) if row["act"] == "identity.not_proven"] == ["unavailable"]
    assert not [row for row in _audited(demo, mark) if row["act"] == "identity.proven"]

    visitor.link("继续核验")  # the source is up again
    visitor.prove(person)
    assert person.name in visitor.page.inner_text("#applicant")
    assert "暂时" not in visitor.text


def test_reloading_and_going_back_after_posting_asks_nobody_twice(visitor, demo):
    person = demo.citizen(ial=0)
    _apply(visitor, person)
    visitor.fill(name=person.name, resident_id="370199198503070018")  # a wrong check digit: nobody is asked
    visitor.press("continue")
    mark = demo.audit_mark()
    visitor.page.reload()
    assert "核验后返回 政务服务大厅" in visitor.text
    assert _audited(demo, mark) == []

    visitor.prove(person)
    for choice in ("济南", "平台就业", "100%"):
        visitor.page.check(f"input[value='{choice}']")
    visitor.page.check("#promise")
    visitor.press("confirm")
    number = visitor.page.inner_text("#acceptance-number")
    visitor.page.reload()
    assert visitor.page.inner_text("#acceptance-number") == number
    visitor.back()  # to the form
    visitor.site("service_hall")
    assert visitor.text.count("受理编号") == 1
    assert [row["act"] for row in _audited(demo, mark)].count("identity.attempted") == 1


def test_a_number_that_is_somebody_elses_already_proves_nothing(visitor, demo):
    owner, person = demo.citizen(ial=1), demo.citizen(ial=0)
    _apply(visitor, person)
    visitor.prove(owner)

    assert visitor.is_at("/merge")
    visitor.look("belongs-to-another")
    assert owner.identifier not in visitor.text
    assert owner.phone not in visitor.text
