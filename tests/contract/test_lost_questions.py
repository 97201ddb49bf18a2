"""A process that dies while a source is being asked leaves nothing open for ever, and nobody's tries used up."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.core import clock
from idp.realname import levels, lost
from idp.realname.models import Evidence
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.signing_in import House


@pytest.fixture(autouse=True)
def home() -> Iterator[None]:
    yield
    clock.travel_home()


def test_a_question_without_an_answer_ends_after_an_hour_and_one_with_an_answer_stays(house: House) -> None:
    account_id = house.person()[0]
    with house.database.transaction() as db:
        for number, verdict in enumerate((levels.ASKED, levels.STARTED, levels.REFUTED)):
            db.add(
                Evidence(
                    id=f"{account_id[:30]}{number:02d}",
                    account_id=account_id,
                    source="population",
                    channel="test",
                    verdict=verdict,
                    document_index="x" * 43,
                    ial=0,
                    at=clock.now(),
                )
            )
    assert lost.end(house.database, house.trail) == 0
    clock.travel(timedelta(minutes=61))
    assert lost.end(house.database, house.trail) == 2
    assert lost.end(house.database, house.trail) == 0
    with house.database.view() as db:
        rows = db.scalars(select(Evidence).where(Evidence.account_id == account_id).order_by(Evidence.id)).all()
    assert [(row.verdict, row.reason) for row in rows] == [
        ("unavailable", "lost"), ("unavailable", "lost"), ("refuted", None),
    ]  # fmt: skip
