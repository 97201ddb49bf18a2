"""The texts that come with a release: what people agree to until an operator publishes another, kept word for word."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

TEXTS: Final = Path(__file__).parent / "texts"
USER_AGREEMENT: Final = "user_agreement"
PRIVACY_NOTICE: Final = "privacy_notice"
FACE_CONSENT: Final = "face_consent"
DOCUMENTS: Final = (USER_AGREEMENT, PRIVACY_NOTICE, FACE_CONSENT)
AGREEMENTS: Final = (USER_AGREEMENT, PRIVACY_NOTICE)
"""The documents that everybody agrees to; the consent to a check of the face is asked for when it is needed."""
LANGUAGES: Final = ("zh", "en")


@cache
def versions(document: str) -> tuple[str, ...]:
    """The names of all versions of this release, newest first; a name is the day it came into force."""
    found = {path.name.split(".")[0] for path in (TEXTS / document).glob("*.txt")}
    return tuple(sorted(found, reverse=True))


@cache
def source(document: str, version: str, language: str) -> str | None:
    """A version as it was written (`idp.policies.prose`); None for one that this release does not have."""
    if document not in DOCUMENTS or version not in versions(document) or language not in LANGUAGES:
        return None
    return (TEXTS / document / f"{version}.{language}.txt").read_text(encoding="utf-8")


@cache
def newest(document: str) -> str:
    return versions(document)[0]


CURRENT: Final[Mapping[str, str]] = {document: newest(document) for document in AGREEMENTS}
"""What somebody agrees to where no operator has published another version."""
