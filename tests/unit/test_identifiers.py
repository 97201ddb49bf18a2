"""The vectors of the identifier standards, and the rules of normalising and masking."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.core.identifiers import (
    Gender,
    IdentifierError,
    MobileNumber,
    Registry,
    ResidentId,
    Uscc,
    has_rare_character,
    is_organisation_code,
    mask_mobile,
    mask_name,
    mask_resident_id,
    normalise_name,
)

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "number", "gender", "birthdate"),
    [
        ("370199198503070017", "370199198503070017", Gender.MALE, date(1985, 3, 7)),
        ("370199198503070025", "370199198503070025", Gender.FEMALE, date(1985, 3, 7)),
        ("37019919900520008X", "37019919900520008X", Gender.FEMALE, date(1990, 5, 20)),
        ("37019919900520008x", "37019919900520008X", Gender.FEMALE, date(1990, 5, 20)),
        (" 370199 19900520 008ｘ ", "37019919900520008X", Gender.FEMALE, date(1990, 5, 20)),
        ("３７０１９９１９８５０３０７００１７", "370199198503070017", Gender.MALE, date(1985, 3, 7)),
        ("370299197001010111", "370299197001010111", Gender.MALE, date(1970, 1, 1)),
        ("370699200002290123", "370699200002290123", Gender.FEMALE, date(2000, 2, 29)),
        ("37139919640815002X", "37139919640815002X", Gender.FEMALE, date(1964, 8, 15)),
        ("370199194910010013", "370199194910010013", Gender.MALE, date(1949, 10, 1)),
        ("370199201506010030", "370199201506010030", Gender.MALE, date(2015, 6, 1)),
        ("370199200809100055", "370199200809100055", Gender.MALE, date(2008, 9, 10)),
        ("11010519491231002X", "11010519491231002X", Gender.FEMALE, date(1949, 12, 31)),
        ("440524188001010014", None, None, None),  # the standard's example is right, its year is before ours
    ],
)
def test_a_right_resident_number_gives_its_facts(text, number, gender, birthdate):
    if number is None:
        with pytest.raises(IdentifierError, match="resident_id_birthdate"):
            ResidentId.parse(text, today=TODAY)
        return
    resident = ResidentId.parse(text, today=TODAY)

    assert (resident.number, resident.gender, resident.birthdate) == (number, gender, birthdate)
    assert resident.region == number[:6]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("370199198503070018", "resident_id_check_digit"),
        ("37019919850230001X", "resident_id_birthdate"),
        ("370199199902290011", "resident_id_birthdate"),
        ("370199198513010018", "resident_id_birthdate"),
        ("370199209901010010", "resident_id_birthdate"),
        ("000199198503070013", "resident_id_province"),
        ("990199198503070012", "resident_id_province"),
        ("370199198503070009", "resident_id_order"),
        ("3701991985030700", "resident_id_length"),
        ("3701991985030700177", "resident_id_length"),
        ("37019919850307O017", "resident_id_characters"),
        ("3701991985030700१७", "resident_id_characters"),  # digits of another script
        ("937840198503070015", "resident_id_province"),
        ("", "resident_id_length"),
    ],
)
def test_a_wrong_resident_number_is_refused_with_its_reason(text, code):
    with pytest.raises(IdentifierError) as refusal:
        ResidentId.parse(text, today=TODAY)

    assert refusal.value.code == code


def test_age_is_counted_in_completed_years():
    child = ResidentId.parse("370199201506010030", today=TODAY)
    leap = ResidentId.parse("370699200002290123", today=TODAY)

    assert (child.age_on(date(2029, 5, 31)), child.age_on(date(2029, 6, 1))) == (13, 14)
    assert (leap.age_on(date(2018, 2, 28)), leap.age_on(date(2018, 3, 1))) == (17, 18)


def test_a_birth_today_is_possible_and_tomorrow_is_not():
    assert ResidentId.parse("370199201506010030", today=date(2015, 6, 1)).age_on(date(2015, 6, 1)) == 0
    with pytest.raises(IdentifierError):
        ResidentId.parse("370199201506010030", today=date(2015, 5, 31))


def test_numbers_do_not_show_themselves():
    assert "3701" not in repr(ResidentId.parse("370199198503070017", today=TODAY))
    assert "1990" not in repr(MobileNumber.parse("19900000001"))


@pytest.mark.parametrize(
    "text",
    [
        "19900000001",
        "+8619900000001",
        "+86 199 0000 0001",
        "0086-199-0000-0001",
        "１９９００００ 0001",
        " 19900000001 ",
    ],
)
def test_a_mobile_number_is_read_as_people_write_it(text):
    number = MobileNumber.parse(text)

    assert (number.national, number.e164) == ("19900000001", "+8619900000001")


def test_a_country_prefix_is_one_only_at_the_beginning():
    assert MobileNumber.parse("19900008610").national == "19900008610"
    assert MobileNumber.parse("+8619900008610").national == "19900008610"


@pytest.mark.parametrize(
    "text",
    [
        "12900000001",
        "1990000000",
        "199000000011",
        "+1 2025550100",
        "8619900000001",
        "1990000000a",
        "",
        "+86",
        "1990000000१",
    ],
)
def test_what_is_no_mainland_mobile_number_is_refused(text):
    with pytest.raises(IdentifierError, match="mobile_number"):
        MobileNumber.parse(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("测试甲", "测试甲"),
        ("  测试甲　", "测试甲"),
        ("测 试 甲", "测试甲"),
        *[(f"买买提{dot}测试", "买买提·测试") for dot in "·•‧・．."],
        ("买买提 • 测试", "买买提·测试"),
        ("買買提·測試", "買買提·測試"),
        ("ｚｈａｎｇ　 san", "ZHANG SAN"),
        ("O'Neil-Test, Jr.", "O'NEIL-TEST, JR."),
        ("J. Test", "J. TEST"),
        ("E\u0301va", "ÉVA"),
        ("测〇", "测〇"),
        ("测\U00020bb7", "测\U00020bb7"),  # extension B
        ("测\U0003134a", "测\U0003134a"),  # extension G
        ("测\ue000", "测\ue000"),  # a registry's private-use code
        ("测" * 60, "测" * 60),
    ],
)
def test_a_name_is_normalised_without_losing_a_character(text, name):
    assert normalise_name(text) == name
    assert normalise_name(name) == name


@pytest.mark.parametrize("text", ["", "   ", "测" * 61])
def test_a_name_has_a_length(text):
    with pytest.raises(IdentifierError, match="name_length"):
        normalise_name(text)


@pytest.mark.parametrize("text", ["测\u200b试", "测\x00", "测1", "<b>测</b>", "测&试", "·", "测\u202e试", "测\ud800"])
def test_what_no_name_contains_is_refused(text):
    with pytest.raises(IdentifierError, match="name_characters"):
        normalise_name(text)


@given(st.text(max_size=70))
def test_normalising_a_name_twice_changes_nothing(text):
    try:
        once = normalise_name(text)
    except IdentifierError:
        return
    assert normalise_name(once) == once


def test_rare_characters_are_recognised():
    assert has_rare_character("测\U00020bb7")
    assert has_rare_character("测\ue000")
    assert not has_rare_character("买买提·测试")


@pytest.mark.parametrize("code", ["MA3DEM019", "D2143569X", "MA3T0005X", "MA3T00180", "MA3DEM115"])
def test_organisation_codes_of_the_standard_are_right(code):
    assert is_organisation_code(code)


@pytest.mark.parametrize("code", ["MA3DEM018", "MA3DEM01", "ma3dem019", "MA3DEM0199", "MA3DEM01A"])
def test_wrong_organisation_codes_are_not(code):
    assert not is_organisation_code(code)


@pytest.mark.parametrize(
    ("registry", "codes"),
    [
        (Registry.MARKET_REGULATION, "91370199MA3DEM019F 91370199MA3DEM115Q 91370199MA3T0005XY 91370199MA3T00180X"),
        (Registry.MARKET_REGULATION, "92370199MA3DEM2034 92370199MA3DEM414K 93370199MA3DEM30X7 91350100M000100Y43"),
        (Registry.STAFFING_OFFICE, "1137019900DEM0402K 1237019949DEM05000 1337019949DEM06078"),
        (Registry.CIVIL_AFFAIRS, "5137019950DEM0708U 5237019950DEM08042 5337019950DEM09008"),
        (Registry.CIVIL_AFFAIRS, "54370199MB0DEM1052 55370199MB0DEM2018"),
        (Registry.AGRICULTURE, "N1370199MB0DEM308E"),
        (Registry.JUSTICE, "3137019931DEM1005F"),
        (Registry.OTHER, "8137019981DEM11082"),
    ],
)
def test_right_credit_codes_are_read(registry, codes):
    for code in codes.split():
        read = Uscc.parse(code)
        assert (read.code, read.registry, read.has_consistent_organisation_code) == (code, registry, True)


def test_a_credit_code_is_normalised():
    assert Uscc.parse(" ９１370199ma3dem019f ").code == "91370199MA3DEM019F"
    assert Uscc.parse("91370199MA3DEM019F").region == "370199"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("91370199MA3DEM019G", "uscc_check_digit"),
        ("91370199MA3DEMO19F", "uscc_characters"),
        ("91370199MA3DEM019", "uscc_length"),
        ("9137O199MA3DEM019F", "uscc_characters"),
        ("", "uscc_length"),
    ],
)
def test_wrong_credit_codes_are_refused_with_their_reason(text, code):
    with pytest.raises(IdentifierError) as refusal:
        Uscc.parse(text)

    assert refusal.value.code == code


def test_a_wrong_inner_code_is_a_warning_only():
    assert not Uscc.parse("91370199MA3DEM018C").has_consistent_organisation_code


@pytest.mark.parametrize(
    ("masked", "shown"),
    [
        (mask_resident_id("370199198503070017"), "370199********0017"),
        (mask_resident_id("short"), "*****"),
        (mask_mobile("13800000001"), "138****0001"),
        (mask_mobile("199"), "***"),
        (mask_name("张三"), "张*"),
        (mask_name("测试甲"), "测**"),
        (mask_name("欧阳甲乙"), "欧阳**"),
        (mask_name("欧阳"), "欧*"),
        (mask_name("买买提·测试"), "买**"),
        (mask_name("ZHANG SAN"), "Z**"),
        (mask_name("张"), "张*"),
    ],
)
def test_values_are_masked_the_same_way_everywhere(masked, shown):
    assert masked == shown
