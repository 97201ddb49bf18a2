"""What people write about themselves: on both databases, two pages at once, sealed, and gone with the account."""

import json

import pytest

from idp.accounts import details
from idp.accounts.models import Details
from idp.audit.trail import Actor
from idp.core import clock
from idp.core.crypto import SealBroken
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.signing_in import House, race


def change(house: House, account_id: str, **members: object) -> bool:
    with house.database.transaction() as db:
        return details.change(db, house.base.keyring, house.trail, account_id, members)


def read(house: House, account_id: str) -> dict[str, object]:
    with house.database.glance() as db:
        found = details.read(db, house.base.keyring, account_id)
        asked = details.ask(db, house.base.keyring, account_id)()
    assert asked == found
    return dict(found.values) if found is not None else {}


def test_parts_are_written_changed_and_cleared_by_themselves(house: House) -> None:
    account_id, _ = house.person()
    assert read(house, account_id) == {}
    assert change(house, account_id, nickname="小甲", email="jia@example.com", address={"region": "山东省"})
    assert change(house, account_id, nickname="甲", email=None)
    assert read(house, account_id) == {"nickname": "甲", "address": {"region": "山东省"}}
    assert not change(house, account_id, nickname="甲", website="")
    entries = house.audited("details.changed", account_id)
    assert [entry.details["members"] for entry in entries] == [["address", "email", "nickname"], ["email", "nickname"]]
    assert all("甲" not in json.dumps(entry.details, ensure_ascii=False) for entry in entries)


def test_pages_that_are_saved_at_once_all_count(house: House) -> None:
    account_id, _ = house.person()
    names = ["nickname", "email", "website", "profile", "picture", "nickname#en"]

    assert race(lambda n: change(house, account_id, **{names[n % 6]: f"value {n % 6}"}), 12).count(True) == 6
    assert read(house, account_id) == {name: f"value {n}" for n, name in enumerate(names)}


def test_the_envelope_belongs_to_its_account(house: House) -> None:
    (mine, _), (theirs, _) = house.person(), house.person()
    change(house, mine, email="jia@example.com")
    with house.database.transaction() as db:
        row = db.get(Details, mine)
        assert row is not None
        assert "jia@" not in row.sealed
        db.add(Details(account_id=theirs, sealed=row.sealed, updated_at=clock.now()))
    with pytest.raises(SealBroken):
        read(house, theirs)


def test_they_end_with_the_account(house: House) -> None:
    account_id, _ = house.person()
    change(house, account_id, nickname="小甲")
    with house.database.transaction() as db:
        assert house.lifecycle.close(db, account_id, actor=Actor("citizen", account_id), reason="own_wish")
    with house.database.view() as db:
        assert db.get(Details, account_id) is None
