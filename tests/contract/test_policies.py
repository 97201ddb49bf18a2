"""Policies on both databases: one of many publishers gets a version, every process follows, nothing goes below the floor."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from idp import models
from idp.admin import policy_reach
from idp.audit.models import AuditEntry
from idp.audit.trail import Actor
from idp.config import PasswordPolicy, Settings
from idp.core import clock
from idp.core.secret import Secret
from idp.policies import built_in, kinds
from idp.policies.errors import PolicyMoved, PolicyRefused, PolicyUnchanged
from idp.policies.first import of_settings
from idp.policies.models import PolicyVersion
from idp.policies.policies import Policies
from tests.contract.durable import Durable, durable, sqlite_url
from tests.contract.signing_in import race

NOBODY = Actor("system")
TABLES = models.ALL  # that of the operators, who make versions, among them


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def durably(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Durable]:
    is_sqlite = request.param == "sqlite"
    with durable(sqlite_url(tmp_path) if is_sqlite else request.getfixturevalue("furnished_postgres_database")) as made:
        yield made


def policies_of(house: Durable, **settings: Any) -> Policies:
    """Another process, as far as policies go."""
    given = Settings(issuer="http://localhost", database_url=house.url, master_key=Secret("x"), **settings)
    return Policies(house.database, house.trail, of_settings(given))


def publish(house: Durable, policies: Policies, kind: kinds.Kind[Any], value: Any, **more: Any) -> int:
    with house.database.transaction() as db:
        base = more.pop("base", None) or policies.version(kind).number
        made = policies.publish(db, kind, value, base=base, actor=NOBODY, reason="operations", **more)
    policies.follow()
    return made.number


def test_settings_are_the_first_version_until_somebody_publishes_another(durably: Durable) -> None:
    mine, others = policies_of(durably, session_hours=6), policies_of(durably, session_hours=6)
    assert (mine.version(kinds.SESSION).number, mine.current(kinds.SESSION).hours) == (1, 6)

    assert publish(durably, mine, kinds.SESSION, kinds.SessionPolicy(20, 4)) == 2
    assert mine.current(kinds.SESSION) == kinds.SessionPolicy(20, 4)
    assert others.version(kinds.SESSION).value == kinds.SessionPolicy(20, 4)
    assert publish(durably, others, kinds.SESSION, mine.first(kinds.SESSION), undoes=1) == 3
    assert mine.version(kinds.SESSION).value.hours == 6


def test_of_many_who_publish_at_once_one_gets_the_version(durably: Durable) -> None:
    every = [policies_of(durably) for _ in range(8)]

    def one(n: int) -> int | None:
        try:
            return publish(durably, every[n], kinds.SESSION, kinds.SessionPolicy(10 + n, 8), base=1)
        except PolicyMoved:
            return None

    made = race(one, 8)
    assert sorted(each for each in made if each is not None) == [2]
    with durably.database.view() as db:
        [row] = db.scalars(select(PolicyVersion)).all()
        acts = db.scalars(select(AuditEntry.act).where(AuditEntry.act == "policy.changed")).all()
    assert len(acts) == 1
    assert {each.version(kinds.SESSION).value.idle_minutes for each in every} == {row.values["idle_minutes"]}


def test_a_version_follows_the_newest_and_no_other(durably: Durable) -> None:
    policies = policies_of(durably)
    publish(durably, policies, kinds.SESSION, kinds.SessionPolicy(20, 4))
    for base in (1, 3, 99):
        with pytest.raises(PolicyMoved):
            publish(durably, policies, kinds.SESSION, kinds.SessionPolicy(10, 4), base=base)
    with pytest.raises(PolicyUnchanged):
        publish(durably, policies, kinds.SESSION, kinds.SessionPolicy(20, 4))


def test_nobody_goes_below_the_settings_of_the_installation(durably: Durable) -> None:
    strict = policies_of(durably, password=PasswordPolicy(min_length=12))
    with pytest.raises(PolicyRefused):
        publish(durably, strict, kinds.PASSWORD, PasswordPolicy(min_length=10))
    lax = policies_of(durably)
    publish(durably, lax, kinds.PASSWORD, PasswordPolicy(min_length=10, required_classes=2))

    now = strict.version(kinds.PASSWORD).value  # the settings became stricter after it was published
    assert (now.min_length, now.required_classes) == (12, 2)
    assert lax.current(kinds.PASSWORD).min_length == 10


def test_what_the_settings_say_is_let_be_and_can_be_come_back_to(durably: Durable) -> None:
    policies = policies_of(durably, session_hours=100)
    publish(durably, policies, kinds.SESSION, kinds.SessionPolicy(20, 100))
    publish(durably, policies, kinds.SESSION, kinds.SessionPolicy(20, 8))
    with pytest.raises(PolicyRefused):
        publish(durably, policies, kinds.SESSION, kinds.SessionPolicy(20, 99))
    assert publish(durably, policies, kinds.SESSION, policies.first(kinds.SESSION), undoes=1) == 4


def test_every_text_that_was_ever_in_force_is_found_by_its_name(durably: Durable) -> None:
    policies = policies_of(durably)
    first = policies.current(kinds.PRIVACY_NOTICE)
    for n in range(2):
        now = policies.current(kinds.PRIVACY_NOTICE)
        publish(durably, policies, kinds.PRIVACY_NOTICE, replace(now, zh=f"{now.zh}\n第 {n} 次修改\n"))
    assert policies.agreements()["privacy_notice"] == policies.current(kinds.PRIVACY_NOTICE).name
    with durably.database.view() as db:
        dated = policies.texts(db, built_in.PRIVACY_NOTICE)
        assert len({each.name for each in dated}) == len(dated) == 2 + len(built_in.versions(built_in.PRIVACY_NOTICE))
        assert dated[0].until is None
        for each in dated:
            found = policies.text(db, built_in.PRIVACY_NOTICE, each.name)
            assert found is not None
            assert found.name == each.name
        assert policies.text(db, built_in.PRIVACY_NOTICE, first.name) == first
        for odd in ("", "2026", "../x", "2026-11-22-9999", "1999-01-01"):
            assert policies.text(db, built_in.PRIVACY_NOTICE, odd) is None
    publish(durably, policies, kinds.PRIVACY_NOTICE, first, undoes=1)
    again = policies.current(kinds.PRIVACY_NOTICE)
    assert (again.zh, again.name == first.name) == (first.zh, False)


def test_beyond_what_is_worth_counting_the_database_is_believed(
    durably: Durable, monkeypatch: pytest.MonkeyPatch
) -> None:
    with durably.database.transaction() as db:
        for n in range(3):
            db.add(PolicyVersion(kind="x", number=2 + n, values={}, changed_at=clock.now(), reason="x"))
    rows = select(PolicyVersion.number)
    with durably.database.view() as db:
        assert policy_reach._counted(db, rows, "policy_versions") == policy_reach.Counted(3, is_exact=True)
        monkeypatch.setattr(policy_reach, "_MOST", 1)
        about = policy_reach._counted(db, rows, "policy_versions")
    assert not about.is_exact
    assert about.number >= 2
