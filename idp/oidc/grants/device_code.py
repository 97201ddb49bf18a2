"""`grant_type=…:device_code`: a device asks whether its person has decided, and gets its tokens once (RFC 8628 §3.4, §3.5)."""

from datetime import timedelta

from authlib.oauth2.rfc6749.errors import InvalidGrantError

from idp.core import clock, ids
from idp.oidc.authorization.rules import OidcError
from idp.oidc.devices import device_requests
from idp.oidc.grants.authorization_code import AuthorizationCodeGrant
from idp.oidc.tokens import authorizations
from idp.oidc.tokens.authorizations import Redeemed, Replayed

INTERVAL, STEP = 5, 5
_PARDON = timedelta(seconds=INTERVAL)


class DeviceCodeGrant(AuthorizationCodeGrant):
    GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"

    def validate_token_request(self) -> None:
        """What was decided is told at any pace; only while nothing is, polls can come too fast (RFC 8628 §3.5)."""
        provider, client = self.provider, self.admitted_client()
        device_code, now = self.required("device_code"), clock.now()
        with provider.database.glance() as db:
            asked = device_requests.known(db, device_code)
        if asked is None or asked.client_id != client.client_id:
            raise InvalidGrantError("the device code is invalid, expired, or was issued to another client")
        lives = int(device_requests.LIFETIME.total_seconds())
        is_too_fast = provider.store.pace(
            f"device:{ids.digest(device_code)}", interval=INTERVAL, step=STEP, seconds=lives, now=now.timestamp()
        )
        match asked.decision:
            case device_requests.APPROVED:
                self._redeem(device_code)
            case device_requests.DENIED:
                raise OidcError("access_denied", "the person refused the request")
            case _ if asked.expires_at <= now:
                raise OidcError("expired_token", "nobody allowed the request in time")
            case _ if is_too_fast:
                raise OidcError("slow_down", "polls come too fast: wait five seconds longer between them from now on")
            case _:
                raise OidcError("authorization_pending", "nobody has decided yet")

    def _redeem(self, device_code: str) -> None:
        """The tokens, once; of polls that come at once the others bring nothing, and end nothing either."""
        provider, client, now = self.provider, self.client, clock.now()
        provider.outgoing.require_key(client)
        with provider.database.quick() as db:
            match authorizations.redeem(
                db, device_code, client_id=client.client_id, now=now, pardon=_PARDON, is_test=client.is_test
            ):
                case Redeemed(row):
                    standing = self.standing_of(db, row)
                    if standing.holds:
                        self.answer = self.first_tokens(db, row, standing)
                        provider.trail.record(
                            db, "oidc.tokens_issued", account_id=row.account_id, client_id=client.client_id,
                            session_id=row.session_id, authorization=row.id, by="device",
                        )  # fmt: skip
                        return
                case Replayed(authorization_id):
                    provider.trail.record(
                        db, "oidc.code_replayed", outcome="failure", client_id=client.client_id,
                        authorization=authorization_id, by="device",
                    )  # fmt: skip
        raise InvalidGrantError("the device code was used before, or what it was for has ended")
