"""Company name, code, legal representative and number, compared by the registers that each know a part."""

from dataclasses import replace

import pytest

from idp.core.deadline import Deadline
from idp.core.identifiers import Document, DocumentKind, Uscc
from idp.realname import four_factors
from idp.realname.four_factors import Agreed, Claim, Disagreed, Unanswered
from idp.realname.ports import Applicant, AssuranceLevel, Check, Refutation
from idp.realname.runner import Runner
from idp.store.redis import open_store
from tests.contract.business.conftest import register_of
from tests.contract.population.roads import options_of, source_of


def claim(
    name: str = "山东示例科技有限公司",
    code: str = "91370199MA3DEM019F",
    head: str = "测试甲",
    number: str = "370199198503070017",
) -> Claim:
    return Claim(name, Uscc.parse(code), Applicant(head, Document(DocumentKind.RESIDENT_ID, number)))


@pytest.fixture
def check(sandbox, http) -> Check:
    return source_of(options_of("provincial soap", sandbox.url), http).check


@pytest.fixture
def compare(registers, check):
    runner = Runner(open_store(""))
    return lambda claimed, by=None: four_factors.compare(
        runner, by or registers.all(), check, claimed, Deadline.after(8)
    )


def test_all_four_agree_as_a_record_that_a_namesake_fits_too(compare):
    outcome = compare(claim())

    assert isinstance(outcome, Agreed)
    assert outcome.level is AssuranceLevel.ON_RECORD
    assert outcome.may_be_a_namesake
    assert [(each.source, each.verdict) for each in outcome.questions] == [
        ("business", "verified"),
        ("population", "verified"),
    ]
    assert all(len(each.request_number) == 32 for each in outcome.questions)


def test_a_register_that_knows_numbers_rules_out_namesakes(compare, options, http):
    knowing = replace(options, legal_id_field="cerno")
    register = register_of(knowing, http)
    outcome = compare(claim(), (register,))

    assert isinstance(outcome, Agreed)
    assert not outcome.may_be_a_namesake
    assert outcome.level is AssuranceLevel.ON_RECORD
    assert b'"cerno":"370199198503070017"' in http.sent[1][2]
    assert compare(claim(number="370199198503070025"), (register,)).reason is Refutation.MISMATCH


def test_a_number_leaves_for_registers_that_take_one_only(compare, http):
    compare(claim())

    [asked] = [body for url, _, body in http.sent if "SAMR" in url]
    assert b"370199198503070017" not in asked


@pytest.mark.parametrize(
    ("claimed", "reason", "asked"),
    [
        (claim(head="测试乙", number="370199198503070025"), Refutation.MISMATCH, 1),
        (claim(number="370199198503070025"), Refutation.MISMATCH, 2),
        (claim(code="91370199MA3DEM115Q", name="山东示例商贸有限公司", head="测试乙"), Refutation.NOT_ACTIVE, 1),
        (claim(code="N1370199MB0DEM308E"), Refutation.MANUAL, 0),
        (
            claim("示例社会服务中心", "5237019950DEM08042", number="370199194910010013"),
            Refutation.NOT_FOUND,
            2,
        ),
    ],
)
def test_one_no_is_enough(compare, claimed, reason, asked):
    outcome = compare(claimed)

    assert isinstance(outcome, Disagreed)
    assert (outcome.reason, len(outcome.questions)) == (reason, asked)


@pytest.mark.parametrize("part", ["business", "population"])
def test_a_source_that_does_not_answer_leaves_it_open(sandbox, compare, part):
    sandbox.switch(part, "closed")
    outcome = compare(claim())

    assert isinstance(outcome, Unanswered)
    assert outcome.questions[-1].verdict == "unavailable"
    assert outcome.reason.isascii()


def test_nobody_shows_in_representations(compare):
    claimed = claim()

    assert not any(hidden in f"{claimed!r} {compare(claimed)!r}" for hidden in ("测试甲", "370199198503070017"))
