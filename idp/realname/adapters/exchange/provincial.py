"""The provincial gateway: a signature over application and time, a session secret of ten minutes.

Its profile of national cryptography is the same with HMAC-SM3, and with the secret and both bodies under SM4-CBC.
"""

from typing import Final

from idp.core import clock
from idp.core.deadline import Deadline
from idp.core.http import HttpAnswer, HttpClient
from idp.core.secret import Secret
from idp.realname.adapters.exchange import cipher
from idp.realname.adapters.exchange.post import Issued, Post, json_of, number_of
from idp.realname.adapters.exchange.road import Call, ChannelUnavailable
from idp.realname.adapters.exchange.session import RENEW_BEFORE_MS, Secrets, SessionSecret, Shelf
from idp.store.redis import Store

_LONGEST_KEPT_MS = 580_000
_NATIONAL: Final = "HMAC-SM3/SM4-CBC"


class ProvincialGateway:
    """All services of one application share its session secret."""

    name = "provincial_gateway"

    def __init__(
        self, issued: Issued, http: HttpClient, store: Store | None = None, *, national_cryptography: bool = False
    ) -> None:
        self._issued = issued
        self._is_national = national_cryptography
        self._post = Post(issued, http)
        contract = f"{issued.endpoint} provincial {issued.app_id} {national_cryptography}"
        self._session = SessionSecret(self._fetch, Shelf.of(store, contract, issued.app_key))

    def call(self, call: Call, deadline: Deadline) -> bytes:
        """The service's answer; an expired secret is renewed once."""

        def send(secret: Secret) -> HttpAnswer:
            body = cipher.seal_sm4(secret, call.body) if self._is_national else call.body
            headers = {"Content-Type": call.content_type, **call.headers, **self._signed(secret)}
            return self._opened(self._post(call.service, body, headers, deadline), secret)

        return self._post.with_secret(send, lambda expired: self._session.get(deadline, expired), call.answer_codes)

    def _fetch(self, _: Secrets | None, deadline: Deadline) -> Secrets:
        asked_ms = clock.epoch_ms()
        answer = self._post(self._issued.token_path, b"", self._signed(self._issued.app_key), deadline)
        match self._post.token(answer, "0"):
            case {"code": "0" | 0, "body": {"access_token": str(sealed), "expires_in": lifetime}}:
                kept_ms = min(_LONGEST_KEPT_MS, number_of(lifetime) * 1000 - RENEW_BEFORE_MS)
                return Secrets(self._secret_in(sealed), asked_ms, asked_ms + kept_ms)
        raise ChannelUnavailable("token:broken")

    def _signed(self, key: Secret) -> dict[str, str]:
        app_id, time = self._issued.app_id, str(clock.epoch_ms())
        sign = cipher.sign_sm3 if self._is_national else cipher.sign
        headers = {"gateway_appid": app_id, "gateway_rtime": time, "gateway_sig": sign(key, app_id + time)}
        return headers | ({"gateway_alg": _NATIONAL} if self._is_national else {})

    def _secret_in(self, sealed: str) -> Secret:
        try:
            if not self._is_national:
                return cipher.decrypt_secret(self._issued.app_key, sealed)
            plain = cipher.open_sm4(self._issued.app_key, sealed).decode()
        except (cipher.SecretBroken, UnicodeDecodeError):
            raise ChannelUnavailable("token:not_opened") from None
        if not plain:
            raise ChannelUnavailable("token:broken")
        return Secret(plain)

    def _opened(self, answer: HttpAnswer, secret: Secret) -> HttpAnswer:
        """An answer in the clear; in the national profile a service's answer that is not sealed is none."""
        if not self._is_national:
            return answer
        if answer.headers.get("gateway_alg") != _NATIONAL:
            told = json_of(answer.body)
            if answer.status == 200 and not (isinstance(told, dict) and set(told) == {"code", "message"}):
                raise ChannelUnavailable("not_sealed")
            return answer
        try:
            return HttpAnswer(answer.status, answer.headers, cipher.open_sm4(secret, answer.body))
        except cipher.SecretBroken:
            raise ChannelUnavailable("not_sealed") from None
