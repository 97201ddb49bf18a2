"""The merge of two accounts on both pairs: what goes over and back, what stays, and who wins when two things happen at once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from idp.accounts import details
from idp.accounts.models import Account, AccountState, Guardianship, Identifier
from idp.audit.trail import SYSTEM
from idp.authn.models import SsoSession
from idp.core import clock, ids
from idp.core.identifiers import Document, DocumentKind
from idp.db.base import Base
from idp.merging import moving
from idp.merging.errors import CannotMerge, CannotUndo
from idp.merging.merging import Merging, Offer
from idp.realname import levels, persons
from idp.realname.errors import BelongsToAnother
from idp.realname.models import Evidence, Person
from idp.realname.ports import Applicant
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.signing_in import House, race

CARD = Document.of(DocumentKind.RESIDENT_ID, "370199198503070017")
NAME = "测试甲"
STAYS = {
    ("account_details", "account_id"): "copied where the kept account has none",
    ("account_merges", "kept_account_id"): "the history of merges",
    ("account_merges", "merged_account_id"): "the history of merges",
    ("account_passwords", "account_id"): "the kept account's password counts; the other waits for an undoing",
    ("authorizations", "account_id"): "families are judged one by one",
    ("counter_cases", "account_id"): "a code for the counter is of the account that asked for it",
    ("developer_tokens", "account_id"): "they ended with the trust in the account, and are not inherited",
    ("developer_tokens", "ended_by"): "who revoked it, in the history of a department",
    ("face_consents", "account_id"): "asked of each account anew",
    ("guardian_requests", "child_account_id"): "accounts of children are not merged",
    ("guardianships", "child_account_id"): "accounts of children are not merged",
    ("import_rows", "account_id"): "which account a line of a list became",
    ("identity_attempts", "account_id"): "under way, and refused when it settles",
    ("site_releases", "asked_by"): "who asked, in the history of a site",
    ("site_secret_wishes", "asked_by"): "who asked does it; a secret is not inherited",
    ("site_secret_wishes", "decided_by"): "who said yes, in the history of a site",
    ("known_as", "account_id"): "made by the merge",
    ("known_as", "as_account_id"): "made by the merge",
    ("known_devices", "account_id"): "devices are known to one account",
    ("review_requests", "account_id"): "asked for from one account, and about its person",
    ("persons", "account_id"): "the merged account has none",
    ("sso_sessions", "account_id"): "sessions end",
    ("synthetic_messages", "account_id"): "test people merge with nobody",
    ("synthetic_people", "account_id"): "test people merge with nobody",
}


class Pair:
    """The account that was proven first, and the one whose owner turned out to be the same person."""

    def __init__(self, house: House) -> None:
        self.house, self.keyring = house, house.base.keyring
        self.merging = Merging(self.keyring, house.trail, house.sessions, timedelta(days=30))
        self.kept, self.kept_phone = house.person()
        self.other, self.other_phone = house.person()
        with house.database.transaction() as db:
            db.execute(Person.__table__.delete())  # type: ignore[attr-defined]
            persons.remember(db, self.keyring, self.kept, applicant=Applicant(NAME, CARD))
            self._evidence(db, self.kept, "verified", None, 1)
            self._evidence(db, self.other, "refuted", BelongsToAnother.code, 2)

    def _evidence(self, db: Any, account_id: str, verdict: str, reason: str | None, ial: int) -> None:
        db.add(
            Evidence(
                id=ids.new_id(), account_id=account_id, source="test", channel="scripted", verdict=verdict, reason=reason,
                document_index=persons.document_index(self.keyring, CARD), ial=ial, at=clock.now(),
                expires_at=clock.now() + timedelta(days=700),
            )
        )  # fmt: skip

    def offer(self) -> Offer | None:
        with self.house.database.view() as db:
            return self.merging.offer(db, self.other)

    def merge(self) -> str:
        offer = self.offer()
        assert offer is not None
        with self.house.database.transaction() as db:
            return self.merging.merge(db, offer)

    def undo(self, merge_id: str) -> set[str]:
        with self.house.database.transaction() as db:
            return self.merging.undo(db, self.kept, merge_id)

    def states(self) -> tuple[str, str]:
        with self.house.database.view() as db:
            rows = dict(db.execute(select(Account.id, Account.state)).all())  # type: ignore[arg-type]
        return rows[self.kept], rows[self.other]

    def ial(self, account_id: str) -> int:
        with self.house.database.view() as db:
            return levels.ial_of(db, account_id, clock.now())

    def holder_of(self, phone: str) -> str | None:
        with self.house.database.glance() as db:
            found = self.house.accounts.find_by_phone(db, phone)
        return found.id if found is not None else None

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row that could move, with whose it is."""
        with self.house.database.view() as db:
            found = {
                name: sorted(tuple(row) for row in db.execute(select(kind.key, kind.owner)))
                for name, kind in moving.KINDS.items()
            }
            found["marks"] = sorted(tuple(row) for row in db.execute(select(Identifier.id, Identifier.merged_from)))
            found["verdicts"] = sorted(
                tuple(row) for row in db.execute(select(Evidence.id, Evidence.verdict, Evidence.reason))
            )
        return found


