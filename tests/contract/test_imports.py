"""Lists of accounts on both databases: checked first, made once whoever is killed, old passwords verified once."""

import base64
import hashlib
import io
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import func, select

from idp.accounts.accounts import Accounts
from idp.accounts.models import Account, Identifier
from idp.accounts.passwords import PasswordRules
from idp.authn.guard import Guard
from idp.authn.password_sign_in import PasswordSignIn
from idp.bulk import imports as handling
from idp.bulk import lists, work
from idp.bulk.errors import EmptyList, NotInThatState, UnknownColumn, UnreadableList
from idp.bulk.imports import Imports
from idp.bulk.models import Import, ImportRow
from idp.bulk.work import Work
from idp.config import PasswordPolicy
from idp.core import clock
from idp.core.identifiers.resident_id import check_character
from idp.realname import levels
from idp.staff.models import Operator, Role
from idp.staff.reach import EVERYWHERE
from idp.staff.sessions import SignedInOperator
from idp.store.redis import open_store
from tests.contract.durable import Durable, durable, sqlite_url

WHO = SignedInOperator("0" * 32, "1" * 32, "importer", Role.SYSTEM, EVERYWHERE, clock.now())


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Durable]:
    is_sqlite = request.param == "sqlite"
    url = sqlite_url(tmp_path) if is_sqlite else request.getfixturevalue("furnished_postgres_database")
    with durable(url) as made:
        with made.database.transaction() as db:
            db.add(
                Operator(
                    id=WHO.id, login=WHO.login, role=WHO.role.value, state="active", password_hash="x", totp_sealed="x",
                    totp_last_step=0, created_at=clock.now(),
                )
            )  # fmt: skip
        yield made
    clock.travel_home()


def resident(n: int) -> str:
    first = f"3701991990{1 + n % 12:02d}{1 + n % 28:02d}{n % 1000:03d}"
    return first + check_character(first)


def csv_of(*rows: str, header: str = "手机号,账户名,姓名,身份证号,实名时间,密码散列") -> bytes:
    return "\n".join([header, *rows]).encode()


def receive(house: Durable, content: bytes) -> str:
    with house.database.transaction() as db:
        return Imports(house.keyring, house.trail).receive(db, WHO, content, label="old-portal")


def worker(house: Durable) -> Work:
    return Work(house.database, house.keyring, house.trail, Accounts(house.keyring, house.trail))


def rest(house: Durable, import_id: str) -> str:
    """Let the worker go on until there is nothing more to do."""
    while worker(house).round():
        pass
    with house.database.view() as db:
        return db.get_one(Import, import_id).state


def start(house: Durable, import_id: str, *, trusts_proofs: bool = False) -> None:
    handled = Imports(house.keyring, house.trail)
    with house.database.transaction() as db:
        if trusts_proofs:
            handled.ask(db, WHO, import_id)
        handled.start(db, WHO, import_id, trusts_proofs=trusts_proofs)


def problems(house: Durable, import_id: str) -> dict[int, list[str]]:
    return {row.number: row.problems for row in handling.rows_in(house.database, import_id, ("wrong", "failed"))}


