"""The national exchange platform: keys and session secrets for each service, its proxies for SOAP and for REST.

The platform of national government services is the same under other names, with a form around the request.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from idp.core import clock, ids
from idp.core.deadline import Deadline
from idp.core.http import HttpAnswer, HttpClient
from idp.core.secret import Secret
from idp.realname.adapters.exchange import cipher
from idp.realname.adapters.exchange.post import Issued, Post, json_of, number_of
from idp.realname.adapters.exchange.road import Call, ChannelUnavailable
from idp.realname.adapters.exchange.session import RENEW_BEFORE_MS, Secrets, SessionSecret, Shelf
from idp.store.redis import Store

_SOAP_PATH, _REST_PATH, _FORM_PATH = "/wsproxy", "/httpproxy", "/gateway/httpproxy"
EXCHANGE: Final = "gjgxjhpt"
SERVICES: Final = "gjzwfwpt"
_FORM_SUCCEEDED = frozenset({"1"})


class NationalExchange:
    """`keys` are those issued for a service (`sid`); `app_id` is our requester id (`rid`)."""

    name = "national_exchange"
    prefix = EXCHANGE

    def __init__(
        self, issued: Issued, http: HttpClient, keys: Mapping[str, Secret], store: Store | None = None
    ) -> None:
        self._issued = issued
        self._post = Post(issued, http)
        self._sessions = {sid: self._session(sid, key, store) for sid, key in keys.items()}

    def call(self, call: Call, deadline: Deadline) -> bytes:
        """The service's answer; an expired secret is renewed once."""
        session = self._sessions[call.service]
        return self._post.with_secret(
            lambda secret: self._send(call, secret, deadline),
            lambda expired: session.get(deadline, expired),
            call.answer_codes,
        )

    def _send(self, call: Call, secret: Secret, deadline: Deadline) -> HttpAnswer:
        signed = self._signed(call.service, secret)
        if not call.is_soap:
            headers = {"Content-Type": call.content_type, **call.headers, **signed}
            return self._post(_REST_PATH, call.body, headers, deadline)
        elements = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in signed.items())
        body = call.with_soap_header(f"<tongtechheader>{elements}</tongtechheader>").body
        return self._post(_SOAP_PATH, body, {"Content-Type": call.content_type, **call.headers}, deadline)

    def _session(self, sid: str, key: Secret, store: Store | None) -> SessionSecret:
        def fetch(_: Secrets | None, deadline: Deadline) -> Secrets:
            asked_ms = clock.epoch_ms()
            body = json.dumps(self._signed(sid, key)).encode()
            answer = self._post(self._issued.token_path, body, {"Content-Type": "application/json"}, deadline)
            match self._post.token(answer, "0"):
                case {"code": "0" | 0, "data": {"secret": str(sealed), "secretEndTime": end}}:
                    return Secrets(_secret_in(key, sealed), asked_ms, number_of(end) - RENEW_BEFORE_MS)
            raise ChannelUnavailable("token:broken")

        contract = f"{self._issued.endpoint} {self.prefix} {self._issued.app_id} {sid}"
        return SessionSecret(fetch, Shelf.of(store, contract, key))

    def _signed(self, sid: str, key: Secret) -> dict[str, str]:
        rid, time = self._issued.app_id, str(clock.epoch_ms())
        values = {"rid": rid, "sid": sid, "rtime": time, "sign": cipher.sign(key, sid + rid + time)}
        return {f"{self.prefix}_{name}": value for name, value in values.items()}


class NationalServices(NationalExchange):
    """The platform of government services: the question as `biz_content` of a form, the answer in `biz_data`."""

    name = "national_services"
    prefix = SERVICES

    def call(self, call: Call, deadline: Deadline) -> bytes:
        match json_of(super().call(replace(call, answer_codes=_FORM_SUCCEEDED), deadline)):
            case {"code": "1" | 1, "biz_data": {} as answer}:
                return json.dumps(answer).encode()
        raise ChannelUnavailable("gateway:broken")

    def _send(self, call: Call, secret: Secret, deadline: Deadline) -> HttpAnswer:
        signed = self._signed(call.service, secret)
        form = {
            "access_key": self._issued.app_id,
            "format": "json",
            "request_id": _uuid(),
            "timestamp": signed[f"{self.prefix}_rtime"],
            "version": "1.0",
            "sign": signed[f"{self.prefix}_sign"],
            "biz_content": call.body.decode(),
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", **call.headers, **signed}
        return self._post(_FORM_PATH, urlencode(form).encode(), headers, deadline)


def _secret_in(key: Secret, sealed: str) -> Secret:
    try:
        return cipher.decrypt_secret(key, sealed)
    except cipher.SecretBroken:
        raise ChannelUnavailable("token:not_opened") from None


def _uuid() -> str:
    digits = ids.new_id()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