@pytest.fixture
def pair(house: House) -> Iterator[Pair]:
    yield Pair(house)
    clock.travel_home()


def test_everything_goes_over_and_exactly_back(pair: Pair) -> None:
    before = pair.everything()

    merge_id = pair.merge()
    assert pair.states() == ("active", "merged")
    assert pair.holder_of(pair.other_phone) == pair.holder_of(pair.kept_phone) == pair.kept
    assert (pair.ial(pair.kept), pair.ial(pair.other)) == (2, 0)  # the better proof counts

    pair.undo(merge_id)
    assert pair.states() == ("active", "active")
    assert pair.everything() == before
    assert pair.holder_of(pair.other_phone) == pair.other
    assert pair.ial(pair.kept) == 1
    assert [e.account_id for e in pair.house.audited("account.parted", pair.kept)] == [pair.kept]


def test_the_kept_account_goes_by_its_own_number(pair: Pair) -> None:
    pair.merge()
    with pair.house.database.glance() as db:
        profile = pair.house.accounts.profile(db, pair.kept)
    assert profile is not None
    assert profile.phone == f"+86{pair.kept_phone}"


def test_what_ended_meanwhile_stays_ended(pair: Pair) -> None:
    """A phone that was given up is not taken back from whoever has it now."""
    merge_id = pair.merge()
    with pair.house.database.transaction() as db:
        db.execute(
            update(Identifier)
            .where(Identifier.account_id == pair.kept, Identifier.merged_from == pair.other)
            .values(released_at=clock.now())
        )
    pair.undo(merge_id)
    assert pair.holder_of(pair.other_phone) is None


def test_sessions_of_the_other_account_end(pair: Pair) -> None:
    with pair.house.database.transaction() as db:
        started = pair.house.sessions.start(
            db, pair.other, aal=1, amr=("pwd",), device="d", browser="b", address="10.0.0.1"
        )  # fmt: skip
    pair.merge()
    with pair.house.database.view() as db:
        row = db.get_one(SsoSession, started.session_id)
        assert (row.ended_at is not None, row.end_reason) == (True, "account_merged")


@pytest.mark.parametrize("was_changed", [False, True], ids=["untouched", "changed"])
def test_what_was_written_is_copied_where_nothing_stands(pair: Pair, was_changed: bool) -> None:
    house = pair.house
    with house.database.transaction() as db:
        details.change(db, pair.keyring, house.trail, pair.other, {"nickname": "小测"})
    merge_id = pair.merge()
    with house.database.transaction() as db:
        assert details.read(db, pair.keyring, pair.kept).values == {"nickname": "小测"}  # type: ignore[union-attr]
        if was_changed:
            clock.travel(timedelta(minutes=1))
            details.change(db, pair.keyring, house.trail, pair.kept, {"nickname": "大测"})
    pair.undo(merge_id)
    with house.database.view() as db:
        assert (details.read(db, pair.keyring, pair.kept) is not None) is was_changed
        assert details.read(db, pair.keyring, pair.other).values == {"nickname": "小测"}  # type: ignore[union-attr]


