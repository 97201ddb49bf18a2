"""Photo comparison: the registry's code decides, an unusable picture costs no call, and no picture is kept anywhere."""

import base64
import re
from dataclasses import replace

import pytest

from idp.core.deadline import Deadline
from idp.realname.adapters.population.messages import Answer, Record
from idp.realname.adapters.population.portraits import is_comparable
from idp.realname.adapters.population.reading import judge_comparison
from idp.realname.ports import AssuranceLevel, CheckMethod, Refutation, Refuted, Unavailable, Verified
from tests.contract.population.asking import ATTESTED, PERSON, applicant
from tests.contract.population.pictures import jpeg
from tests.contract.population.roads import ROADS, options_of, source_of

NUMBER = "5f0c1d2e3a4b4c5d8e9f001122334455"
SAME = Record("", "", PERSON.resident_id, "1", "1", "0", "01")


def compare(source, jpeg, person=PERSON):
    return source.photo.compare(person, jpeg, Deadline.after(8))


@pytest.mark.parametrize("road", ROADS)
def test_a_face_is_compared_over_every_road(source):
    outcome = compare(source, jpeg())

    assert outcome == Verified(ATTESTED, outcome.request_number)
    assert len(outcome.request_number) == 32


@pytest.mark.parametrize("road", ["provincial soap", "national json", "md5 json"])
@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ("02", Refutation.FACE_MISMATCH),
        ("03", Refutation.AMBIGUOUS),
        ("05", Refutation.MISMATCH),
        ("06", Refutation.NO_PHOTO),
        ("07", Refutation.PICTURE_UNUSABLE),
        ("08", Refutation.NOT_FOUND),
    ],
)
def test_every_code_is_mapped(source, says, reason):
    assert compare(source, jpeg(says=says)).reason is reason


@pytest.mark.parametrize("road", ["provincial soap", "provincial json"])
@pytest.mark.parametrize(
    ("name", "number", "reason"),
    [
        ("测试丙", "370199199912310012", Refutation.MISMATCH),
        ("测试戊", "370699200002290123", Refutation.NO_PHOTO),
        ("测试甲", "370199194910010013", Refutation.NOT_FOUND),
        ("测试丁", "370299197001010111", Refutation.DECEASED),
    ],
)
def test_the_person_counts_before_the_face(source, name, number, reason):
    assert compare(source, jpeg(), applicant(name, number)).reason is reason


@pytest.mark.parametrize(
    "picture",
    [
        b"",
        jpeg(size=10 * 1024 - 1),
        jpeg(size=40 * 1024 + 1),
        jpeg(width=99),
        jpeg(height=99),
        jpeg(width=5000),
        jpeg()[:-1],
        jpeg()[1:],
        b"\x89PNG" + jpeg()[4:],
        b"\xff\xd8\xff" + b"\x00" * 12_000 + b"\xff\xd9",
        b"\xff\xd8\xff\xda" + b"\x00" * 12_000 + b"\xff\xd9",
        base64.b64encode(jpeg()),
    ],
)
def test_an_unusable_picture_costs_no_call(source, http, picture):
    assert not is_comparable(picture)
    assert compare(source, picture) == Refuted(Refutation.PICTURE_UNUSABLE)
    assert http.sent == []


@pytest.mark.parametrize("size", [10 * 1024, 40 * 1024])
def test_the_bounds_themselves_are_within(source, size):
    assert isinstance(compare(source, jpeg(size=size)), Verified)


def test_an_impossible_number_costs_no_call(source, http):
    assert compare(source, jpeg(), applicant("测试甲", "370199198503070018")) == Refuted(Refutation.NOT_FOUND)
    assert http.sent == []


@pytest.mark.parametrize(
    ("record", "outcome"),
    [
        (SAME, Verified(ATTESTED, NUMBER)),
        (replace(SAME, photo_code=""), Unavailable("photo_code:", NUMBER)),
        (replace(SAME, photo_code="1"), Unavailable("photo_code:1", NUMBER)),
        (replace(SAME, photo_code="09"), Unavailable("photo_code:09", NUMBER)),
        (replace(SAME, name_code="2"), Refuted(Refutation.MISMATCH, NUMBER)),
        (replace(SAME, cancelled="1"), Refuted(Refutation.DECEASED, NUMBER)),
        (replace(SAME, cancelled=""), Unavailable("no_standing", NUMBER)),
        (replace(SAME, number=""), Unavailable("number_differs", NUMBER)),
        (replace(SAME, code="99"), Unavailable("record_code:99", NUMBER)),
        (replace(SAME, code="99", photo_code="02"), Unavailable("ambiguous", NUMBER)),
        (replace(SAME, number="370299197001010111", photo_code="02"), Unavailable("ambiguous", NUMBER)),
    ],
)
def test_the_reading_rules_of_a_comparison(record, outcome):
    assert judge_comparison(Answer(NUMBER, "10", record), PERSON, request_number=NUMBER) == outcome


def test_the_picture_travels_in_base64_without_a_prefix(source, http):
    picture = jpeg()
    compare(source, picture)

    [sent] = re.findall(rb"<XCZP>(.*?)</XCZP>", http.sent[-1][2])
    assert base64.b64decode(sent, validate=True) == picture


def test_there_is_no_comparison_unless_the_block_names_its_service(sandbox, http):
    source = source_of(options_of("provincial soap", sandbox.url, photo_operation=""), http)

    assert source.check is not None
    assert source.photo is None


def test_a_comparison_says_what_it_proves(source):
    capability = source.photo.capability

    assert (capability.assurance_level, capability.is_face) == (AssuranceLevel.REAL_PERSON, True)
    assert capability.check_method is CheckMethod.BIOMETRIC_REMOTE
    assert "\\xff\\xd8" not in repr(source)