def test_every_problem_of_every_row_is_told_and_nothing_is_made_before_somebody_says_so(house):
    accounts = Accounts(house.keyring, house.trail)
    with house.database.transaction() as db:
        accounts.register(
            db, phone="19900000001", username="here", password_hash=None, agreements={}, locale="zh_CN", channel="test"
        )
    import_id = receive(
        house,
        csv_of(
            "19900000001,,,,,",
            "19900000002,admin,,,,",
            "123,,测试甲,370199199003070018,,plaintext",
            f"19900000003,fine,测试乙,{resident(1)},2026-01-02,",
            "19900000003,Fine,,,,",
            "19900000004,,测试丙,,,",
            f"19900000005,,测试丁,{resident(2)},2031-01-01,",
            f"19900000006,,测试戊,{resident(1)},,",
            "=HYPERLINK(1),here,,,,",
        ),
    )

    assert rest(house, import_id) == work.CHECKED
    assert problems(house, import_id) == {
        2: ["phone:taken"],
        3: ["username:refused"],
        4: ["phone:no_mobile", "password_hash:unknown_form", "document_number:invalid"],
        6: ["phone:twice", "username:twice"],
        7: ["document_number:missing"],
        8: ["proven_at:in_future"],
        9: ["document_number:twice"],
        10: ["phone:no_mobile"],
    }
    with house.database.view() as db:
        assert db.scalar(select(func.count()).select_from(Account)) == 1
        assert db.scalar(select(func.count()).where(ImportRow.sealed.is_not(None))) == 1  # wrong ones are forgotten

    start(house, import_id)
    assert rest(house, import_id) == work.OVER
    with house.database.view() as db:
        row = db.scalars(select(ImportRow).where(ImportRow.state == "done")).one()
        assert row.number == 5
        assert row.sealed is None
        found = accounts.find(db, "19900000003")
        assert found is not None
        assert found.id == row.account_id
        assert levels.ial_of(db, found.id, clock.now()) == 0  # nobody allowed the proofs to count
        phone = db.scalars(
            select(Identifier).where(Identifier.account_id == found.id, Identifier.kind == "phone")
        ).one()
        assert phone.verified_at is None


def test_proofs_count_at_level_one_once_a_second_person_allowed_them(house):
    import_id = receive(house, csv_of(f"19900000003,,测试乙,{resident(1)},2026-01-02,"))
    rest(house, import_id)
    start(house, import_id, trusts_proofs=True)
    rest(house, import_id)

    with house.database.view() as db:
        row = db.scalars(select(ImportRow)).one()
        assert levels.ial_of(db, row.account_id or "", clock.now()) == 1
        assert levels.ial_of(db, row.account_id or "", clock.now() + timedelta(days=800)) == 0