def test_an_undoing_has_its_window(pair: Pair) -> None:
    merge_id = pair.merge()
    with pair.house.database.view() as db:
        assert [view.id for view in pair.merging.of_account(db, pair.kept)] == [merge_id]
        assert pair.merging.of_account(db, pair.other) == []
    clock.travel(timedelta(days=31))
    with pytest.raises(CannotUndo):
        pair.undo(merge_id)
    with pair.house.database.view() as db:
        assert pair.merging.of_account(db, pair.kept) == []


def test_a_stranger_does_not_undo_it(pair: Pair) -> None:
    merge_id = pair.merge()
    stranger = pair.house.person()[0]
    with pytest.raises(CannotUndo), pair.house.database.transaction() as db:
        pair.merging.undo(db, stranger, merge_id)
    assert pair.states() == ("active", "merged")


def test_nothing_is_offered_without_a_fresh_proof(pair: Pair) -> None:
    assert pair.offer() is not None
    clock.travel(timedelta(hours=2))
    assert pair.offer() is None
    with pair.house.database.view() as db:
        assert pair.merging.offer(db, pair.kept) is None


@pytest.mark.parametrize("which", ["kept", "other"])
@pytest.mark.parametrize("how", ["freeze", "close"])
def test_only_accounts_in_use_are_merged(pair: Pair, which: str, how: str) -> None:
    offer, account_id = pair.offer(), getattr(pair, which)
    assert offer is not None
    with pair.house.database.transaction() as db:
        assert getattr(pair.house.lifecycle, how)(db, account_id, actor=SYSTEM, reason="test")
    with pytest.raises(CannotMerge), pair.house.database.transaction() as db:
        pair.merging.merge(db, offer)


def test_the_account_of_a_child_is_not_merged(pair: Pair) -> None:
    with pair.house.database.transaction() as db:
        db.add(
            Guardianship(
                id=ids.new_id(), guardian_account_id=pair.kept, child_account_id=pair.other, relation="parent",
                consent_version="1", consented_at=clock.now(),
            )
        )  # fmt: skip
    assert pair.offer() is None


def test_a_merged_account_is_neither_frozen_nor_closed(pair: Pair) -> None:
    pair.merge()
    for act in (pair.house.lifecycle.freeze, pair.house.lifecycle.close):
        with pair.house.database.transaction() as db:
            assert not act(db, pair.other, actor=SYSTEM, reason="test")
    assert pair.states() == ("active", "merged")


def test_of_many_merges_at_once_one_happens(pair: Pair) -> None:
    offer = pair.offer()
    assert offer is not None

    def merge(_n: int) -> str:
        with pair.house.database.transaction() as db:
            return pair.merging.merge(db, offer)

    results = race(merge, 6)
    assert sorted(isinstance(each, str) for each in results) == [False] * 5 + [True]
    assert {type(each) for each in results if not isinstance(each, str)} == {CannotMerge}


def test_of_many_undoings_at_once_one_happens(pair: Pair) -> None:
    merge_id = pair.merge()
    results = race(lambda _n: pair.undo(merge_id), 6)
    assert sorted(isinstance(each, set) for each in results) == [False] * 5 + [True]
    assert pair.states() == ("active", "active")


@pytest.mark.parametrize("how", ["freeze", "close"])
def test_a_merge_and_an_end_at_once_leave_one_of_two_whole_outcomes(pair: Pair, how: str) -> None:
    offer = pair.offer()
    assert offer is not None

    def act(n: int) -> object:
        with pair.house.database.transaction() as db:
            if n % 2:
                return pair.merging.merge(db, offer)
            return getattr(pair.house.lifecycle, how)(db, pair.other, actor=SYSTEM, reason="test")

    was_ended, was_merged = race(act, 2)
    ended = {"freeze": "frozen", "close": "closed"}[how]
    if isinstance(was_merged, str):
        assert (was_ended, pair.states()) == (False, ("active", AccountState.MERGED.value))
    else:
        assert (was_ended, pair.states()) == (True, ("active", ended))
        assert isinstance(was_merged, CannotMerge)


def test_every_column_that_names_an_account_goes_over_or_stays_for_a_reason() -> None:
    moves = {(kind.owner.class_.__tablename__, kind.owner.key) for kind in moving.KINDS.values()}
    named = {
        (table.name, key.parent.name)
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name == "accounts"
    }
    assert named - moves == set(STAYS)
