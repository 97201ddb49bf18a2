"""Every fault of the control page shows on the wire, for a service or for one request."""

import time

import pytest

from sandbox.catalogue import PARTS
from tests.sandbox import wire
from tests.sandbox.wire import call, get_secret, request_about

MATCH = ("370199198503070017", "测试甲")


def ask(sandbox, **extra):
    secret = get_secret(sandbox) if not extra.get("switch") else ""
    if switch := extra.pop("switch", None):
        secret = get_secret(sandbox)
        sandbox.switch("population", switch)
    return call(sandbox, request_about(*MATCH), secret=secret, **extra)


@pytest.mark.parametrize("how", ["switch", "sandbox-fault"])
@pytest.mark.parametrize(
    ("fault", "status", "seen"),
    [
        ("soap_fault", 500, "<soap:Fault>"),
        ("fhdm_20", 200, "&lt;FHDM&gt;20&lt;/FHDM&gt;"),
        ("server_error", 500, "<html>"),
        ("closed", 503, "500001"),
        ("expired_secret", 401, "401002"),
        ("wrong_signature", 401, "401002"),
        ("quota", 429, "429001"),
        ("not_granted", 403, "403001"),
        ("doctype", 200, "&lt;!DOCTYPE"),
        ("record_error", 200, "code=&quot;99&quot;"),
        ("other_person", 200, "370299197001010111"),
        ("empty_codes", 200, "&lt;GMSFHM_PPDDM&gt;&lt;/GMSFHM_PPDDM&gt;"),
    ],
)
def test_a_fault_shows(sandbox, how, fault, status, seen):
    answer = ask(sandbox, **{how: fault})

    assert (answer.status, seen in answer.text) == (status, True)


def test_an_answer_can_be_broken_in_other_ways(sandbox):
    assert "PACKAGE" not in ask(sandbox, switch="garbage").text
    sandbox.switch("population", "none")
    assert not ask(sandbox, switch="malformed_xml").package.endswith("</PACKAGE>")
    sandbox.switch("population", "none")
    assert len(ask(sandbox, switch="oversize").text) > 1_000_000
    sandbox.switch("population", "none")
    echoed = call(sandbox, request_about(*MATCH, wire.REQUEST_NUMBER), **{"sandbox-fault": "wrong_request_id"})
    assert echoed.value("XM_PPDDM") == "1"
    assert echoed.value("FFQQBH") not in ("", wire.REQUEST_NUMBER)


def test_a_hanging_service_answers_late(sandbox):
    begun = time.monotonic()

    assert ask(sandbox, switch="hang").value("XM_PPDDM") == "1"
    assert time.monotonic() - begun >= 0.2


def test_a_garbled_token_cannot_be_decrypted(sandbox):
    sandbox.switch("population", "token_garbage")

    with pytest.raises(ValueError):
        get_secret(sandbox)


def test_a_fault_may_end_after_some_requests(sandbox):
    secret = get_secret(sandbox)
    sandbox.switch("population", "expired_secret", times=2)

    statuses = [call(sandbox, request_about(*MATCH), secret=secret).status for _ in range(3)]
    assert statuses == [401, 401, 200]


def test_the_header_of_one_request_outranks_the_switch(sandbox):
    sandbox.switch("population", "server_error")

    assert sandbox.post(wire.SERVICE, headers={"sandbox-fault": "closed"}).status_code == 503
    assert sandbox.post(wire.SERVICE, headers={"sandbox-fault": "none"}).status_code == 401
    assert sandbox.post(wire.SERVICE, headers={"sandbox-fault": "unheard-of"}).status_code == 400


def test_the_control_page_works_as_a_plain_form(sandbox):
    changed = sandbox.post("/control", data={"service": "sms", "fault": "server_error", "times": "", "action": "apply"})
    page = sandbox.get("/control").text

    assert (changed.status_code, changed.headers["Location"]) == (303, "/control")
    assert '<option value="server_error" selected>' in page
    sandbox.post("/control", data={"action": "reset"})
    assert "selected>正常应答（none）" in sandbox.get("/control").text


def test_the_control_page_works_as_json(sandbox):
    changed = sandbox.post("/control", json={"service": "population", "fault": "closed", "times": 3})
    shown = sandbox.get("/control", headers={"Accept": "application/json"}).json()

    assert changed.json()["services"]["population"] == {"fault": "closed", "remaining": 3}
    assert shown["services"]["population"]["fault"] == "closed"
    assert shown["faults"] == {part.name: list(part.all_faults) for part in PARTS}


@pytest.mark.parametrize(
    "asked",
    [
        {},
        [],
        {"service": "population"},
        {"service": "population", "fault": "unheard-of"},
        {"service": ["population"], "fault": "none"},
        {"service": "population", "fault": "closed", "times": 0},
        {"service": "population", "fault": "closed", "times": -1},
        {"service": "population", "fault": "closed", "times": True},
        {"service": "population", "fault": "closed", "times": "many"},
        {"service": "population", "fault": "closed", "times": 10**30},
    ],
)
def test_a_switch_that_does_not_exist_changes_nothing(sandbox, asked):
    answer = sandbox.post("/control", json=asked)

    assert answer.status_code == 400
    assert answer.json()["error"]
    switches = sandbox.get("/control", headers={"Accept": "application/json"}).json()["services"]
    assert {switch["fault"] for switch in switches.values()} == {"none"}


def test_another_site_cannot_switch_anything(sandbox):
    form = {"service": "sms", "fault": "hang"}

    assert sandbox.post("/control", data=form, headers={"Origin": "http://elsewhere.example"}).status_code == 403
    assert sandbox.post("/control", data=form, headers={"Origin": sandbox.url}).status_code == 303
    assert sandbox.post("/control", data=form, headers={"Origin": "null"}).status_code == 403


def test_a_person_switches_a_fault_on_and_off_in_a_browser(sandbox, chromium):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{sandbox.url}/control")
    page.locator("form", has=page.locator("[name=fault]")).first.locator("[name=fault]").select_option("hang")
    page.locator("form", has=page.locator("[name=fault]")).first.locator("button").click()
    assert page.url == f"{sandbox.url}/control"
    assert "hang" in sandbox.get("/control", headers={"Accept": "application/json"}).text
    page.locator('button[value="reset"]').click()
    switches = sandbox.get("/control", headers={"Accept": "application/json"}).json()["services"]
    assert {switch["fault"] for switch in switches.values()} == {"none"}
    context.close()


def test_broken_json_is_refused(sandbox):
    for body in (b"{", b"\xff", b"[" * 30_000, b'"text"'):
        answer = sandbox.post("/control", data=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400
