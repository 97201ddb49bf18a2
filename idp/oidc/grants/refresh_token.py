"""`grant_type=refresh_token`: rotation, reuse detection and a short grace for honest repeats (RFC 6749 §6, RFC 9700 §4.14)."""

from datetime import datetime
from typing import Any

from authlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidScopeError

from idp.core import clock
from idp.db.prepared import RawTransaction
from idp.oidc.grants.of_person import PersonalGrant
from idp.oidc.principals import Standing
from idp.oidc.tokens import authorizations, refresh_tokens
from idp.oidc.tokens.refresh_tokens import Reused, Rotated


class RefreshTokenGrant(PersonalGrant):
    GRANT_TYPE = "refresh_token"

    def validate_token_request(self) -> None:
        provider, client = self.provider, self.admitted_client()
        now, presented = clock.now(), self.required("refresh_token")
        wanted = self.request.form.get("scope")
        provider.outgoing.require_key(client)
        with provider.database.quick() as db:
            match refresh_tokens.rotate(
                db,
                presented,
                client_id=client.client_id,
                now=now,
                grace=provider.lifetimes.refresh_grace,
                is_test=client.is_test,
            ):
                case Rotated(family, scope, was_repeat):
                    # A narrower scope holds for the access token alone; the refresh token keeps the whole (RFC 6749 §6).
                    if wanted is not None and not set(wanted.split()) <= set(scope.split()):
                        raise InvalidScopeError("the scope exceeds what was granted")
                    standing = self.standing_of(db, family)
                    if standing.holds:
                        self._renew(db, family, scope, wanted, presented, standing, now)
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
                    provider.tell_error(client.client_id, "refresh_reused", "", "")
                case None:
                    provider.tell_error(client.client_id, "refresh_unknown", "", "")
        raise InvalidGrantError("the refresh token is invalid, expired or revoked")

    def _renew(
        self, db: RawTransaction, family: Any, scope: str, wanted: str | None, presented: str, standing: Standing,
        now: datetime,
    ) -> None:  # fmt: skip
        until = now + self.provider.lifetimes.refresh_token
        successor = refresh_tokens.issue(db, family.id, scope, parent=presented, now=now, expires_at=until)
        narrowed = " ".join(dict.fromkeys((wanted or "").split())) or scope
        # auth_time, acr and amr are those of the sign-in, and there is no nonce (OpenID Core §12.2).
        self.answer = self.tokens_of(
            db, family, narrowed, granted=scope, nonce=None, refresh_token=successor, standing=standing
        )
        authorizations.extend(db, family, until=until)
