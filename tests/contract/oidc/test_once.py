"""What must happen once happens once, of any number of callers: codes, refresh tokens, consents, sites of a session, keys."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from idp import housekeeping
from idp.accounts.models import Account
from idp.authn.models import SessionSite
from idp.core import clock
from idp.oidc import consents
from idp.oidc.jwt import keys, rotation
from idp.oidc.jwt.keys import SigningKeys
from idp.oidc.jwt.rotation import KeysChanged
from idp.oidc.models import Authorization, Consent, RefreshToken, SigningKey
from idp.oidc.registration import clients
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.oidc.registration.clients import RegisteredClient
from idp.oidc.tokens import authorizations, refresh_tokens
from idp.oidc.tokens.authorizations import Redeemed, Replayed
from idp.oidc.tokens.refresh_tokens import Reused, Rotated
from tests.contract.durable import look_again
from tests.contract.oidc.conftest import METADATA, OPERATOR, House
from tests.contract.signing_in import race

GRACE = timedelta(seconds=10)


def redeem(house: House, code: str, client_id: str | None = None) -> Redeemed | Replayed | None:
    with house.database.quick() as db:
        return authorizations.redeem(db, code, client_id=client_id or house.client_id, now=clock.now())


def is_alive(house: House, authorization_id: str) -> bool:
    with house.database.view() as session:
        account_id = session.get_one(Authorization, authorization_id).account_id
    with house.database.glance() as db:
        return authorizations.alive(db, authorization_id, account_id=account_id, sector="") is not None


def test_of_twenty_callers_one_gets_the_code(house: House) -> None:
    authorization_id, code = house.code()
    results = race(lambda _n: redeem(house, code), 20)
    kinds = Counter(type(each) for each in results)
    assert kinds[Redeemed] == 1
    assert kinds[Replayed] == 1  # the first replay ended the family, the others found it ended
    assert kinds[type(None)] == 18
    assert not is_alive(house, authorization_id)


def test_a_family_without_a_code_lives_and_dies_like_any_other(house: House) -> None:
    account_id = house.account()
    families = [house.code(account_id, with_code=False) for _ in range(2)]
    assert [code for _, code in families] == [None, None]
    first, second = (authorization_id for authorization_id, _ in families)
    assert redeem(house, "") is None
    with house.database.quick() as db:
        assert authorizations.revoke(db, first, reason="test", now=clock.now())
    assert (is_alive(house, first), is_alive(house, second)) == (False, True)
    with house.database.transaction() as db:
        db.execute(update(Account).where(Account.id == account_id).values(state="frozen"))
    assert not is_alive(house, second)


def test_a_code_in_a_strangers_hands_stays_good(house: House) -> None:
    _, code = house.code()
    assert redeem(house, code, client_id="another") is None
    assert isinstance(redeem(house, code), Redeemed)
    assert redeem(house, code, client_id="another") is None
    assert isinstance(redeem(house, code), Replayed)


def test_a_code_ends_with_its_minute_its_session_and_its_account(house: House) -> None:
    _, code = house.code()
    clock.travel(timedelta(seconds=61))
    assert redeem(house, code) is None
    clock.travel_home()
    account_id = house.account()
    _, code = house.code(account_id)
    with house.database.transaction() as db:
        house.sessions.end_all(db, account_id, reason="test")
    assert redeem(house, code) is None
    _, code = house.code(account_id)
    with house.database.transaction() as db:
        db.execute(update(Account).where(Account.id == account_id).values(state="frozen"))
    assert redeem(house, code) is None


def test_work_that_fails_leaves_the_code_unspent(house: House) -> None:
    _, code = house.code()

    def fail_afterwards() -> None:
        with house.database.quick() as db:
            authorizations.redeem(db, code, client_id=house.client_id, now=clock.now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_afterwards()
    assert isinstance(redeem(house, code), Redeemed)


def first_token(house: House) -> tuple[str, str]:
    authorization_id, _ = house.code()
    now = clock.now()
    with house.database.quick() as db:
        token = refresh_tokens.issue(
            db, authorization_id, "openid", parent=None, now=now, expires_at=now + timedelta(days=30)
        )
    return authorization_id, token


def refresh(house: House, token: str, client_id: str | None = None) -> str | Reused | None:
    """What the grant does with a token: its successor, or why there is none."""
    now = clock.now()
    with house.database.quick() as db:
        match refresh_tokens.rotate(db, token, client_id=client_id or house.client_id, now=now, grace=GRACE):
            case Rotated(family, scope):
                return refresh_tokens.issue(
                    db, family.id, scope, parent=token, now=now, expires_at=now + timedelta(days=30)
                )
            case Reused(authorization_id) as reused:
                authorizations.revoke(db, authorization_id, reason="refresh_reused", now=now)
                return reused
            case nothing:
                return nothing


def test_parallel_repeats_within_the_grace_leave_one_token_good(house: House) -> None:
    authorization_id, token = first_token(house)
    successors = race(lambda _n: refresh(house, token), 12)
    assert all(isinstance(each, str) for each in successors), successors
    assert len(set(successors)) == 12
    with house.database.view() as db:
        unspent = db.scalar(
            select(func.count()).where(
                RefreshToken.authorization_id == authorization_id, RefreshToken.spent_at.is_(None)
            )
        )
    assert unspent == 1
    assert is_alive(house, authorization_id)


def test_a_repeat_after_the_grace_ends_the_family(house: House) -> None:
    authorization_id, token = first_token(house)
    successor = refresh(house, token)
    clock.travel(timedelta(seconds=11))
    assert isinstance(refresh(house, token), Reused)
    assert not is_alive(house, authorization_id)
    assert refresh(house, str(successor)) is None


def test_a_repeat_after_the_successor_was_used_ends_the_family(house: House) -> None:
    authorization_id, token = first_token(house)
    successor = refresh(house, token)
    assert isinstance(refresh(house, str(successor)), str)
    assert isinstance(refresh(house, token), Reused)
    assert not is_alive(house, authorization_id)


def test_a_thief_who_used_the_grace_is_found(house: House) -> None:
    authorization_id, token = first_token(house)
    honest = refresh(house, token)
    stolen = refresh(house, token)
    assert isinstance(stolen, str)
    assert isinstance(refresh(house, str(honest)), Reused)
    assert refresh(house, stolen) is None
    assert not is_alive(house, authorization_id)


def test_a_refresh_token_is_its_clients_alone(house: House) -> None:
    _, token = first_token(house)
    assert refresh(house, token, client_id="another") is None
    assert isinstance(refresh(house, token), str)
    assert refresh(house, token, client_id="another") is None


def test_two_tabs_at_a_new_site_are_one_visit(house: House) -> None:
    session_id = house.session(house.account())

    def note(_n: int) -> str:
        with house.database.quick() as db:
            return house.sessions.note_site(
                db, session_id=session_id, client_id=house.client_id, subject="sub", now=clock.now()
            )

    sids = race(note, 12)
    assert len(set(sids)) == 1, sids
    with house.database.view() as db:
        assert db.scalar(select(func.count()).where(SessionSite.session_id == session_id)) == 1


def test_a_session_ends_once_and_owes_each_site_one_message(house: House) -> None:
    session_id = house.session(house.account())
    with house.database.quick() as db:
        house.sessions.note_site(db, session_id=session_id, client_id=house.client_id, subject="s", now=clock.now())

    def end(_n: int) -> str:
        with house.database.transaction() as db:
            return house.sessions.end(db, session_id, reason="test")

    (topic,) = set(race(end, 8))
    assert isinstance(topic, str)
    with house.database.view() as db:
        assert len(house.base.outbox.deliveries(db, topic)) == 1


def registered(house: House) -> RegisteredClient:
    return RegisteredClient(house.client_id, clients.CONSENT, ClientMetadata.model_validate(METADATA), ())


def test_consents_given_in_two_tabs_add_up(house: House) -> None:
    account_id, site = house.account(), registered(house)
    wanted = [("openid", "phone"), ("openid", "realname"), ("openid", "profile")]

    def give(n: int) -> None:
        with house.database.transaction() as db:
            consents.give(db, house.base.trail, account_id, site, wanted[n % 3])

    assert race(give, 12) == [None] * 12
    with house.database.view() as db:
        (given,) = consents.of_account(db, account_id)
    assert set(given.scope) == {"phone", "realname", "profile"}


def test_a_withdrawn_consent_takes_its_tokens_and_starts_anew(house: House) -> None:
    account_id, site = house.account(), registered(house)
    authorization_id, _ = house.code(account_id)
    with house.database.transaction() as db:
        consents.give(db, house.base.trail, account_id, site, ("openid", "phone", "realname"))
    withdrawn = race(lambda _n: _withdraw(house, account_id), 6)
    assert Counter(withdrawn) == {True: 1, False: 5}
    assert not is_alive(house, authorization_id)
    with house.database.transaction() as db:
        assert consents.of_account(db, account_id) == []
        consents.give(db, house.base.trail, account_id, site, ("openid", "phone"))
    with house.database.view() as db:
        (given,) = consents.of_account(db, account_id)
        assert given.scope == ("phone",)  # what was withdrawn does not come back with it
        assert db.scalar(select(func.count()).where(Consent.account_id == account_id)) == 1


def _withdraw(house: House, account_id: str) -> bool:
    with house.database.transaction() as db:
        return consents.withdraw(db, house.base.trail, account_id, house.client_id)


def test_rows_go_when_their_last_use_cannot_come(house: House) -> None:
    authorization_id, token = first_token(house)
    housekeeping.clear(house.database, clock.now())
    with house.database.view() as db:
        assert db.get(Authorization, authorization_id) is not None
    clock.travel(timedelta(days=32))
    assert housekeeping.clear(house.database, clock.now()) >= 2
    assert housekeeping.clear(house.database, clock.now()) == 0
    with house.database.view() as db:
        assert db.get(Authorization, authorization_id) is None
        assert db.scalar(select(func.count()).where(RefreshToken.authorization_id == authorization_id)) == 0
    assert refresh(house, token) is None


FOR_ENCRYPTION = {("RSA-OAEP", "active"): 1, ("ECDH-ES", "active"): 1}


def ensure(house: House) -> list[str]:
    with house.database.transaction() as db:
        return keys.ensure(db, house.base.keyring, house.base.trail)


def states(house: House) -> Counter[tuple[str, str]]:
    with house.database.view() as db:
        return Counter((row.alg, row.state) for row in db.scalars(select(SigningKey)))


def test_keys_rotate_while_others_sign(house: House) -> None:
    race(lambda _n: ensure(house), 4)
    one_each = {(alg, state): 1 for alg in ("ES256", "RS256") for state in ("active", "next")} | FOR_ENCRYPTION
    assert {pair: count for pair, count in states(house).items() if pair[1] in {"active", "next"}} == one_each
    signing_keys = SigningKeys(house.database, house.base.keyring)

    def work(n: int) -> str:
        if n < 3:
            with house.database.transaction() as db:
                return keys.rotate(db, house.base.keyring, house.base.trail, actor=OPERATOR)[0]
        published = None
        for _ in range(20):
            look_again(signing_keys._current)
            current = signing_keys.current()
            published = {jwk["kid"] for jwk in current.public}
            signer = signing_keys.signer("ES256")
            assert current.signing["ES256"].kid in published
            assert signer.sign(b"x")
        return "signed"

    results = race(work, 6)
    assert all(isinstance(each, str) for each in results), results
    assert {pair: count for pair, count in states(house).items() if pair[1] in {"active", "next"}} == one_each
    assert states(house)["ES256", "retired"] == 3


def test_a_revoked_key_signs_and_shows_no_more(house: House) -> None:
    ensure(house)
    signing_keys = SigningKeys(house.database, house.base.keyring)
    before = signing_keys.signer("ES256").kid

    def revoke(_n: int) -> bool:
        with house.database.transaction() as db:
            return keys.revoke(db, house.base.keyring, house.base.trail, before, actor=OPERATOR)

    assert Counter(race(revoke, 5)) == {True: 1, False: 4}
    look_again(signing_keys._current)
    current = signing_keys.current()
    assert current.signing["ES256"].kid != before
    assert before not in {jwk["kid"] for jwk in current.public}
    assert {pair: count for pair, count in states(house).items() if pair[1] in {"active", "next"}} == {
        (alg, state): 1 for alg in ("ES256", "RS256") for state in ("active", "next")
    } | FOR_ENCRYPTION


def test_of_several_who_decided_about_the_same_keys_one_rotates(house: House) -> None:
    ensure(house)
    with house.database.view() as db:
        seen = rotation.signing_now(db)
    before = states(house)

    def rotate(_n: int) -> bool:
        try:
            with house.database.transaction() as db:
                rotation.rotate_as_seen(db, house.base.keyring, house.base.trail, seen, actor=OPERATOR)
        except KeysChanged:
            return False
        return True

    assert Counter(race(rotate, 5)) == {True: 1, False: 4}
    after = states(house)
    assert after["ES256", "retired"] == before["ES256", "retired"] + 1
    assert {pair: count for pair, count in after.items() if pair[1] in {"active", "next"}} == {
        pair: count for pair, count in before.items() if pair[1] in {"active", "next"}
    }
    with house.database.view() as db:
        assert not set(rotation.signing_now(db)) & set(seen)
