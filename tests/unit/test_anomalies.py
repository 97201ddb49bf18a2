"""Which days are unusual, and how that is said."""

from datetime import date

import flask
import pytest
from flask_babel import Babel

from idp.admin import statistics_words
from idp.statistics import measures
from idp.statistics.anomalies import Anomaly, judge

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("count", "before", "is_over", "expected"),
    [
        (1240, (400, 400, 380, 410), True, (400.0, True)),
        (1240, (400, 400, 380, 410), False, (400.0, True)),
        (430, (400, 400, 380, 410), True, None),
        (600, (400, 400, 380, 410), True, (400.0, True)),
        (599, (400, 380, 420, 5000), True, None),  # one strange week widens what is usual, but does not move it
        (2000, (400, 380, 420, 5000), True, (410.0, True)),
        (120, (400, 400, 380, 410), True, (400.0, False)),
        (120, (400, 400, 380, 410), False, None),  # the day is not over
        (300, (400, 400, 380, 410), True, None),
        (0, (400, 400, 380, 410), True, (400.0, False)),
        (30, (4, 5, 4, 6), True, (4.5, True)),
        (20, (4, 5, 4, 6), True, None),  # few of something rare
        (900, (0, 0, 400, 380), True, None),  # too young to be judged
        (900, (0, 400, 380, 420), True, (390.0, True)),
        (0, (0, 0, 0, 0), True, None),
        (12, (10, 10, 10, 10), True, None),
    ],
)
def test_a_day_is_held_against_the_four_weeks_before(count, before, is_over, expected):
    assert judge(count, before, is_over=is_over) == expected


HIGH = Anomaly(measures.SIGN_IN_FAILED, TODAY, 1240, 400.0, "password", is_high=True)
LOW = Anomaly(measures.SITE_SIGN_IN, date(2026, 11, 21), 1200, 12000.0, "", is_high=False)


@pytest.mark.parametrize(
    ("anomaly", "said"),
    [
        (HIGH, "今日登录失败 1,240 次，为前四周同日中位数的 3.1 倍，主要原因：密码错误。"),
        (LOW, "昨日应用登录 1,200 次，只有前四周同日中位数（12,000 次）的 10%。"),
    ],
)
def test_it_is_said_in_words(anomaly, said):
    app = flask.Flask("words")
    Babel(app, default_locale="zh_CN")
    with app.test_request_context():
        assert statistics_words.sentence(anomaly, TODAY) == said
