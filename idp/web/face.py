"""The citizen's face as one thing: its templates, its static files, its pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from flask import Flask

from idp.policies.kinds import Brand
from idp.web import (
    account,
    agreements,
    children,
    choose_account,
    choose_principal,
    consent,
    counter,
    details,
    device,
    elsewhere,
    licences,
    linking,
    mandates,
    merge,
    organisations,
    other_person,
    owner,
    pages,
    parting,
    phone,
    photos,
    preferences,
    proofs,
    reading,
    recover,
    register,
    reviews,
    sign_in,
    taking_over,
    test_people,
    verify,
    verify_app,
    verify_attempt,
)

STATIC: Final = pages.STATIC
TEMPLATES: Final = pages.TEMPLATES
_PAGES: Final = (
    reading, preferences, sign_in, register, recover, verify, verify_app, verify_attempt, consent, choose_account,
    choose_principal, agreements, account, details, device, elsewhere, linking, counter, owner, merge, parting, taking_over,
    children, organisations, mandates, licences, proofs, phone, other_person, reviews,
)  # fmt: skip

WITHOUT_CSRF: Final = (verify_app.WITHOUT_CSRF,)


test_people.close()


def longest_body(method: str, path: str, kind: str) -> int | None:
    """How many bytes this form may send, where it may send more than any other: the one with a picture."""
    if (method, kind) != ("POST", "multipart/form-data"):
        return None
    if path == "/verify-identity":
        return photos.LONGEST_FORM
    return reviews.LONGEST_FORM if path.startswith(reviews.HOME) else None


def init_app(app: Flask, brand: Callable[[], Brand], catalogues: tuple[Path, ...] = ()) -> None:
    """Add languages, those of other faces too, what every template can count on, and every page."""
    pages.init_app(app, brand, catalogues)
    for family in _PAGES:
        app.register_blueprint(family.bp)
    app.register_blueprint(linking.of_account)
    app.register_blueprint(choose_principal.of_account)
