"""That whoever wants a merge holds the other account too: a sign-in to it in the same browser, remembered for a while."""

from dataclasses import dataclass
from typing import ClassVar

from idp.authn.results import SignedIn
from idp.merging.errors import NotTheOtherAccount
from idp.merging.merging import Offer
from idp.store.records import Record
from idp.store.redis import Store


@dataclass(frozen=True, slots=True)
class Control(Record):
    """The account that was signed in to, how, and for which offer; found by the session that asks for the merge."""

    KIND: ClassVar[str] = "merge_control"
    SECONDS: ClassVar[int] = 900

    kept_account_id: str
    evidence_id: str
    amr: list[str]

    def is_for(self, offer: Offer) -> bool:
        return (self.kept_account_id, self.evidence_id) == (offer.kept_account_id, offer.evidence_id)


def remember(store: Store, session_id: str, offer: Offer, signed_in: SignedIn) -> None:
    """NotTheOtherAccount when the sign-in was to any account but the one that would be kept."""
    if signed_in.account_id != offer.kept_account_id:
        raise NotTheOtherAccount
    store.put(session_id, Control(signed_in.account_id, offer.evidence_id, list(signed_in.amr)))


def shown(store: Store, session_id: str, offer: Offer) -> Control | None:
    """The sign-in that this session made for this offer."""
    control = store.get(Control, session_id)
    return control if control is not None and control.is_for(offer) else None


def forget(store: Store, session_id: str) -> None:
    store.delete(Control, session_id)
