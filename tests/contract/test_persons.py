"""Persons on both pairs: found by kind, country and number, one account a person, and what is known without a resident number."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from idp.core import clock, ids
from idp.core.identifiers import Document, DocumentKind, Gender, mask_document
from idp.oidc import claim_values
from idp.realname import persons
from idp.realname.errors import AnotherPerson, BelongsToAnother
from idp.realname.models import Evidence, Person
from idp.realname.persons import HolderFacts, PersonFacts
from idp.realname.ports import Applicant
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.signing_in import House

CARD = Document.of(DocumentKind.FOREIGN_PERMANENT_RESIDENT, "937840198503070015")


@pytest.fixture(autouse=True)
def nobody_yet(house: House) -> None:
    with house.database.transaction() as db:
        db.execute(Person.__table__.delete())  # type: ignore[attr-defined]


def proven(
    house: House, account_id: str, document: Document, name: str = "测试甲", facts: HolderFacts | None = None
) -> PersonFacts | None:
    """The account as it is after a source confirmed this person."""
    keyring, now = house.base.keyring, clock.now()
    with house.database.transaction() as db:
        persons.remember(db, keyring, account_id, applicant=Applicant(name, document), facts=facts)
        db.add(
            Evidence(
                id=ids.new_id(),
                account_id=account_id,
                source="population",
                channel="scripted",
                verdict="verified",
                document_kind=document.kind.value,
                document_index=persons.document_index(keyring, document),
                ial=1,
                at=now,
                expires_at=now + timedelta(days=1),
            )
        )
    with house.database.glance() as db:
        return persons.facts(db, keyring, account_id)


def test_a_number_of_two_kinds_or_countries_is_two_people(house: House) -> None:
    for kind, number, country in (
        (DocumentKind.TAIWAN_TRAVEL_PERMIT, "12345678", None),
        (DocumentKind.FOREIGN_PASSPORT, "12345678", "USA"),
        (DocumentKind.FOREIGN_PASSPORT, "12345678", "FRA"),
        (DocumentKind.RESIDENT_ID, "370199198503070017", None),
        (DocumentKind.HMT_RESIDENCE_PERMIT, "810000199001010019", None),
    ):
        document = Document.of(kind, number, country=country)
        found = proven(house, house.person()[0], document)
        assert found is not None
        assert found.document == document


def test_what_resident_numbers_are_found_by_has_not_changed(house: House) -> None:
    number = "370199198503070017"
    found = persons.document_index(house.base.keyring, Document.of(DocumentKind.RESIDENT_ID, number))

    assert found == house.base.keyring.blind_index("resident_id", number)


def test_a_document_that_was_issued_again_still_finds_its_person(house: House) -> None:
    permit = DocumentKind.HK_MACAO_TRAVEL_PERMIT
    account_id = house.person()[0]
    proven(house, account_id, Document.of(permit, "H1234567801"))

    renewed = proven(house, account_id, Document.of(permit, "H1234567802"))
    assert renewed is not None
    assert renewed.document.number == "H1234567802"
    with pytest.raises(BelongsToAnother):
        proven(house, house.person()[0], Document.of(permit, "H12345678"))


def test_one_account_stands_for_one_person(house: House) -> None:
    account_id = house.person()[0]
    proven(house, account_id, CARD)

    with pytest.raises(AnotherPerson):
        proven(house, account_id, Document.of(DocumentKind.RESIDENT_ID, "370199198503070025"))
    with house.database.view() as db:
        assert persons.holder_of(db, house.base.keyring, CARD) == account_id


def test_what_a_number_does_not_say_an_authority_may(house: House) -> None:
    passport = Document.of(DocumentKind.FOREIGN_PASSPORT, "AB1234567", country="FRA")
    said = HolderFacts(date(2010, 5, 6), Gender.FEMALE)

    found = proven(house, house.person()[0], passport, "EVA TEST", said)
    assert found is not None
    assert (found.birthdate, found.gender, found.nationality, found.resident_id) == (
        date(2010, 5, 6), "female", "FRA", None,
    )  # fmt: skip
    assert (found.age(datetime(2028, 5, 5, 16, tzinfo=UTC)), found.is_minor(datetime(2028, 5, 5, 15, tzinfo=UTC))) == (
        18,
        True,
    )
    with house.database.view() as db:
        kept = db.scalars(select(Person.facts_sealed)).one()
    assert kept is not None
    assert "2010" not in kept


def test_who_has_no_resident_number_is_told_to_no_site_as_having_one(house: House) -> None:
    found = proven(house, house.person()[0], CARD, "EVA TEST")
    assert found is not None

    known = {name: value for name, value in claim_values.known(None, found, None).items() if value is not None}
    assert {"resident_id", "gender"} & set(known) == set()
    assert (known["name"], known["birthdate"]) == ("EVA TEST", "1985-03-07")
    assert mask_document(found.document) == "937840********0015"


def test_a_person_of_unknown_age_is_not_taken_for_a_child(house: House) -> None:
    found = proven(house, house.person()[0], Document.of(DocumentKind.PRC_PASSPORT, "E12345678"))
    assert found is not None
    assert (found.age(clock.now()), found.is_minor(clock.now())) == (None, False)
