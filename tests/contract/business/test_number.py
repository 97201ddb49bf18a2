"""The number of the legal representative: compared by registers that know numbers, and told to no other."""

from dataclasses import replace

import pytest

from idp.realname.ports import Refutation, Refuted, Verified
from tests.contract.business.conftest import register_of, verify

TECHNOLOGY, NAME, HEAD, NUMBER = "91370199MA3DEM019F", "山东示例科技有限公司", "测试甲", "370199198503070017"


@pytest.fixture
def knowing(options, http):
    return register_of(replace(options, legal_id_field="cerno"), http)


def test_a_register_that_knows_numbers_attests_it(knowing, http):
    outcome = verify(knowing, TECHNOLOGY, NAME, HEAD, resident_id=NUMBER)

    assert isinstance(outcome, Verified)
    assert "legal_representative_number" in outcome.attested
    assert f'"cerno":"{NUMBER}"'.encode() in http.sent[-1][2]


def test_a_namesake_is_not_the_one_whom_it_means(knowing):
    outcome = verify(knowing, TECHNOLOGY, NAME, HEAD, resident_id="370199198503070025")

    assert isinstance(outcome, Refuted)
    assert outcome.reason is Refutation.MISMATCH


def test_the_number_leaves_for_no_other_register(samr, http):
    outcome = verify(samr, TECHNOLOGY, NAME, HEAD, resident_id=NUMBER)

    assert isinstance(outcome, Verified)
    assert "legal_representative_number" not in outcome.attested
    assert not any(NUMBER.encode() in body for _, _, body in http.sent)
