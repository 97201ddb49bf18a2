"""What the worker clears away on both databases: what is over goes, in the order of the keys; what may still be shown stays."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from idp import housekeeping
from idp.accounts.models import Account, ExternalLink, GuardianRequest
from idp.audit.trail import Actor
from idp.authn.models import SessionSite, SsoSession
from idp.config import Settings
from idp.core import clock, ids
from idp.core.secret import Secret
from idp.mandates.models import Mandate, Organisation, Use
from idp.oidc.models import Authorization, RefreshToken
from idp.oidc.registration import initial_access_tokens
from idp.realname.models import CounterCase
from idp.realname.service import IdentityProof
from idp.realname.sources import Sources
from idp.store.redis import open_store
from tests.contract.durable import Durable, durable, sqlite_url

DAY = timedelta(days=1)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Durable]:
    is_sqlite = request.param == "sqlite"
    url = sqlite_url(tmp_path) if is_sqlite else request.getfixturevalue("furnished_postgres_database")
    with durable(url) as made:
        yield made
    clock.travel_home()


def sign_in(house: Durable, *, session_for: timedelta, tokens_for: timedelta) -> None:
    """One account with one session, one site, one family and one refresh token."""
    now = clock.now()
    with house.database.transaction() as db:
        account = Account(id=ids.new_id(), state="active", locale="zh_CN", created_at=now, updated_at=now)
        db.add(account)
        db.flush()
        session = SsoSession(
            id=ids.new_id(), secret_digest=ids.digest(ids.new_secret()), account_id=account.id, device_digest="d", aal=1,
            amr=["pwd"], auth_time=now, created_at=now, seen_at=now, expires_at=now + session_for, browser="b", address="",
        )  # fmt: skip
        db.add(session)
        db.flush()
        db.add(SessionSite(sid=ids.new_id(), session_id=session.id, client_id="c", subject="s", first_at=now))
        family = Authorization(
            id=ids.new_id(), code_digest=ids.digest(ids.new_secret()), code_expires_at=now + timedelta(minutes=1),
            account_id=account.id, client_id="c", session_id=session.id, sid="x", subject="s", scope="openid",
            redirect_uri="u", acr="ial0.aal1", amr=["pwd"], auth_time=now, created_at=now, expires_at=now + tokens_for,
        )  # fmt: skip
        db.add(family)
        db.flush()
        db.add(
            RefreshToken(
                digest=ids.digest(ids.new_secret()), authorization_id=family.id, scope="openid", issued_at=now,
                expires_at=now + tokens_for,
            )
        )  # fmt: skip


def left(house: Durable) -> list[int]:
    with house.database.view() as db:
        return [
            db.scalar(select(func.count()).select_from(model)) or 0
            for model in (RefreshToken, Authorization, SessionSite, SsoSession, Account)
        ]


def test_what_is_over_goes_with_all_that_hangs_on_it_and_what_lives_stays(house):
    sign_in(house, session_for=timedelta(hours=8), tokens_for=30 * DAY)
    sign_in(house, session_for=timedelta(hours=8), tokens_for=400 * DAY)

    clock.travel(20 * DAY)
    assert housekeeping.clear(house.database, clock.now()) == 0
    assert left(house) == [2, 2, 2, 2, 2]

    clock.travel(60 * DAY)
    assert housekeeping.clear(house.database, clock.now()) == 4
    assert left(house) == [1, 1, 1, 1, 2]


def test_a_session_without_tokens_goes_after_a_month(house):
    sign_in(house, session_for=timedelta(hours=8), tokens_for=timedelta(minutes=1))

    clock.travel(2 * DAY)
    housekeeping.clear(house.database, clock.now())
    assert left(house) == [0, 0, 1, 1, 1]
    clock.travel(30 * DAY)
    housekeeping.clear(house.database, clock.now())
    assert left(house) == [0, 0, 0, 0, 1]


def test_leave_to_register_stays_in_the_list_for_a_month_after_its_end(house):
    with house.database.transaction() as db:
        initial_access_tokens.make(
            db, house.trail, label="x", uses=1, expires_at=clock.now() + DAY, actor=Actor("system", None)
        )

    clock.travel(30 * DAY)
    assert housekeeping.clear(house.database, clock.now()) == 0
    clock.travel(2 * DAY)
    assert housekeeping.clear(house.database, clock.now()) == 1


def test_what_was_undone_refused_or_ended_is_kept_for_its_time_and_forgotten(house):
    now, far = clock.now(), clock.now() + 9000 * DAY
    with house.database.transaction() as db:
        me = Account(id=ids.new_id(), state="active", locale="zh_CN", created_at=now, updated_at=now)
        company = Organisation(
            id=ids.new_id(), uscc="9" * 18, name="x", kind="company", state="active", legal_representative_sealed="x",
            legal_representative_index="x", source="business", created_at=now, checked_at=now, recheck_at=now,
        )  # fmt: skip
        db.add_all([me, company])
        db.flush()
        given = [
            Mandate(
                id=ids.new_id(), organisation_id=company.id, role="agent", given_by=me.id, agent_name_sealed="x",
                phone_index="x", phone_sealed="x", services=[], may_delegate=True, starts_at=now, offered_at=now,
                offer_until=far, ended_at=ended_at,
            )
            for ended_at in (now, now, now, None)
        ]  # fmt: skip
        used, above, below, _live = given
        below.parent_id = above.id
        db.add_all(given)
        db.flush()
        db.add_all(
            [
                Use(id=ids.new_id(), organisation_id=company.id, account_id=me.id, role="agent", mandate_id=used.id,
                    client_id="c", at=now + 20 * DAY),
                *(ExternalLink(id=ids.new_id(), account_id=me.id, source="wechat", key_index=f"{at}", key_sealed="x",
                               linked_at=now, unlinked_at=at) for at in (now, None)),
                GuardianRequest(id=ids.new_id(), child_account_id=me.id, client_id="c", words=[], asked_at=now),
                CounterCase(id=ids.new_id(), account_id=me.id, code_index="x", state="confirmed", created_at=now,
                            expires_at=now),
            ]
        )  # fmt: skip

    def kept() -> list[int]:
        housekeeping.clear(house.database, clock.now())
        with house.database.view() as db:
            return [
                db.scalar(select(func.count()).select_from(model)) or 0
                for model in (Mandate, Use, ExternalLink, GuardianRequest, CounterCase)
            ]

    assert kept() == [4, 1, 2, 1, 1]
    clock.travel(31 * DAY)
    assert kept() == [4, 1, 1, 1, 0]
    clock.travel(335 * DAY)
    assert kept() == [4, 1, 1, 0, 0]
    clock.travel(730 * DAY)
    assert kept() == [3, 1, 1, 0, 0]
    assert kept() == [2, 1, 1, 0, 0]
    clock.travel(30 * DAY)
    assert kept() == [1, 0, 1, 0, 0]


def test_the_rounds_of_a_worker_seal_and_clear(house):
    with house.database.transaction() as db:
        house.trail.record(db, "account.frozen", account_id="a" * 32)

    proof = IdentityProof(house.database, open_store(""), house.keyring, house.trail, Sources())
    settings = Settings(issuer="https://centre.example", database_url="sqlite://", master_key=Secret(""))
    rounds = housekeeping.chores(house.database, house.keyring, house.trail, proof, settings)
    done = {chore.name: chore.run() for chore in rounds}

    assert done.pop("statistics.count") == 1
    assert done.pop("sources.days") == 31
    assert {name: count for name, count in done.items() if count} == {"audit.seal": 1}
