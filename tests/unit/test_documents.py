"""Documents of every kind: the vectors of their formats, their codes, what they are found by, and how they are shown."""

from datetime import date

import pytest
from cryptography.hazmat.primitives import hashes, hmac

from idp.core.crypto import DataKey, Purpose, Suite, keyed_digest
from idp.core.identifiers import (
    Document,
    DocumentKind,
    Gender,
    IdentifierError,
    age_on,
    ga_t_code,
    kind_of_ga_t,
    kind_of_short_code,
    legacy_id,
    mask_document,
    short_code,
)

TODAY = date(2026, 11, 22)
RESIDENT, PERMIT = DocumentKind.RESIDENT_ID, DocumentKind.HMT_RESIDENCE_PERMIT
HOME_RETURN, TAIWAN = DocumentKind.HK_MACAO_TRAVEL_PERMIT, DocumentKind.TAIWAN_TRAVEL_PERMIT
FOREIGN_CARD, PASSPORT = DocumentKind.FOREIGN_PERMANENT_RESIDENT, DocumentKind.PRC_PASSPORT
FOREIGN_PASSPORT = DocumentKind.FOREIGN_PASSPORT
TO_HK_MACAO, TO_TAIWAN = DocumentKind.EXIT_PERMIT_HK_MACAO, DocumentKind.EXIT_PERMIT_TAIWAN


def parsed(kind: DocumentKind, text: str, country: str | None = None) -> Document:
    return Document.parse(kind, text, today=TODAY, country=country)


@pytest.mark.parametrize(
    ("kind", "text", "number", "birthdate", "gender"),
    [
        (RESIDENT, "370199198503070017", "370199198503070017", date(1985, 3, 7), Gender.MALE),
        (PERMIT, "810000199001010019", "810000199001010019", date(1990, 1, 1), Gender.MALE),
        (PERMIT, "820000198808080023", "820000198808080023", date(1988, 8, 8), Gender.FEMALE),
        (PERMIT, "830000197505050035", "830000197505050035", date(1975, 5, 5), Gender.MALE),
        (PERMIT, " ８10000 19900101 006x ", "81000019900101006X", date(1990, 1, 1), Gender.FEMALE),
        (FOREIGN_CARD, "937840198503070015", "937840198503070015", date(1985, 3, 7), None),
        (FOREIGN_CARD, "931392199006150020", "931392199006150020", date(1990, 6, 15), None),
        (FOREIGN_CARD, "911392197001010034", "911392197001010034", date(1970, 1, 1), None),
        (FOREIGN_CARD, "937036198811110041", "937036198811110041", date(1988, 11, 11), None),
        (FOREIGN_CARD, "usa110000010101", "USA110000010101", None, None),
        (PASSPORT, "e12345678", "E12345678", None, None),
        (PASSPORT, "EA1234567", "EA1234567", None, None),
        (PASSPORT, "Ｇ12345678", "G12345678", None, None),
        (PASSPORT, "141234567", "141234567", None, None),
        (PASSPORT, "151234567", "151234567", None, None),
        (PASSPORT, "D1234567", "D1234567", None, None),
        (PASSPORT, "S12345678", "S12345678", None, None),
        (PASSPORT, "PE1234567", "PE1234567", None, None),
        (HOME_RETURN, "H12345678", "H12345678", None, None),
        (HOME_RETURN, "m1234567802", "M1234567802", None, None),
        (TAIWAN, "12345678", "12345678", None, None),
        (TAIWAN, "1234567801", "1234567801", None, None),
        (TAIWAN, "1234567801（B）", "1234567801", None, None),
        (TO_HK_MACAO, "CA1234567", "CA1234567", None, None),
        (TO_HK_MACAO, "C12345678", "C12345678", None, None),
        (TO_HK_MACAO, "W12345678", "W12345678", None, None),
        (TO_TAIWAN, "L12345678", "L12345678", None, None),
        (TO_TAIWAN, "T12345678", "T12345678", None, None),
    ],
)
def test_a_right_document_is_read_with_what_its_number_says(kind, text, number, birthdate, gender):
    document = parsed(kind, text)

    assert (document.kind, document.number, document.country) == (kind, number, None)
    assert (document.birthdate, document.gender) == (birthdate, gender)
    assert Document.of(kind, number) == document


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        (RESIDENT, "370199198503070018", "resident_id_check_digit"),
        (RESIDENT, "370199640815004", "resident_id_length"),  # fifteen digits are of no card today
        (RESIDENT, "810000199001010019", "resident_id_is_residence_permit"),
        (RESIDENT, "937840198503070015", "resident_id_province"),
        (PERMIT, "810001199001010015", "document_region"),
        (PERMIT, "370199198503070017", "document_region"),
        (PERMIT, "810000199001010018", "document_check_digit"),
        (PERMIT, "81000019900101001", "document_shape"),
        (FOREIGN_CARD, "937840198503070016", "document_check_digit"),
        (FOREIGN_CARD, "370199198503070017", "document_shape"),
        (FOREIGN_CARD, "US1110000010101", "document_shape"),
        (FOREIGN_CARD, "USA11000001010", "document_shape"),
        (PASSPORT, "EI1234567", "document_shape"),
        (PASSPORT, "EO1234567", "document_shape"),
        (PASSPORT, "161234567", "document_shape"),
        (PASSPORT, "G1234567", "document_shape"),
        (HOME_RETURN, "H1234567", "document_shape"),
        (HOME_RETURN, "H123456789", "document_shape"),
        (TAIWAN, "123456789", "document_shape"),
        (TAIWAN, "12345678(B)", "document_shape"),
        (TO_HK_MACAO, "CAA234567", "document_shape"),
        (TO_TAIWAN, "X12345678", "document_shape"),
        (PASSPORT, "E1234567८", "document_shape"),  # a digit of another script
    ],
)
def test_what_cannot_be_a_document_of_its_kind_is_refused(kind, text, code):
    with pytest.raises(IdentifierError) as refusal:
        parsed(kind, text)

    assert refusal.value.code == code


