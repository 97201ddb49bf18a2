"""The demo's citizens are made in one go, within the limits that everybody else lives under."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from demo import departments, people, seed, sites
from idp.accounts import details
from idp.core import clock, passwords
from idp.realname import levels
from tests.flows.centre import open_centre


def test_everyone_on_file_gets_an_account_and_their_level(
    tmp_path: Path, service_log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = passwords.hash_password("one password for all of them")
    monkeypatch.setattr(people, "passwords", SimpleNamespace(hash_password=lambda _secret: known))
    with open_centre(f"sqlite:///{tmp_path / 'idp.sqlite3'}", "", log_file=service_log) as centre:
        made = people.ensure(centre.services, {})
        assert len(made) == len(people.on_file())
        assert sum(person["ial"] for person in made) > 10
        with centre.services.database.view() as db:
            for person in made:
                found = centre.services.accounts.find(db, person["identifier"])
                assert found is not None
                assert levels.ial_of(db, found.id, clock.now()) == person["ial"]
                written = details.read(db, centre.services.keyring, found.id)
                assert written is not None
                assert written.values["email"].endswith("@mail.example.com")


def test_what_the_demo_people_wrote_stays_and_earlier_demo_data_is_filled_in(
    tmp_path: Path, service_log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = people.on_file()[:2]
    known = passwords.hash_password("one password for all of them")
    monkeypatch.setattr(people, "passwords", SimpleNamespace(hash_password=lambda _secret: known))
    monkeypatch.setattr(people, "on_file", lambda: two)
    with open_centre(f"sqlite:///{tmp_path / 'idp.sqlite3'}", "", log_file=service_log) as centre:
        s = centre.services
        first, second = people.ensure(s, {})
        with s.database.transaction() as db:
            mine, theirs = (s.accounts.find(db, each["identifier"]) for each in (first, second))
            assert mine is not None
            assert theirs is not None
            details.change(db, s.keyring, s.trail, mine.id, {"nickname": "甲", "email": None})
            details.forget(db, theirs.id)
        people.ensure(s, {each["identifier"]: each["password"] for each in (first, second)})
        with s.database.view() as db:
            kept, filled = (details.read(db, s.keyring, each.id) for each in (mine, theirs))
        assert kept is not None
        assert filled is not None
        assert (kept.values["nickname"], kept.values.get("email")) == ("甲", None)
        assert filled.values["email"].endswith("@mail.example.com")


def test_one_of_them_keeps_the_sites_of_a_department(
    tmp_path: Path, service_log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = [person for person in people.on_file() if person["username"] in {departments.CHIEF, departments.MANAGER}]
    known = passwords.hash_password("one password for all of them")
    monkeypatch.setattr(people, "passwords", SimpleNamespace(hash_password=lambda _secret: known))
    monkeypatch.setattr(people, "on_file", lambda: few)
    with open_centre(f"sqlite:///{tmp_path / 'idp.sqlite3'}", "", log_file=service_log) as centre:
        s = centre.services
        urls = {site.name: f"http://localhost:80{place:02}" for place, site in enumerate(sites.SITES)}
        for _ in range(2):  # it may run again
            answer = seed.seed(s, urls, earlier={})
        with s.database.view() as db:
            manager = s.accounts.find(db, answer["workbench"]["identifier"])
            assert manager is not None
            owned = s.sites.owners.departments(db, manager.id, clock.now())
            assert [each.name for each in owned] == ["示例市某局"]
            for client in answer["clients"]:
                row, _owner = s.sites.owners.site(db, manager.id, client["client_id"], clock.now())
                assert row.mode == "live"
