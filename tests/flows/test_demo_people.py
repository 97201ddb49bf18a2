"""The demo's citizens are made in one go, within the limits that everybody else lives under."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from demo import people
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
