"""Signing in at another centre: authorization code with PKCE, nonce and state, and every answer checked before it counts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from idp.core import ids, logging
from idp.core.deadline import Deadline, in_force
from idp.core.identifiers import DocumentKind
from idp.core.jwt.remote_keys import RemoteKeySets
from idp.realname.adapters.upstream_oidc import id_token, vouching
from idp.realname.adapters.upstream_oidc.discovery import Discovery, Endpoints
from idp.realname.adapters.upstream_oidc.exchange import CodeRefused, UpstreamTrouble, ask
from idp.realname.adapters.upstream_oidc.id_token import Expected
from idp.realname.adapters.upstream_oidc.options import Options
from idp.realname.adapters.upstream_oidc.tokens import TokenEndpoint, Tokens
from idp.realname.ports import (
    AssuranceLevel,
    Begun,
    Capability,
    CheckMethod,
    ExternalIdentity,
    Refutation,
    Refuted,
    Scene,
    SubjectKind,
    Surface,
    Unavailable,
)

_log = logging.get("realname.upstream_oidc")
_CODE = re.compile(r"[\x20-\x7e]{1,2048}")
OLDEST_SIGN_IN: Final = 86_400
VOUCHED_FOR: Final = timedelta(days=365)
"""How long a proof counts that another centre vouched for: shorter than one that a register gave us itself."""
_ERROR = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True, slots=True)
class UpstreamSignIn:
    """We are a relying site of theirs. No token is kept."""

    options: Options
    discovery: Discovery
    tokens: TokenEndpoint
    keys: RemoteKeySets
    source: str = "upstream_oidc"

    @property
    def capability(self) -> Capability:
        options = self.options
        kinds = options.kinds.values() if options.kind_claim else (options.document_kind,)
        return Capability(
            subject_kind=SubjectKind.NATURAL_PERSON,
            attests=frozenset({"name", "resident_id"}) if options.ceiling else frozenset(),
            assurance_level=AssuranceLevel(options.ceiling),
            evidence="electronic_record",
            check_method=CheckMethod.SIGNED_IN,
            documents=frozenset(DocumentKind(kind) for kind in kinds),
            holds=VOUCHED_FOR,
        )

    def suits(self, surface: Surface) -> bool:
        return True

    def begin(self, state: str, scene: Scene) -> Begun | Unavailable:
        try:
            endpoints = self.discovery.get(Deadline.after(self.options.answer_seconds))
        except UpstreamTrouble as trouble:
            return Unavailable(trouble.reason)
        nonce, verifier = ids.new_secret(), ids.new_secret()
        asked = {
            "response_type": "code",
            "client_id": self.options.client_id,
            "redirect_uri": scene.return_url,
            "scope": self.options.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": ids.digest(verifier),
            "code_challenge_method": "S256",
            "max_age": str(OLDEST_SIGN_IN),  # which also makes them say when it was (Core §3.1.2.1)
        }
        if scene.anew:
            asked["prompt"] = "login"
        if self.options.acr_values:
            asked["acr_values"] = self.options.acr_values
        joint = "&" if "?" in endpoints.authorization else "?"
        kept = orjson.dumps({"nonce": nonce, "verifier": verifier}).decode()
        return Begun(f"{endpoints.authorization}{joint}{urlencode(asked)}", kept)

    def finish(
        self, answer: Mapping[str, str], keep: str, scene: Scene, deadline: Deadline
    ) -> ExternalIdentity | Refuted | Unavailable:
        """What the browser brings is the person's affair, and refused; what the centre answers is trouble when it is wrong."""
        try:
            endpoints = self.discovery.get(deadline)
            if not self._is_from_them(answer, endpoints):
                return self._refused("iss")
            if (error := answer.get("error")) is not None:
                return self._refused(error if _ERROR.fullmatch(error) else "error")
            if not _CODE.fullmatch(code := answer.get("code", "")):
                return self._refused("no_code")
            return self._identity(code, orjson.loads(keep), endpoints, scene, deadline)
        except CodeRefused:
            return self._refused("invalid_grant")
        except UpstreamTrouble as trouble:
            return Unavailable(trouble.reason)

    def _is_from_them(self, answer: Mapping[str, str], endpoints: Endpoints) -> bool:
        """RFC 9207 §2.4: an answer of another server is not carried to this one."""
        issuer = answer.get("iss")
        return issuer == self.options.issuer or (issuer is None and not endpoints.names_itself)

    def _identity(
        self, code: str, kept: Mapping[str, str], endpoints: Endpoints, scene: Scene, deadline: Deadline
    ) -> ExternalIdentity:
        options = self.options
        within = deadline.within(options.answer_seconds)
        tokens = self.tokens.redeem(
            endpoints.token, code, verifier=kept["verifier"], redirect_uri=scene.return_url, deadline=within
        )
        expected = Expected(options.issuer, options.client_id, kept["nonce"], tokens.access_token, options.algorithms)
        with in_force(within):
            token = id_token.read(tokens.id_token, self.keys.keys_at(endpoints.jwks), expected)
        if token.auth_time is None:
            raise UpstreamTrouble("id_token:auth_time")
        told = self._userinfo(endpoints, tokens, token.subject, deadline) if options.userinfo else {}
        vouched = vouching.of_claims(options, token.claims, told)
        return ExternalIdentity(
            self.source,
            f"{options.issuer}|{token.subject}",
            applicant=vouched.applicant,
            level=vouched.level,
            request_number=ids.digest(tokens.id_token)[:32],
            auth_time=token.auth_time,
        )

    def _userinfo(self, endpoints: Endpoints, tokens: Tokens, subject: str, deadline: Deadline) -> dict[str, Any]:
        """Core §5.3.2: claims about another subject are not used."""
        if endpoints.userinfo is None:
            raise UpstreamTrouble("no_userinfo_endpoint")
        bearer = {"Authorization": f"Bearer {tokens.access_token}"}
        told = ask(
            self.tokens.http, "GET", endpoints.userinfo, bearer, None, deadline.within(self.options.answer_seconds)
        )
        if told.status != 200:
            raise UpstreamTrouble(f"userinfo:http_{told.status}")
        if told.members.get("sub") != subject:
            raise UpstreamTrouble("userinfo:sub")
        return told.members

    def _refused(self, why: str) -> Refuted:
        _log.info("not_signed_in", source=self.source, reason=why)
        return Refuted(Refutation.ABANDONED)
