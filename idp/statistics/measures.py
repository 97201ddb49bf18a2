"""What an entry of the trail counts as: its measures, and under which key."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

SIGN_IN, SIGN_IN_FAILED, NEW_ACCOUNT = "sign_in", "sign_in_failed", "new_account"
PROOF, LEVEL = "proof", "level"
SITE_SIGN_IN, SITE_ERROR = "site_sign_in", "site_error"
CONSENT_GIVEN, CONSENT_REFUSED, CONSENT_WITHDRAWN = "consent_given", "consent_refused", "consent_withdrawn"
LOGOUT, DELIVERY_FAILED, OPERATOR_ACT = "logout", "delivery_failed", "operator_act"

MEASURES = (
    SIGN_IN, SIGN_IN_FAILED, NEW_ACCOUNT, PROOF, LEVEL, SITE_SIGN_IN, SITE_ERROR, CONSENT_GIVEN, CONSENT_REFUSED,
    CONSENT_WITHDRAWN, LOGOUT, DELIVERY_FAILED, OPERATOR_ACT,
)  # fmt: skip

LONGEST_KEY = 64

ALWAYS_AT_A_SITE = frozenset({SITE_SIGN_IN, SITE_ERROR, CONSENT_GIVEN, CONSENT_REFUSED, CONSENT_WITHDRAWN})
"""Whose sum of all sites is the number of the only one, where a place has but one."""


class Said(Protocol):
    """What counting asks of an entry."""

    @property
    def act(self) -> str: ...
    @property
    def actor_kind(self) -> str: ...
    @property
    def client_id(self) -> str | None: ...
    @property
    def details(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Counted:
    """One more of a measure under a key, at a site or at none."""

    measure: str
    key: str
    client_id: str


_Key = Callable[[Mapping[str, Any]], str]


def _detail(name: str) -> _Key:
    return lambda details: str(details.get(name, ""))


def _nothing(_details: Mapping[str, Any]) -> str:
    return ""


def _proof(details: Mapping[str, Any]) -> str:
    return f"{details.get('source', '')}/{details.get('verdict', 'verified')}"


def _always(key: str) -> _Key:
    return lambda _details: key


RULES: dict[str, tuple[tuple[str, _Key], ...]] = {
    "sign_in.succeeded": ((SIGN_IN, _detail("method")),),
    "sign_in.failed": ((SIGN_IN_FAILED, _detail("reason")),),
    "sign_in.refused": ((SIGN_IN_FAILED, _detail("reason")),),
    "account.registered": ((NEW_ACCOUNT, _detail("channel")),),
    "identity.proven": ((PROOF, _proof), (LEVEL, _detail("ial"))),
    "identity.not_proven": ((PROOF, _proof),),
    "oidc.code_issued": ((SITE_SIGN_IN, _nothing),),
    "oidc.answered": ((SITE_SIGN_IN, _nothing),),
    "oidc.device_approved": ((SITE_SIGN_IN, _nothing),),
    "oidc.client_refused": ((SITE_ERROR, _detail("reason")),),
    "oidc.code_refused": ((SITE_ERROR, _always("code_refused")),),
    "oidc.code_replayed": ((SITE_ERROR, _always("code_replayed")),),
    "oidc.refresh_reused": ((SITE_ERROR, _always("refresh_reused")),),
    "consent.given": ((CONSENT_GIVEN, _nothing),),
    "consent.refused": ((CONSENT_REFUSED, _nothing),),
    "consent.withdrawn": ((CONSENT_WITHDRAWN, _nothing),),
    "session.ended": ((LOGOUT, _detail("reason")),),
}
"""Act → measures. The acts of operators and dead deliveries count whatever they are called."""

_AT_NO_SITE = {SIGN_IN, SIGN_IN_FAILED, NEW_ACCOUNT, LOGOUT, OPERATOR_ACT}


def counted(entry: Said) -> Iterator[Counted]:
    """What the entry adds to the day it was written on."""
    for measure, key in RULES.get(entry.act, ()):
        yield _one(measure, key(entry.details), entry.client_id)
    if entry.act.endswith(".dead"):
        # The recipient of a call to a site is the site itself.
        kind = entry.act.removesuffix(".dead")
        recipient = str(entry.details.get("recipient", ""))
        yield _one(DELIVERY_FAILED, kind, entry.client_id or (recipient if recipient != kind else None))
    if entry.actor_kind == "operator":
        yield _one(OPERATOR_ACT, entry.act.partition(".")[0], None)


def _one(measure: str, key: str, client_id: str | None) -> Counted:
    return Counted(measure, key[:LONGEST_KEY], (client_id or "") if measure not in _AT_NO_SITE else "")
