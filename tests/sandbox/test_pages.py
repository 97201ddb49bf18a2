"""Every page is stamped, strict about its content, and the data behind them is synthetic and sound."""

import json
from datetime import date
from pathlib import Path

import pytest

import sandbox as sandbox_package
from demo.credentials import toml
from sandbox.app import create_app
from sandbox.settings import SettingMissing, Settings, from_environment
from tests.sandbox import agreed, wire

DATA = Path(sandbox_package.__file__).parent / "data"
PEOPLE = json.loads((DATA / "people.json").read_text("utf-8"))
ORGANISATIONS = json.loads((DATA / "organisations.json").read_text("utf-8"))


@pytest.mark.parametrize("path", ["/", "/sms", "/control", "/registry", "/nothing-here"])
def test_every_page_is_stamped_and_strict(sandbox, path):
    page = sandbox.get(path)

    assert "沙箱 sandbox" in page.text
    assert page.headers["sandbox"] == "yes"
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert page.headers["Cache-Control"] == "no-store"
    assert "<script" not in page.text
    assert "style=" not in page.text


def test_the_front_page_lists_what_is_there(sandbox):
    page = sandbox.get("/").text

    for path in ("/sms", "/control", "/registry"):
        assert f'href="{path}"' in page


def test_it_says_that_it_is_alive(sandbox):
    assert sandbox.get("/healthz").json() == {"status": "ok", "service": "sandbox"}


def test_the_sandbox_knows_nothing_of_the_service():
    for source in Path(sandbox_package.__file__).parent.rglob("*.py"):
        text = source.read_text("utf-8")
        assert "import idp" not in text
        assert "from idp" not in text


def test_people_are_sound_and_synthetic():
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    for person in PEOPLE:
        number = person["resident_id"]
        assert number[:6] in {"370199", "370299", "370699", "371399"}
        assert number[17] == "10X98765432"[sum(int(d) * w for d, w in zip(number[:17], weights, strict=True)) % 11]
        assert person["phone"] is None or person["phone"].startswith("1990000")
        assert person["registry"] in {"alive", "dead", "other_name", "absent"}
    for field in ("key", "resident_id"):
        assert len({person[field] for person in PEOPLE}) == len(PEOPLE)


def test_there_are_enough_accounts_to_be():
    accounts = [person for person in PEOPLE if person["username"]]

    assert len(accounts) >= 26
    assert all(person["purpose"] == "reserved" and person["username"] for person in PEOPLE[-16:])
    for group in (accounts[:-16], accounts[-16:]):
        assert {person["ial"] for person in group} == {0, 1}
    for person in accounts:
        born = date.fromisoformat(
            f"{person['resident_id'][6:10]}-{person['resident_id'][10:12]}-{person['resident_id'][12:14]}"
        )
        assert born < date(2008, 1, 1)
        assert person["registry"] == "alive"
    assert (
        len({person["phone"] for person in accounts})
        == len({person["username"] for person in accounts})
        == len(accounts)
    )


def test_organisations_belong_to_people():
    names = {person["key"]: person["name"] for person in PEOPLE}

    assert len(ORGANISATIONS) >= 6
    for organisation in ORGANISATIONS:
        head = organisation["legal_representative"]
        assert names[head["key"]] == head["name"]
        assert organisation["uscc"][2:8] == "370199"


def test_a_missing_setting_is_named():
    with pytest.raises(SettingMissing, match="SANDBOX_DATA"):
        from_environment({})


def test_settings_come_from_the_environment(tmp_path):
    config = tmp_path / "sandbox.toml"
    config.write_text(toml.written(agreed.PARTS), encoding="utf-8")
    settings = from_environment({"SANDBOX_DATA": str(tmp_path), "SANDBOX_CONFIG": str(config)})

    assert (settings.parts, settings.data) == (agreed.PARTS, tmp_path)
    assert wire.APP_KEY not in repr(settings)


def test_a_part_without_what_it_needs_is_named(tmp_path):
    with pytest.raises(SettingMissing, match=r"\[sms\] app_key"):
        create_app(Settings(tmp_path, {"sms": {"app_id": "sms-app-001"}}))


def test_it_answers_to_its_own_names_only(sandbox):
    assert sandbox.get("/sms/inbox.jsonl", headers={"Host": "evil.example"}).status_code == 421
    assert sandbox.get("/healthz", headers={"Host": "localhost:8010"}).status_code == 200
