"""Pages that a test person has no use for: they lead to authorities, to other people, or to a phone that nobody holds."""

from __future__ import annotations

from typing import Final

import flask

from idp.accounts.errors import NotForTestPeople
from idp.edge import browser
from idp.web import (
    children,
    counter,
    licences,
    linking,
    mandates,
    merge,
    organisations,
    owner,
    parting,
    phone,
    taking_over,
    verify,
    verify_attempt,
)

_FOR_REAL_PEOPLE: Final[tuple[flask.Blueprint, ...]] = (
    verify.bp, verify_attempt.bp, counter.bp, owner.bp, merge.bp, parting.bp, taking_over.bp, children.bp,
    organisations.bp, mandates.bp, licences.bp, phone.bp, linking.of_account,
)  # fmt: skip


def close() -> None:
    """Close them, before the pages are registered."""
    for family in _FOR_REAL_PEOPLE:
        family.before_request(_refuse)


def _refuse() -> None:
    live = browser.session()
    if live is not None and live.is_synthetic:
        raise NotForTestPeople
