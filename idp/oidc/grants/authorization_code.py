"""`grant_type=authorization_code`: a code, spent once, for the tokens of a sign-in (RFC 6749 §4.1.3, RFC 7636 §4.6)."""

import re
from typing import Any

from authlib.oauth2.rfc6749.errors import InvalidGrantError
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from idp.core import clock, ids
from idp.db.prepared import RawTransaction
from idp.oidc import site_errors
from idp.oidc.grants.base import Response
from idp.oidc.grants.of_person import PersonalGrant
from idp.oidc.principals import Standing
from idp.oidc.tokens import authorizations, refresh_tokens
from idp.oidc.tokens.authorizations import Redeemed, Replayed

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)  # RFC 7636 §4.1


class AuthorizationCodeGrant(PersonalGrant):
    GRANT_TYPE = "authorization_code"

    def validate_token_request(self) -> None:
        """Spend the code and check that it was issued to this caller; a check that fails leaves the code spent."""
        provider, client = self.provider, self.admitted_client()
        now = clock.now()
        redirect_uri = self.required("redirect_uri")
        verifier = self.required("code_verifier") if client.needs_pkce else self.request.form.get("code_verifier")
        provider.outgoing.require_key(client)
        with provider.database.quick() as db:
            match authorizations.redeem(
                db, self.required("code"), client_id=client.client_id, now=now, is_test=client.is_test
            ):
                case Redeemed(row) if row.redirect_uri == redirect_uri and _proves(verifier, row.code_challenge):
                    standing = self.standing_of(db, row)
                    if standing.holds:
                        self.answer = self.first_tokens(db, row, standing)
                        provider.trail.record(
                            db, "oidc.tokens_issued", account_id=row.account_id, client_id=client.client_id,
                            session_id=row.session_id, authorization=row.id,
                        )  # fmt: skip
                        return
                case Redeemed(row):
                    self._tell_wrong(row, redirect_uri)
                    authorizations.revoke(db, row.id, reason="wrong_redemption", now=now)
                    provider.trail.record(
                        db, "oidc.code_refused", outcome="failure", client_id=client.client_id, authorization=row.id
                    )
                case Replayed(authorization_id):
                    provider.trail.record(
                        db,
                        "oidc.code_replayed",
                        outcome="failure",
                        client_id=client.client_id,
                        authorization=authorization_id,
                    )
                    provider.tell_error(client.client_id, "code_replayed", "", "")
                case None:
                    provider.tell_error(client.client_id, "code_unknown", "", "")
        raise InvalidGrantError("the code is invalid, expired, or was issued for another request")

    def _tell_wrong(self, row: Any, redirect_uri: str) -> None:
        """Which of the two was not that of the authorization request."""
        tell, client_id = self.provider.tell_error, self.client.client_id
        if row.redirect_uri != redirect_uri:
            sent, before = site_errors.address(redirect_uri), site_errors.address(row.redirect_uri)
            tell(client_id, "code_redirect_uri", sent, before)
        else:
            tell(client_id, "code_verifier", "", "S256")

    def first_tokens(self, db: RawTransaction, row: Any, standing: Standing) -> Response:
        """The tokens of a code that was spent just now; a resource that was not granted leaves it unspent."""
        refresh_token = None
        if "offline_access" in row.scope.split():
            now = clock.now()
            until = now + self.provider.lifetimes.refresh_token
            refresh_token = refresh_tokens.issue(db, row.id, row.scope, parent=None, now=now, expires_at=until)
        return self.tokens_of(
            db, row, row.scope, granted=row.scope, nonce=row.nonce, refresh_token=refresh_token, standing=standing
        )


def _proves(verifier: str | None, challenge: str | None) -> bool:
    """Whether the verifier is the challenge's; a code without challenge takes none, against downgrade (RFC 9700 §4.8.2)."""
    if not challenge or verifier is None:
        return not challenge and verifier is None
    if not _VERIFIER.fullmatch(verifier):
        return False
    return ids.same(create_s256_code_challenge(verifier), challenge)
