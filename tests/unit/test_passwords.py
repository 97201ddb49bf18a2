"""What a password may be: long enough, unknown, not guessable, not about its owner; the rest is policy."""

from datetime import timedelta

import pytest

from idp.accounts import errors
from idp.accounts.passwords import PasswordRules
from idp.config import PasswordPolicy
from idp.core import clock, passwords
from tests.services import lighter

RULES = PasswordRules(PasswordPolicy)


@pytest.mark.parametrize(
    "password",
    ["kX7#pQ2m", "lampe-schirm-71", "春眠不觉晓处处闻啼鸟", "tr0mbone wander", "x" * 3 + "Jq8!vL0z", "qvtxmzkw"],
)
def test_a_password_needs_no_composition(password):
    RULES.check(password, ["19900000001"])


@pytest.mark.parametrize(
    ("password", "refusal"),
    [
        ("kX7#pQ2", errors.PasswordTooShort),
        ("x1-" * 100, errors.PasswordTooLong),
        ("password", errors.PasswordTooCommon),
        ("woaini1314", errors.PasswordTooCommon),
        ("5201314520", errors.PasswordTooCommon),
        ("ＷＯＡＩＮＩ１３１４", errors.PasswordTooCommon),
        ("zhangwei1990", errors.PasswordTooGuessable),
        ("woaini2024", errors.PasswordTooGuessable),
        ("aaaaaaaaaaaa", errors.PasswordTooGuessable),
        ("abcdefghijkl", errors.PasswordTooGuessable),
        ("password" * 9 + "!", errors.PasswordTooGuessable),
        ("my-19900000001-x", errors.PasswordContainsPersonal),
        ("zz-000001-qqwx", errors.PasswordContainsPersonal),
        ("vbn-Citizen_9-qq", errors.PasswordContainsPersonal),
        ("小红旗样例甲飘飘", errors.PasswordContainsPersonal),
        ("kq-19850307-wz", errors.PasswordContainsPersonal),
    ],
)
def test_a_guessable_password_is_refused(password, refusal):
    with pytest.raises(refusal) as refused:
        RULES.check(password, ["+8619900000001", "citizen_9", "样例甲", "370199198503070017", ""])
    assert refused.value.field == "password"
    assert isinstance(refused.value, errors.PasswordRefused)


def test_composition_is_a_policy_that_can_be_switched_on():
    strict = PasswordRules(lambda: PasswordPolicy(min_length=10, required_classes=3))
    with pytest.raises(errors.PasswordTooFewClasses):
        strict.check("lampe-schirm")
    with pytest.raises(errors.PasswordTooShort):
        strict.check("kX7#pQ2m")
    strict.check("Lampe-schirm-71")


def test_expiry_is_a_policy_that_can_be_switched_on():
    long_ago = clock.now() - timedelta(days=91)
    assert not RULES.is_expired(long_ago)
    assert PasswordRules(lambda: PasswordPolicy(max_age_days=90)).is_expired(long_ago)
    assert not PasswordRules(lambda: PasswordPolicy(max_age_days=92)).is_expired(long_ago)


def test_a_hash_in_production_costs_what_it_should():
    stored = lighter.PRODUCTION_HASHER.hash("lampe-schirm-71")
    assert lighter.PRODUCTION_FORM == "$argon2id$v=19$m=19456,t=2,p=1$"
    assert stored.startswith(lighter.PRODUCTION_FORM)
    assert passwords.needs_rehash(stored), "this process hashes lighter"
