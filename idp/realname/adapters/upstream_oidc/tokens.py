"""The exchange of a code for tokens (OpenID Connect Core §3.1.3), and how we prove who we are there."""

import re
from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import quote_plus, urlencode

from idp.core import clock, ids, signing
from idp.core.deadline import Deadline
from idp.core.http import HttpClient
from idp.core.signing import Signer
from idp.realname.adapters.upstream_oidc.exchange import CodeRefused, UpstreamTrouble, ask
from idp.realname.adapters.upstream_oidc.options import Options

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS = 60
_ERROR = re.compile(r"[a-z_]{1,40}")
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]{1,16384}=*")


@dataclass(frozen=True, slots=True)
class Tokens:
    """What came back, unread."""

    id_token: str = field(repr=False)
    access_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """Asked once for each code."""

    options: Options
    http: HttpClient
    signer: Signer | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        options, key = self.options, self.options.private_key
        signer = signing.load_signer(options.key_id, options.signing_alg, key.reveal()) if key else None
        object.__setattr__(self, "signer", signer)

    def redeem(self, url: str, code: str, *, verifier: str, redirect_uri: str, deadline: Deadline) -> Tokens:
        """CodeRefused when the code is at fault, UpstreamTrouble for everything else."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self.signer is None:
            headers["Authorization"] = f"Basic {self._basic()}"
        else:
            form |= {"client_assertion_type": _ASSERTION, "client_assertion": self._assertion(self.signer, url)}
        told = ask(self.http, "POST", url, headers, urlencode(form).encode("ascii"), deadline)
        if told.status != 200:
            error = told.members.get("error")
            if told.status == 400 and error == "invalid_grant":
                raise CodeRefused
            raise UpstreamTrouble(
                f"token:{error if isinstance(error, str) and _ERROR.fullmatch(error) else told.status}"
            )
        id_token, access_token = told.members.get("id_token"), told.members.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access_token, str) or not _BEARER.fullmatch(access_token):
            raise UpstreamTrouble("token:no_tokens")
        if str(told.members.get("token_type", "")).lower() != "bearer":
            raise UpstreamTrouble("token:token_type")
        return Tokens(id_token, access_token)

    def _basic(self) -> str:
        """RFC 6749 §2.3.1: both parts are encoded as in a form, then joined."""
        options = self.options
        pair = f"{quote_plus(options.client_id)}:{quote_plus(options.client_secret.reveal())}"
        return b64encode(pair.encode("ascii")).decode("ascii")

    def _assertion(self, signer: Signer, audience: str) -> str:
        """RFC 7523 §3; used once, for a minute."""
        now, client_id = clock.epoch(), self.options.client_id
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": audience,
            "jti": ids.new_handle(),
            "iat": now,
            "exp": now + _ASSERTION_SECONDS,
        }
        return signing.compact(signer, claims)
