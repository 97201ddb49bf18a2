"""User codes: what a device shows and a person types, and how guessing them is kept hopeless (RFC 8628 §5.1, §6.1).

Eight of twenty consonants are 34 bits: no words, nothing that looks like a digit. A code lives for ten minutes.
"""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from idp.core import ids
from idp.core.addresses import network_of
from idp.core.errors import DomainError, TooManyAttempts
from idp.store.redis import Store

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8
PERIOD = 600
PER_BROWSER, PER_NETWORK, PER_ACCOUNT, PER_INSTALLATION = 10, 60, 20, 2000


class WrongUserCode(DomainError):
    code = "wrong_user_code"
    sentence = "没有找到这个代码。请对照设备上显示的代码重新输入；代码十分钟后失效，失效后请在设备上重新获取。"
    field = "user_code"


class SignInFirst(DomainError):
    """So many wrong codes came from this network, or from everywhere, that only who is signed in may still try."""

    code = "sign_in_first"
    sentence = "现在输入错误的人太多。请先登录，再输入设备上的代码。"
    status = 429


def new() -> str:
    return ids.letters_of(ALPHABET, LENGTH)


def shown(code: str) -> str:
    """As devices and pages show it."""
    return f"{code[:4]}-{code[4:]}"


def read(typed: str) -> str | None:
    """The code that somebody typed, whatever its case, width, spaces and dashes; None when it cannot be one."""
    letters = "".join(each for each in unicodedata.normalize("NFKC", typed[:64]).upper() if each.isalnum())
    return letters if len(letters) == LENGTH and set(letters) <= set(ALPHABET) else None


@contextmanager
def counted_try(
    store: Store, *, device: str | None, address: str, account_id: str | None, now: datetime
) -> Iterator[None]:
    """Count a try until it proves right: the block raises WrongUserCode when the code leads nowhere.

    2,000 wrong tries in ten minutes against 1,000 live codes hit one with a chance of 1 in 10,000. Strangers shut out
    strangers only: whoever is signed in is counted by browser and account, whatever comes from the network around.
    """
    moment = now.timestamp()
    counters: list[tuple[str, int, type[DomainError]]] = []
    if device is not None:
        counters.append((f"browser:{ids.digest(device)}", PER_BROWSER, TooManyAttempts))
    if account_id is not None:
        counters.append((f"account:{account_id}", PER_ACCOUNT, TooManyAttempts))
    else:
        counters.append((f"network:{network_of(address)}", PER_NETWORK, SignInFirst))
        counters.append(("everybody", PER_INSTALLATION, SignInFirst))
    taken: list[str] = []
    for name, limit, refusal in counters:
        counter = f"user-code:{name}"
        if wait := store.hit(counter, limit=limit, period=PERIOD, now=moment):
            _give_back(store, taken, moment)
            raise refusal(retry_after=wait)
        taken.append(counter)
    try:
        yield
    except WrongUserCode:
        raise
    except BaseException:
        _give_back(store, taken, moment)
        raise
    _give_back(store, taken, moment)


def _give_back(store: Store, counters: list[str], moment: float) -> None:
    for counter in counters:
        store.give_back(counter, period=PERIOD, now=moment)
