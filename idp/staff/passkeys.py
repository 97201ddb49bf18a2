"""Passkeys of operators (WebAuthn): made and shown with user verification, so that one is two factors; each answer serves once.

The challenge travels sealed in the page itself and is bound to the browser; only what was answered is remembered.
"""

import base64
import binascii
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import webauthn
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert  # compiles on SQLite as well
from sqlalchemy.orm import Session
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from idp.core import clock, ids
from idp.core.crypto import Keyring, SealBroken
from idp.staff.errors import PasskeyKnown, PasskeyWrong
from idp.staff.models import Passkey, SpentChallenge

SECONDS = 600
"""How long a page may wait for its passkey."""
_LONGEST = 8192


@dataclass(frozen=True, slots=True)
class Question:
    """What the browser is asked: `options` for its script, and `state` to send back beside the answer."""

    options: str
    state: str


@dataclass(frozen=True, slots=True)
class Made:
    """A new passkey that was verified and not stored yet."""

    credential: str = field(repr=False)
    public_key: str = field(repr=False)
    sign_count: int = 0


class Passkeys:
    """Asks and verifies for one relying party: the issuer's host."""

    def __init__(self, keyring: Keyring, issuer: str, name: str) -> None:
        self._keyring = keyring
        self._origin, self._rp_id, self._name = issuer, urlsplit(issuer).hostname or "", name

    def to_make(self, login: str, *, handle: str, device: str, held: tuple[str, ...] = ()) -> Question:
        """Options for a new passkey of `login`; `handle` is the user handle, `held` the credentials there are already."""
        challenge = ids.random_bytes(32)
        options = webauthn.generate_registration_options(
            rp_id=self._rp_id, rp_name=self._name, user_name=login, user_id=handle.encode(), challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=_bytes(each)) for each in held],
        )  # fmt: skip
        return Question(webauthn.options_to_json(options), self._sealed(challenge, "make", device))

    def to_show(self, *, device: str, held: tuple[str, ...] = ()) -> Question:
        """Options to show a passkey: one of `held`, or whichever the device has for us."""
        challenge = ids.random_bytes(32)
        options = webauthn.generate_authentication_options(
            rp_id=self._rp_id, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED,
            allow_credentials=[PublicKeyCredentialDescriptor(id=_bytes(each)) for each in held],
        )  # fmt: skip
        return Question(webauthn.options_to_json(options), self._sealed(challenge, "show", device))

    def made(self, db: Session, state: str, answer: str, *, device: str) -> Made:
        """The new passkey in the browser's answer, its challenge spent; PasskeyWrong for anything else."""
        challenge = self._spend(db, state, "make", device)
        try:
            verified = webauthn.verify_registration_response(
                credential=_parsed(answer), expected_challenge=challenge, expected_rp_id=self._rp_id,
                expected_origin=self._origin, require_user_verification=True,
            )  # fmt: skip
        except (WebAuthnException, ValueError, KeyError, TypeError) as wrong:
            raise PasskeyWrong from wrong
        return Made(
            ids.base64url(verified.credential_id), ids.base64url(verified.credential_public_key), verified.sign_count
        )

    def shown(self, db: Session, state: str, answer: str, *, device: str, operator_id: str | None = None) -> Passkey:
        """The passkey that was shown, noted as used, its challenge spent; of `operator_id` where that is given."""
        challenge, told = self._spend(db, state, "show", device), _parsed(answer)
        row = db.scalar(select(Passkey).where(Passkey.credential_digest == ids.digest(str(told.get("id", "")))))
        if row is None or operator_id not in {None, row.operator_id}:
            raise PasskeyWrong
        try:
            verified = webauthn.verify_authentication_response(
                credential=told, expected_challenge=challenge, expected_rp_id=self._rp_id,
                expected_origin=self._origin, credential_public_key=_bytes(row.public_key),
                credential_current_sign_count=row.sign_count, require_user_verification=True,
            )  # fmt: skip
        except (WebAuthnException, ValueError, KeyError, TypeError) as wrong:
            raise PasskeyWrong from wrong
        used = (
            update(Passkey)
            .where(Passkey.id == row.id, Passkey.sign_count == row.sign_count)
            .values(sign_count=verified.new_sign_count, last_used_at=clock.now())
            .returning(Passkey.id)
        )
        if db.scalar(used) is None:
            raise PasskeyWrong
        return row

    def _sealed(self, challenge: bytes, purpose: str, device: str) -> str:
        told = json.dumps({"challenge": ids.base64url(challenge), "until": clock.epoch() + SECONDS})
        return self._keyring.seal(told, bound_to=_place(purpose, device))

    def _spend(self, db: Session, state: str, purpose: str, device: str) -> bytes:
        """The challenge, once: a second answer to it finds it spent."""
        try:
            told = json.loads(self._keyring.open(state, bound_to=_place(purpose, device)))
        except (SealBroken, ValueError) as wrong:
            raise PasskeyWrong from wrong
        if told["until"] <= clock.epoch():
            raise PasskeyWrong
        challenge: str = told["challenge"]
        row = insert(SpentChallenge).values(
            digest=ids.digest(challenge), expires_at=clock.now() + timedelta(seconds=SECONDS)
        )
        if db.scalar(row.on_conflict_do_nothing().returning(SpentChallenge.digest)) is None:
            raise PasskeyWrong
        return _bytes(challenge)


def store(db: Session, operator_id: str, made: Made, name: str) -> Passkey:
    """Keep a verified passkey; PasskeyKnown when somebody has it already."""
    digest = ids.digest(made.credential)
    if db.scalar(select(Passkey.id).where(Passkey.credential_digest == digest)) is not None:
        raise PasskeyKnown
    row = Passkey(
        id=ids.new_id(), operator_id=operator_id, credential_digest=digest, credential=made.credential,
        public_key=made.public_key, sign_count=made.sign_count, name=name[:64], added_at=clock.now(), last_used_at=None,
    )  # fmt: skip
    db.add(row)
    db.flush()
    return row


def of(db: Session, operator_id: str) -> list[Passkey]:
    """The operator's, the oldest first."""
    return list(db.scalars(select(Passkey).where(Passkey.operator_id == operator_id).order_by(Passkey.id)))


def forget(db: Session, operator_id: str) -> None:
    """All of them."""
    db.execute(delete(Passkey).where(Passkey.operator_id == operator_id))


def _parsed(answer: str) -> dict[str, Any]:
    if len(answer) > _LONGEST:
        raise PasskeyWrong
    try:
        told = json.loads(answer)
    except ValueError as wrong:
        raise PasskeyWrong from wrong
    if not isinstance(told, dict):
        raise PasskeyWrong
    return told


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error) as wrong:
        raise PasskeyWrong from wrong


def _place(purpose: str, device: str) -> str:
    return f"operator_challenge.{purpose}:{ids.digest(device)}"