def test_workers_that_race_and_workers_that_are_killed_make_each_account_once(house):
    import_id = receive(house, csv_of(*(f"199000{n:05d},,,,," for n in range(300))))
    rest(house, import_id)
    start(house, import_id)
    with house.database.view() as db:  # one was killed with the lease in its hand, half a batch done
        about = db.get_one(Import, import_id)
    dead = worker(house)
    assert dead._take() == (import_id, work.RUNNING)
    for number in range(2, 40):
        dead._make_one(about, number)
    assert worker(house).round() == 0  # its lease holds
    clock.travel(timedelta(minutes=2))

    runs = [threading.Thread(target=rest, args=(house, import_id)) for _ in range(4)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()

    assert rest(house, import_id) == work.OVER
    with house.database.view() as db:
        assert work.tally(db, import_id) == {"done": 300}
        assert db.scalar(select(func.count()).select_from(Account)) == 300
        owners = Counter(db.scalars(select(ImportRow.account_id)))
        assert set(owners.values()) == {1}


def test_a_number_that_was_taken_meanwhile_is_told_and_the_others_go_on(house):
    import_id = receive(house, csv_of("19900000001,,,,,", "19900000002,,,,,"))
    rest(house, import_id)
    with house.database.transaction() as db:
        Accounts(house.keyring, house.trail).register(
            db, phone="19900000001", username=None, password_hash=None, agreements={}, locale="zh_CN", channel="test"
        )
    start(house, import_id)
    rest(house, import_id)

    assert problems(house, import_id) == {2: ["phone:taken"]}
    with house.database.view() as db:
        assert work.tally(db, import_id) == {"done": 1, "failed": 1}


def test_what_is_cancelled_is_forgotten_and_cannot_be_started(house):
    import_id = receive(house, csv_of("19900000001,,,,,"))
    rest(house, import_id)
    handled = Imports(house.keyring, house.trail)
    with house.database.transaction() as db:
        handled.cancel(db, WHO, import_id)
    with pytest.raises(NotInThatState):
        start(house, import_id)
    with house.database.view() as db:
        assert db.scalars(select(ImportRow.sealed)).all() == [None]
    clock.travel(handling.KEPT + timedelta(days=1))
    assert handling.forget(house.database) == 1


@pytest.mark.parametrize(
    "stored",
    [
        "{SSHA}" + base64.b64encode(hashlib.sha1(b"Old password 9" + b"salt").digest() + b"salt").decode(),
        "md5$pepper$" + hashlib.md5(b"pepperOld password 9").hexdigest(),
        "pbkdf2_sha256$1000$salty$"
        + base64.b64encode(hashlib.pbkdf2_hmac("sha256", b"Old password 9", b"salty", 1000)).decode(),
    ],
)
def test_an_old_password_opens_the_account_once_and_is_then_ours(house, stored):
    import_id = receive(house, csv_of(f"19900000001,,,,,{stored}"))
    rest(house, import_id)
    start(house, import_id)
    rest(house, import_id)
    accounts = Accounts(house.keyring, house.trail)
    store = open_store("")
    door = PasswordSignIn(
        house.database, accounts, house.trail, Guard(store, house.keyring), PasswordRules(PasswordPolicy)
    )
    with pytest.raises(Exception, match="sign_in"):
        door.attempt("19900000001", "another", device="d", address="192.0.2.1")

    first = door.attempt("19900000001", "Old password 9", device="d", address="192.0.2.1")
    with house.database.view() as db:
        kept = accounts.password_hash(db, first.account_id)
    assert kept is not None
    assert kept.startswith("$argon2id$")
    assert door.attempt("19900000001", "Old password 9", device="d", address="192.0.2.1").account_id == first.account_id


def test_nothing_is_made_of_a_list_that_was_cancelled_while_a_worker_was_at_it(house):
    import_id = receive(house, csv_of(*(f"1990000000{n},,,,," for n in range(1, 5))))
    assert rest(house, import_id) == "checked"
    handled = Imports(house.keyring, house.trail)
    with house.database.transaction() as db:
        handled.start(db, WHO, import_id, trusts_proofs=False)

    class Interrupted(Work):
        """Somebody cancels after the first account."""

        def _make_one(self, about: Import, number: int) -> None:
            super()._make_one(about, number)
            if number == 2:
                with house.database.transaction() as db:
                    handled.cancel(db, WHO, import_id)

    Interrupted(house.database, house.keyring, house.trail, Accounts(house.keyring, house.trail)).round()

    with house.database.view() as db:
        assert work.tally(db, import_id) == {"done": 1, "ready": 3}
        assert db.scalar(select(func.count()).select_from(Account)) == 1


def test_lists_are_read_as_offices_write_them():
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (
        ["手机号", "姓名", "身份证号", None],
        [19900000001, "测试甲", 370199199003070000000, None],
        [None, None],
    ):
        sheet.append(line)
    packed = io.BytesIO()
    book.save(packed)

    columns, rows = lists.read(packed.getvalue())
    assert columns == ["phone", "name", "document_number"]
    (number, row), *others = rows
    assert (number, row["phone"], others) == (2, "19900000001", [])
    assert row["document_number"].startswith(lists.SPOILED)
    assert lists.read("手机号;姓名\r\n19900000001;测试甲\r\n".encode("gb18030"))[1] == [
        (2, {"phone": "19900000001", "name": "测试甲"})
    ]
    spread = '\n手机号,姓名\n\n19900000001,"测试\n甲"\n,\n19900000002,测试乙\n'
    assert [number for number, _ in lists.read(spread.encode())[1]] == [4, 6]
    for wrong, refusal in (
        (b"", EmptyList),
        ("手机号\n".encode(), EmptyList),
        ("姓名\n甲".encode(), UnknownColumn),
        ("手机号,手机号码\n1,2".encode(), UnknownColumn),
        ("手机号,级别\n1,2".encode(), UnknownColumn),
        (b"\xff\xfe\x00\x01", UnreadableList),
        (b"PK\x03\x04 no archive", UnreadableList),
        ('手机号\n"unfinished'.encode(), UnreadableList),
    ):
        with pytest.raises(refusal):
            lists.read(wrong)
