"""Claims from their sources: names cut where that is certain, addresses as they are written, languages, and what wins."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from idp.accounts import details_rules
from idp.accounts.details import Details
from idp.accounts.details_rules import DetailRefused
from idp.accounts.models import AccountState
from idp.accounts.profiles import Profile
from idp.core.identifiers import Document, DocumentKind, mask_birthdate, mask_email, split_name
from idp.oidc import claim_values, claims
from idp.realname.persons import PersonFacts

EARLY, LATE = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC)
PROFILE = Profile("a", AccountState.ACTIVE, "jia", "+8619900000001", "zh_Hans_CN", EARLY, EARLY)
CARD = Document.of(DocumentKind.RESIDENT_ID, "370199198503070017")
PERSON = PersonFacts("欧阳测试", CARD, date(1985, 3, 7), "male", None, EARLY, 1)


def written(**values: Any) -> Details:
    return Details({name.replace("_en", "#en"): value for name, value in values.items()}, LATE)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("测试甲", ("测", "试甲")),
        ("张三", ("张", "三")),
        ("欧阳测", ("欧阳", "测")),
        ("欧阳测试", ("欧阳", "测试")),
        ("司马光", ("司马", "光")),
        ("欧阳", ("欧", "阳")),  # two characters are a family name and a given name of one each
        ("𠮷田三", ("𠮷", "田三")),
        ("买买提·测试", (None, None)),
        ("ZHANG SAN", (None, None)),
        ("甲", (None, None)),
    ],
)
def test_a_name_is_cut_where_the_cut_is_certain(name: str, parts: tuple[str | None, str | None]) -> None:
    assert split_name(name) == parts


def test_what_an_authority_confirmed_goes_before_what_was_declared() -> None:
    wrote = written(family_name="李", given_name="四", middle_name="中", given_name_en="Si", family_name_en="Li")
    known = claim_values.known(PROFILE, PERSON, wrote)
    assert (known["name"], known["family_name"], known["given_name"]) == ("欧阳测试", "欧阳", "测试")
    assert "middle_name" not in known
    assert known["name#en"] == "Si Li"
    assert known["birthdate"] == "1985-03-07"


def test_a_declared_name_stands_in_under_profile_and_never_under_realname() -> None:
    wrote = written(family_name="李", given_name="四")
    assert claim_values.known(PROFILE, None, wrote)["name"] == "李四"
    assert "name" not in claim_values.known(PROFILE, None, wrote, may_be_declared=False)
    assert claim_values.known(PROFILE, None, written(family_name="SMITH", given_name="ANNA"))["name"] == "ANNA SMITH"


def test_an_address_is_written_as_on_a_letter_of_its_language() -> None:
    parts = {
        "country": "中国",
        "region": "山东省",
        "locality": "济南市",
        "street_address": "样例路 1 号",
        "postal_code": "250001",
    }
    english = {
        "street_address": "1 Sample Road",
        "locality": "Jinan",
        "region": "Shandong",
        "postal_code": "250001",
        "country": "China",
    }
    known = claim_values.known(None, None, Details({"address": parts, "address#en": english}, LATE))
    assert known["address"] == {**parts, "formatted": "中国山东省济南市样例路 1 号\n250001"}
    assert known["address#en"]["formatted"] == "1 Sample Road\nJinan\nShandong 250001\nChina"


def test_an_email_is_never_called_verified_and_the_newest_change_counts() -> None:
    known = claim_values.known(PROFILE, PERSON, written(email="a@example.com"))
    assert known["email_verified"] is False
    assert known["updated_at"] == int(LATE.timestamp())
    assert "email_verified" not in claim_values.known(PROFILE, PERSON, written())


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("en", "Jay"), ("en-US", "Jay"), ("EN", "Jay"), ("zh", "小甲"), ("zh-CN", "小甲"), ("zh-Hans-CN", "小甲"),
        ("zh-Hant-TW", None), ("zh-HK", None), ("fr", None), ("de-CH", None),
    ],
)  # fmt: skip
def test_a_language_gives_its_own_form_or_none(tag: str, expected: str | None) -> None:
    assert claims.in_language({"nickname": "小甲", "nickname#en": "Jay"}, "nickname", tag) == expected
    assert claims.in_language({"nickname": "Jay"}, "nickname", "zh-CN") is None


GOOD = {
    ("email", " Jia.Ce+x@Mail.EXAMPLE.com "): "Jia.Ce+x@mail.example.com",
    ("email", "ｊｉａ＠example.com"): "jia@example.com",
    ("website", "https://example.org/~jia?a=1"): "https://example.org/~jia?a=1",
    ("nickname", "小甲 🌱"): "小甲 🌱",
    ("family_name", " 欧阳 "): "欧阳",
    ("given_name#en", "Jean-Luc"): "Jean-Luc",
    ("address.postal_code", "sw1a 1aa"): "SW1A 1AA",
    ("nickname", "   "): None,
}


@pytest.mark.parametrize(("given", "kept"), GOOD.items(), ids=str)
def test_what_can_stand_is_brought_into_one_form(given: tuple[str, str], kept: str | None) -> None:
    assert details_rules.read(*given) == kept


BAD = [
    ("email", "jia"), ("email", "jia@"), ("email", "@example.com"), ("email", "jia@localhost"), ("email", "a b@example.com"),
    ("email", "jia@exa_mple.com"), ("email", "jia..x@example.com"),
    ("email", "a" * 65 + "@example.com"), ("email", "甲@example.com"),
    ("email", "jia@example.com\r\nBcc: x@example.com"), ("email", "jia@-example.com"), ("email", f"a@{'b.' * 130}com"),
    ("website", "http://example.org"), ("website", "javascript:alert(1)"), ("website", "https://"), ("website", "https://localhost/"),
    ("website", "https://a:b@example.org/"), ("website", "https://example.org/ x"), ("website", 'https://example.org/"><script>'),
    ("website", "https://[::1"), ("website", "https://example.org:99999/"), ("website", "https://example.org/" + "x" * 500),
    ("nickname", "x" * 33), ("nickname", "a\x00b"), ("nickname", "\u202eabc"), ("nickname", "a\nb"), ("nickname", "\ue000"),
    ("family_name", "<b>"), ("given_name", "123"), ("given_name#en", "甲"), ("given_name#en", "x" * 61), ("family_name#en", "-"),
    ("address.postal_code", "25<001"), ("address.region", "a\x07b"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), BAD)
def test_what_cannot_stand_is_refused(name: str, text: str) -> None:
    with pytest.raises(DetailRefused):
        details_rules.read(name, text)


def test_a_refused_part_of_an_address_is_named() -> None:
    with pytest.raises(DetailRefused) as refused:
        details_rules.read_address({"region": "山东省", "street_address": "x" * 121})
    assert refused.value.field == "street_address"
    assert details_rules.read_address({"region": "  "}) is None


def test_masks_leave_what_is_needed_to_recognise() -> None:
    assert mask_email("wang@example.com") == "w***@example.com"
    assert mask_birthdate("1985-03-07") == "1985-**-**"
