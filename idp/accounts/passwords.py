"""What a new password must withstand: length, known lists, guessing, and whoever knows its owner (NIST SP 800-63B §3.1.1.2)."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from zxcvbn import zxcvbn

from idp.accounts import guessable
from idp.accounts.errors import (
    PasswordContainsPersonal,
    PasswordTooCommon,
    PasswordTooFewClasses,
    PasswordTooGuessable,
    PasswordTooLong,
    PasswordTooShort,
)
from idp.config import PasswordPolicy
from idp.core import clock

_LONGEST = 256
_CUT = 72  # zxcvbn takes quadratic time; what it cannot guess in 72 characters it cannot guess
_LEAST_GUESSES = 3e7  # eight random characters count as 1e8
_LEAST_PERSONAL = 4


class PasswordRules:
    """Checks passwords by the policy of the moment; composition and expiry are off unless switched on."""

    def __init__(self, policy: Callable[[], PasswordPolicy]) -> None:
        self._policy = policy

    @property
    def policy(self) -> PasswordPolicy:
        """What is asked of a new password now."""
        return self._policy()

    def check(self, password: str, about: Sequence[str] = ()) -> None:
        """Refuse what is guessable; `about` is what is known of its owner: name, account name, phone, resident ID."""
        policy = self._policy()
        if len(password) < policy.min_length:
            raise PasswordTooShort
        if len(password) > _LONGEST:
            raise PasswordTooLong
        if _classes(password) < policy.required_classes:
            raise PasswordTooFewClasses
        plain = unicodedata.normalize("NFKC", password)
        lowered = plain.casefold()
        if any(piece in lowered for piece in _personal_pieces(about)):
            raise PasswordContainsPersonal
        if lowered in guessable.PASSWORDS:
            raise PasswordTooCommon
        judged = zxcvbn(plain[:_CUT], list(guessable.WORDS))
        if judged["guesses"] < _LEAST_GUESSES:
            raise PasswordTooCommon if _is_listed(judged["sequence"]) else PasswordTooGuessable

    @property
    def may_expire(self) -> bool:
        return self._policy().max_age_days > 0

    def is_expired(self, changed_at: datetime) -> bool:
        """Whether policy asks for a new password; never while expiry is off."""
        days = self._policy().max_age_days
        return days > 0 and clock.now() - changed_at >= timedelta(days=days)


def _is_listed(sequence: Sequence[dict[str, object]]) -> bool:
    """Whether the whole password is one entry of a list of known passwords."""
    return len(sequence) == 1 and sequence[0].get("dictionary_name") == "passwords"


def _classes(password: str) -> int:
    """How many of lower case, upper case, digits and everything else appear."""
    return len({
        "lower" if c.islower() else "upper" if c.isupper() else "digit" if c.isdecimal() else "other" for c in password
    })  # fmt: skip


def _personal_pieces(about: Sequence[str]) -> Iterator[str]:
    """Each datum of the owner and the parts of it that people put into passwords."""
    for datum in about:
        text = unicodedata.normalize("NFKC", datum).casefold().strip().removeprefix("+86")
        if len(text) >= _LEAST_PERSONAL or (len(text) >= 2 and not text.isascii()):
            yield text
        if len(text) == 11 and text.isdecimal():  # a mobile number
            yield from (text[-8:], text[-6:])
        if len(text) == 18 and text[:17].isdecimal():  # a resident ID: date of birth, and its last six
            yield from (text[6:14], text[-6:])
