"""Gateways without sessions: each call is signed with a long-lived key, by access key or in the style of Guangdong."""

from email.utils import format_datetime
from urllib.parse import urlsplit

from idp.core import clock, ids
from idp.core.deadline import Deadline
from idp.core.http import HttpClient
from idp.realname.adapters.exchange import cipher
from idp.realname.adapters.exchange.post import Issued, Post
from idp.realname.adapters.exchange.road import Call


class AccessKeyGateway:
    """`app_id` is the access key, `app_key` the secret key; method, path, query and date are signed."""

    name = "access_key_gateway"

    def __init__(self, issued: Issued, http: HttpClient) -> None:
        self._issued = issued
        self._post = Post(issued, http)

    def call(self, call: Call, deadline: Deadline) -> bytes:
        headers = {"Content-Type": call.content_type, **call.headers, **self._signed(call.service)}
        return self._post.admitted(self._post(call.service, call.body, headers, deadline), call.answer_codes)

    def _signed(self, path: str) -> dict[str, str]:
        parts = urlsplit(self._issued.endpoint.rstrip("/") + path)
        query = "&".join(sorted(parts.query.split("&"))) if parts.query else ""
        date = format_datetime(clock.now(), usegmt=True)
        return {
            "X-BG-HMAC-ACCESS-KEY": self._issued.app_id,
            "X-BG-HMAC-ALGORITHM": "hmac-sha256",
            "X-BG-DATE-TIME": date,
            "X-BG-HMAC-SIGNATURE": cipher.sign_lines(
                self._issued.app_key, "POST", parts.path, query, self._issued.app_id, date
            ),
        }


class PaasGateway(AccessKeyGateway):
    """`app_id` is the paas id, `app_key` its token; a nonce makes each call unlike any other."""

    name = "paas_gateway"

    def _signed(self, path: str) -> dict[str, str]:
        seconds, nonce = str(clock.epoch()), ids.new_id()
        return {
            "x-tif-paasid": self._issued.app_id,
            "x-tif-timestamp": seconds,
            "x-tif-nonce": nonce,
            "x-tif-signature": cipher.sign_tif(self._issued.app_key, seconds, nonce),
        }
