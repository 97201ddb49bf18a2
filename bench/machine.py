"""How fast this machine is at the few things no server can avoid, so that runs on different machines can be compared."""

import time
from collections.abc import Callable

from idp.core import passwords, signing


def facts() -> dict[str, float]:
    """CPU milliseconds of one ES256 signature and of one password hash, the least of several tries."""
    signer = signing.load_signer("bench", "ES256", signing.new_private_key("ES256"))
    stored = passwords.hash_password("grün-Lampe-71-schirm")
    return {
        "es256_sign_ms": _least(lambda: signer.sign(b"x" * 400), 200),
        "argon2_ms": _least(lambda: passwords.verify_password(stored, "grün-Lampe-71-schirm"), 2),
        "python_loop_ms": _least(lambda: sum(range(10_000)), 20),
    }


def _least(work: Callable[[], object], repeats: int) -> float:
    best = float("inf")
    for _ in range(7):
        began = time.thread_time()
        for _ in range(repeats):
            work()
        best = min(best, (time.thread_time() - began) / repeats)
    return best * 1000
