"""What devices ask for is decided once and redeemed once, on each database; the pace of their polls is kept on each store."""

from collections import Counter
from datetime import timedelta

from sqlalchemy import func, select

from idp import housekeeping
from idp.core import clock, ids
from idp.db.prepared import Row
from idp.oidc.devices import device_requests, user_codes
from idp.oidc.devices.device_requests import APPROVED, DENIED, Begun
from idp.oidc.models import Authorization, DeviceRequest
from idp.oidc.tokens import authorizations
from idp.oidc.tokens.authorizations import Granted, Redeemed
from idp.store.redis import Store
from tests.contract.oidc.conftest import House
from tests.contract.signing_in import race

WIRE = {"response_type": "code", "scope": "openid"}


def begin(house: House) -> Begun:
    with house.database.quick() as db:
        return device_requests.begin(db, house.base.keyring, house.client_id, WIRE, now=clock.now())


def decide(house: House, begun: Begun, decision: str) -> Row | None:
    with house.database.quick() as db:
        return device_requests.decide(db, ids.digest(begun.device_code), decision, now=clock.now())


def approve(house: House, begun: Begun, account_id: str) -> str | None:
    """The decision with the authorization, as the service writes them: together."""
    session_id, now, digest = house.session(account_id), clock.now(), ids.digest(begun.device_code)
    granted = Granted(
        account_id=account_id, client_id=house.client_id, session_id=session_id, sid="s", subject="sub", scope="openid",
        redirect_uri="", code_challenge=None, nonce=None, acr="ial0.aal1", amr=("pwd",), auth_time=now,
    )  # fmt: skip
    with house.database.quick() as db:
        if device_requests.decide(db, digest, APPROVED, now=now) is None:
            return None
        return authorizations.write(
            db, granted, code_digest=digest, now=now, code_expires_at=now + timedelta(minutes=1),
            expires_at=now + timedelta(minutes=2),
        )  # fmt: skip


def test_neither_code_is_stored(house: House) -> None:
    begun = begin(house)
    with house.database.view() as db:
        row = db.get_one(DeviceRequest, ids.digest(begun.device_code))
        stored = f"{row.digest} {row.user_code_index} {row.wire}"
    assert begun.device_code not in stored
    assert begun.user_code.replace("-", "") not in stored


def test_of_people_who_allow_and_refuse_at_once_one_is_heard(house: House) -> None:
    begun, accounts = begin(house), [house.account() for _ in range(4)]

    def one(number: int) -> object:
        if number % 2:
            return "denied" if decide(house, begun, DENIED) is not None else None
        return approve(house, begun, accounts[number // 2 % 4])

    heard = [each for each in race(one, 16) if each is not None]
    assert len(heard) == 1
    with house.database.view() as db:
        row = db.get_one(DeviceRequest, ids.digest(begun.device_code))
        written = db.scalar(select(func.count()).where(Authorization.code_digest == row.digest))
    assert row.decision == (DENIED if heard == ["denied"] else APPROVED)
    assert written == (0 if heard == ["denied"] else 1)


def test_nothing_is_decided_after_the_time_is_over(house: House) -> None:
    begun, account_id = begin(house), house.account()
    clock.travel(device_requests.LIFETIME)
    assert decide(house, begun, DENIED) is None
    assert approve(house, begun, account_id) is None
    with house.database.glance() as db:
        code = user_codes.read(begun.user_code)
        assert device_requests.find_open(db, house.base.keyring, code or "", now=clock.now()) is None


def test_of_twenty_polls_of_an_allowed_device_one_is_paid(house: House) -> None:
    begun = begin(house)
    approve(house, begun, house.account())

    def redeem(_number: int) -> object:
        with house.database.quick() as db:
            return authorizations.redeem(db, begun.device_code, client_id=house.client_id, now=clock.now())

    assert Counter(type(each) for each in race(redeem, 20))[Redeemed] == 1


def test_what_fails_on_the_way_decides_nothing(house: House) -> None:
    begun = begin(house)
    try:
        with house.database.quick() as db:
            assert device_requests.decide(db, ids.digest(begun.device_code), APPROVED, now=clock.now()) is not None
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    assert decide(house, begun, DENIED) is not None


def test_requests_are_cleared_but_not_before_what_came_of_them(house: House) -> None:
    forgotten, used = begin(house), begin(house)
    approve(house, used, house.account())
    clock.travel(timedelta(hours=23))
    housekeeping.clear(house.database, clock.now())
    assert _is_kept(house, forgotten)
    clock.travel(timedelta(hours=2))
    housekeeping.clear(house.database, clock.now())
    assert not _is_kept(house, forgotten)
    assert not _is_kept(house, used)  # its authorization was over, and went just before

    lasting = begin(house)
    approve(house, lasting, house.account())
    with house.database.transaction() as db:
        row = db.scalars(
            select(Authorization).where(Authorization.code_digest == ids.digest(lasting.device_code))
        ).one()
        row.expires_at = clock.now() + timedelta(days=30)
    clock.travel(timedelta(days=2))
    housekeeping.clear(house.database, clock.now())
    assert _is_kept(house, lasting)


def _is_kept(house: House, begun: Begun) -> bool:
    with house.database.glance() as db:
        return device_requests.known(db, begun.device_code) is not None


def test_of_polls_at_once_one_is_in_time(store: Store) -> None:
    def poll(_number: int) -> int:
        return store.pace("device", interval=5, step=5, seconds=600, now=1000.0)

    waits = sorted(race(poll, 12))
    assert waits[0] == 0
    assert waits[1:] == [5 + 5 * n for n in range(1, 12)]


def test_a_caller_who_keeps_the_pace_is_never_slowed(store: Store) -> None:
    for n in range(10):
        assert store.pace("steady", interval=5, step=5, seconds=600, now=1000.0 + 4.6 * n) == 0
    assert store.pace("steady", interval=5, step=5, seconds=600, now=1000.0 + 4.6 * 9 + 4.4) == 10
    assert store.pace("another", interval=5, step=5, seconds=600, now=1000.0) == 0
