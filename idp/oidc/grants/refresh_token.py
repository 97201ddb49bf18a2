"""`grant_type=refresh_token`: rotation, reuse detection and a short grace for honest repeats (RFC 6749 §6, RFC 9700 §4.14)."""

from authlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidScopeError

from idp.core import clock
from idp.oidc import authorizations, claims, issuing, refresh_tokens
from idp.oidc.grants.base import Grant, Response
from idp.oidc.id_tokens import Authenticated
from idp.oidc.refresh_tokens import Reused, Rotated


class RefreshTokenGrant(Grant):
    GRANT_TYPE = "refresh_token"

    def validate_token_request(self) -> None:
        provider, client = self.provider, self.admitted_client()
        now, presented = clock.now(), self.required("refresh_token")
        wanted = self.request.form.get("scope")
        provider.outgoing.require_key(client)
        with provider.database.quick() as db:
            match refresh_tokens.rotate(
                db, presented, client_id=client.client_id, now=now, grace=provider.lifetimes.refresh_grace
            ):
                case Rotated(family, scope, was_repeat):
                    # A narrower scope holds for the access token alone; the refresh token keeps the whole (RFC 6749 §6).
                    if wanted is not None and not set(wanted.split()) <= set(scope.split()):
                        raise InvalidScopeError("the scope exceeds what was granted")
                    until = now + provider.lifetimes.refresh_token
                    self.family = family
                    self.target_of_token = self.target(family, " ".join(dict.fromkeys((wanted or "").split())) or scope)
                    self.is_openid = "openid" in scope.split()
                    self.refresh_token = refresh_tokens.issue(
                        db, family.id, scope, parent=presented, now=now, expires_at=until
                    )
                    authorizations.extend(db, family, until=until)
                    provider.trail.record(
                        db, "oidc.refreshed", account_id=family.account_id, client_id=client.client_id,
                        session_id=family.session_id, authorization=family.id, repeat=was_repeat,
                    )  # fmt: skip
                    return
                case Reused(authorization_id):
                    authorizations.revoke(db, authorization_id, reason="refresh_reused", now=now)
                    provider.trail.record(
                        db,
                        "oidc.refresh_reused",
                        outcome="failure",
                        client_id=client.client_id,
                        authorization=authorization_id,
                    )
        raise InvalidGrantError("the refresh token is invalid, expired or revoked")

    def create_token_response(self) -> Response:
        row, client, provider = self.family, self.client, self.provider
        issued = issuing.for_family(provider, client, row.id, row, self.target_of_token)
        more = {"refresh_token": self.refresh_token}
        if self.is_openid:
            told = claims.for_tokens(provider, client, row)
            # auth_time, acr and amr are those of the sign-in, and there is no nonce (OpenID Core §12.2).
            who = Authenticated(row.subject, row.sid, row.auth_time, row.acr, tuple(row.amr), None)
            more["id_token"] = provider.id_tokens.sign(client, who, access_token=issued.token, claims=told)
        return self.tokens(issued, **more)
