"""The rule that no log line may hold a person's data can fail."""

import pytest

from tests.log_watch import PERSONAL


@pytest.mark.parametrize(
    "text", ["user 测试甲 came", "id 370199198503070017.", '"phone":"19900000001"', "37019919900520008X"]
)
def test_personal_data_is_recognised(text):
    assert PERSONAL.search(text)


@pytest.mark.parametrize("text", ["trace 13912345678abc", "at 1795323543", "01a201a28cde783da1d3fa3d1b673b05", "测试"])
def test_ids_times_and_ordinary_words_pass(text):
    assert not PERSONAL.search(text)