@pytest.mark.parametrize(("day", "is_right"), [("19850230", False), ("20990101", False), ("18991231", False)])
def test_a_date_that_nobody_was_born_on_is_refused(day, is_right):
    from idp.core.identifiers.resident_id import check_character

    for kind, region in ((PERMIT, "810000"), (FOREIGN_CARD, "937840")):
        body = f"{region}{day}001"
        with pytest.raises(IdentifierError, match="document_birthdate"):
            parsed(kind, body + check_character(body))


def test_a_foreign_passport_needs_its_country_and_no_other_document_has_one():
    assert parsed(FOREIGN_PASSPORT, "ab 12345", country="usa").country == "USA"
    for kind, number, country in (
        (FOREIGN_PASSPORT, "AB12345", None),
        (FOREIGN_PASSPORT, "AB12345", "CHN"),
        (FOREIGN_PASSPORT, "AB12345", "US"),
        (PASSPORT, "E12345678", "CHN"),
    ):
        with pytest.raises(IdentifierError, match="document_country"):
            parsed(kind, number, country)
    for odd in ("AB12", "A" * 18, "AB-123456"):
        with pytest.raises(IdentifierError, match="document_shape"):
            parsed(FOREIGN_PASSPORT, odd, "USA")


def test_a_travel_permit_that_was_issued_again_is_found_by_the_same_key():
    assert parsed(HOME_RETURN, "H1234567801").key == parsed(HOME_RETURN, "H1234567802").key == "H12345678"
    assert parsed(TAIWAN, "1234567801").key == parsed(TAIWAN, "12345678").key


def test_a_passport_number_of_two_countries_is_two_keys():
    keys = {parsed(FOREIGN_PASSPORT, "AB12345", country).key for country in ("USA", "FRA")}
    assert keys == {"USA:AB12345", "FRA:AB12345"}


def test_documents_do_not_show_themselves():
    assert "8100" not in repr(parsed(PERMIT, "810000199001010019"))
    assert "1990" not in repr(parsed(PERMIT, "810000199001010019"))


def test_fifteen_digits_become_eighteen_to_match_old_records():
    assert legacy_id.upgraded("370199640815004") == "370199196408150044"
    assert legacy_id.upgraded(" 370199 640815 004 ") == "370199196408150044"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("370199640815996", "legacy_id_century"),
        ("370199640815999", "legacy_id_century"),
        ("37019964081500", "legacy_id_shape"),
        ("37019964081500X", "legacy_id_shape"),
    ],
)
def test_fifteen_digits_are_not_guessed_at(text, code):
    with pytest.raises(IdentifierError) as refusal:
        legacy_id.upgraded(text)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("kind", "code", "short"),
    [
        (RESIDENT, "111", "1"),
        (PASSPORT, "414", "2"),
        (FOREIGN_PASSPORT, "414", "2"),
        (HOME_RETURN, "516", "4"),
        (TAIWAN, "511", "5"),
        (FOREIGN_CARD, "553", "6"),
        (PERMIT, "RPHMT", None),
        (TO_HK_MACAO, "513", None),
        (TO_TAIWAN, "517", None),
    ],
)
def test_every_kind_has_its_code_there_and_back(kind, code, short):
    country = "USA" if kind is FOREIGN_PASSPORT else None

    assert (ga_t_code(kind), kind_of_ga_t(code, country=country)) == (code, kind)
    assert short_code(kind) == short
    if short is not None and kind is not FOREIGN_PASSPORT:
        assert kind_of_short_code(short) is kind


def test_other_codes_are_read_as_far_as_we_take_their_documents():
    assert kind_of_ga_t("51") is RESIDENT
    assert {kind_of_ga_t(code) for code in ("411", "412", "413")} == {PASSPORT}
    assert kind_of_ga_t("414", country="CHN") is PASSPORT
    assert {kind_of_ga_t(code) for code in ("112", "113", "114", "115", "123", "990", "")} == {None}
    assert kind_of_short_code("3") is None


@pytest.mark.parametrize(
    ("document", "shown"),
    [
        (parsed(RESIDENT, "370199198503070017"), "370199********0017"),
        (parsed(PERMIT, "810000199001010019"), "810000********0019"),
        (parsed(FOREIGN_CARD, "937840198503070015"), "937840********0015"),
        (parsed(FOREIGN_CARD, "USA110000010101"), "US***********01"),
        (parsed(PASSPORT, "E12345678"), "E1*****78"),
        (parsed(HOME_RETURN, "H1234567802"), "H1*******02"),
        (parsed(TAIWAN, "12345678"), "12****78"),
        (parsed(FOREIGN_PASSPORT, "AB123", "USA"), "A***3"),
    ],
)
def test_documents_of_every_kind_are_masked(document, shown):
    assert mask_document(document) == shown


def test_ages_are_completed_years():
    assert (age_on(date(2012, 2, 29), date(2026, 2, 28)), age_on(date(2012, 2, 29), date(2026, 3, 1))) == (13, 14)


def test_the_national_index_is_the_one_of_the_reference():
    key = hmac.HMAC(b"sandbox-pepper", hashes.SM3())
    key.update(b"370199198503070017")
    digest = "82dba25ca807658ddf962d0a6dd9dc4e368d40a13100f8c9b83bba46fbe885f8"

    assert key.finalize().hex() == digest
    assert (
        keyed_digest(DataKey("k", Purpose.INDEX, Suite.NATIONAL, b"sandbox-pepper"), b"370199198503070017").hex()
        == digest
    )
