"""Delivers short messages: the outbox handler that signs each and posts it to the SMS gateway.

The signature is Base64(HMAC-SHA256(app key, app id + time in ms + SHA-256 of the body in hex)). The message's id is the
request id, by which the gateway tells a repetition, so a retry after a lost answer sends nothing twice.
"""

import base64
from collections.abc import Callable
from datetime import timedelta

import orjson

from idp.authn.codes import LIFETIME
from idp.config import SmsSettings
from idp.core import clock, crypto, ids
from idp.core.crypto import DataKey, Purpose, Suite
from idp.core.deadline import Deadline
from idp.core.http import HttpClient, HttpUnavailable
from idp.core.identifiers import MobileNumber
from idp.outbox.outbox import Dead, Delivered, Message, Retry

PATH = "/sms/v1/send"
_SECONDS = 5.0
_FINAL = frozenset({400, 404, 409, 413, 422})  # the same request would be refused again


Keep = Callable[[str, str], None]
"""Takes a number and a text."""


def _forget(_number: str, _text: str) -> None:
    """Where no test people are."""


class SmsGateway:
    """Handles outbox messages of kind `sms` with payload {to, text}; one without a recipient is a decoy and goes nowhere.

    A message is worth sending as long as a code is good, or for the seconds that `lasts` says.
    """

    def __init__(
        self, http: HttpClient, settings: SmsSettings, *, sign: Callable[[], str] | None = None,
        lifetime: timedelta = LIFETIME, keep: Keep = _forget,
    ) -> None:  # fmt: skip
        """`keep` gets what is for a test person: no gateway ever does."""
        self._http = http
        self._settings = settings
        self._sign = sign or (lambda: settings.sign)
        self._lifetime = lifetime
        self._keep = keep
        self._key = DataKey("sms", Purpose.FIELD, Suite.INTERNATIONAL, settings.app_key.reveal().encode())

    def __call__(self, message: Message, deadline: Deadline) -> Delivered | Retry | Dead:
        if not message.payload["to"]:
            return Delivered()
        if MobileNumber(message.payload["to"]).is_nobodys:
            self._keep(message.payload["to"], message.payload["text"])
            return Delivered()
        lasts = message.payload.get("lasts")
        if clock.now() >= message.created_at + (timedelta(seconds=lasts) if lasts else self._lifetime):
            return Dead("expired")
        if not self._settings.url:
            return Dead("gateway_is_off")
        body = orjson.dumps({
            "request_id": message.id,
            "to": message.payload["to"],
            "text": message.payload["text"],
            "sign": self._sign(),
        })  # fmt: skip
        try:
            answer = self._http.request(
                "POST",
                self._settings.url.rstrip("/") + PATH,
                headers=self._headers(body),
                body=body,
                deadline=deadline.within(_SECONDS),
                max_bytes=65_536,
            )
        except HttpUnavailable as lost:
            return Retry(f"unavailable_{lost.reason}")
        if answer.status in _FINAL:
            return Dead(f"refused_{answer.status}")
        if answer.status != 200:
            return Retry(f"status_{answer.status}")
        return Delivered() if _is_accepted(answer.body) else Retry("bad_answer")

    def _headers(self, body: bytes) -> dict[str, str]:
        time = str(clock.epoch_ms())
        signature = crypto.keyed_digest(self._key, f"{self._settings.app_id}{time}{_sha256_hex(body)}".encode())
        return {
            "Content-Type": "application/json",
            "sms-app-id": self._settings.app_id,
            "sms-time": time,
            "sms-signature": base64.b64encode(signature).decode("ascii"),
        }


def _sha256_hex(body: bytes) -> str:
    return base64.urlsafe_b64decode(ids.digest(body.decode()) + "=").hex()


def _is_accepted(body: bytes) -> bool:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(answer, dict) and answer.get("code") == "0"
