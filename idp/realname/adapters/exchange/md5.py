"""The MD5 gateway, for compatibility: two generations of secrets, and business fields in a form.

MD5 stops nobody who listens; whoever configures this road says so, and the road must lie in a network of its own.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from idp.core import clock
from idp.core.deadline import Deadline
from idp.core.http import HttpAnswer, HttpClient
from idp.core.secret import Secret
from idp.realname.adapters.exchange import cipher
from idp.realname.adapters.exchange.post import Issued, Post, number_of
from idp.realname.adapters.exchange.road import Call, ChannelUnavailable
from idp.realname.adapters.exchange.session import RENEW_BEFORE_MS, Secrets, SessionSecret, Shelf
from idp.store.redis import Store

_SUCCEEDED = "00"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Md5Gateway:
    """`token_path` fetches the first secrets by our key; `renew_path` the next ones by the refresh secret."""

    name = "md5_gateway"

    def __init__(self, issued: Issued, http: HttpClient, renew_path: str, store: Store | None = None) -> None:
        self._issued = issued
        self._renew_path = renew_path
        self._post = Post(issued, http)
        contract = f"{issued.endpoint} md5 {issued.app_id}"
        self._session = SessionSecret(self._fetch, Shelf.of(store, contract, issued.app_key))

    def call(self, call: Call, deadline: Deadline) -> bytes:
        """The service's answer; an expired secret is renewed once."""

        def send(secret: Secret) -> HttpAnswer:
            return self._post(call.service, self._signed(secret, call.fields), {**_FORM, **call.headers}, deadline)

        return self._post.with_secret(
            send, lambda expired: self._session.get(deadline, expired), frozenset({_SUCCEEDED})
        )

    def _fetch(self, last: Secrets | None, deadline: Deadline) -> Secrets:
        successor = last.successor_now() if last is not None else None
        if successor is not None:
            try:
                return self._fetched(self._renew_path, successor, deadline)
            except ChannelUnavailable as refused:
                if not refused.reason.startswith("token:"):
                    raise  # nobody answered: the other way leads to the same gateway
        return self._fetched(self._issued.token_path, self._issued.app_key, deadline)

    def _fetched(self, path: str, key: Secret, deadline: Deadline) -> Secrets:
        asked_ms = clock.epoch_ms()
        match self._post.token(self._post(path, self._signed(key, {}), _FORM, deadline), _SUCCEEDED):
            case {
                "datas": {
                    "requestSecret": str(secret),
                    "requestSecretEndTime": end,
                    "refreshSecret": str(successor),
                    "refreshSecretEndTime": last,
                }
            } if secret and successor:
                until = number_of(end) - RENEW_BEFORE_MS
                return Secrets(Secret(secret), asked_ms, until, Secret(successor), number_of(last) - RENEW_BEFORE_MS)
        raise ChannelUnavailable("token:broken")

    def _signed(self, key: Secret, fields: Mapping[str, str]) -> bytes:
        app_id, time = self._issued.app_id, str(clock.epoch_ms())
        own = {"appKey": app_id, "requestTime": time, "sign": cipher.md5_sign(app_id, key, time)}
        return urlencode({**fields, **own}).encode()
