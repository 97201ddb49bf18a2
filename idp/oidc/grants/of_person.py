"""What the grants of a person's authorization share: a code, a device code and a refresh token end in the same tokens."""

from typing import Any

from idp.db.prepared import RawTransaction
from idp.oidc import claims, principals, resources
from idp.oidc.grants.base import Grant, Response
from idp.oidc.principals import Standing
from idp.oidc.resources import Target
from idp.oidc.tokens import issuing, spoiled
from idp.oidc.tokens.id_tokens import Authenticated


class PersonalGrant(Grant):
    """Subclasses spend what was presented and make the answer in one transaction, and leave it in `answer`.

    Whatever fails before the commit (a signature, an encryption, the store) leaves the code or token unspent, so that
    the site may try again; an access token that was kept meanwhile was told to nobody.
    """

    answer: Response

    def create_token_response(self) -> Response:
        return self.answer

    def standing_of(self, db: RawTransaction, family: Any) -> Standing:
        """Whether the person may still act as they did when it was granted; if not, it ends here, and for good."""
        provider, client, acts = self.provider, self.client, principals.of_family(family)
        standing = principals.ask(
            db, provider.keyring, acts, account_id=family.account_id, client_id=client.client_id
        )()
        if acts is not None and not standing.holds:
            principals.end(
                db, provider.trail, authorization_id=family.id, account_id=family.account_id,
                client_id=client.client_id, acts=acts,
            )  # fmt: skip
        return standing

    def tokens_of(
        self, db: RawTransaction, family: Any, scope: str, *, granted: str, nonce: str | None,
        refresh_token: str | None, standing: Standing,
    ) -> Response:  # fmt: skip
        """Access token for `scope`, ID token and refresh token of a family that was granted `granted`."""
        provider, client = self.provider, self.client
        issued = issuing.for_family(provider, client, family.id, family, self._target(family, scope), standing)
        more = {}
        if "openid" in granted.split():
            told = claims.for_tokens(provider, db, client, family, standing) | principals.for_site(
                provider.keyring, client, standing, subject=family.subject, scope=granted.split()
            )
            who = Authenticated(family.subject, family.sid, family.auth_time, family.acr, tuple(family.amr), nonce)
            more["id_token"] = provider.id_tokens.sign(
                client, who, access_token=issued.token, claims=told, spoil=spoiled.kind_of(client, family.extra)
            )
        if refresh_token is not None:
            more["refresh_token"] = refresh_token
        return self.tokens(issued, **more)

    def _target(self, family: Any, scope: str) -> Target:
        """What the access token of this request is aimed at; InvalidTarget beyond what was granted."""
        return resources.target(
            self.provider.resource_servers,
            self.provider.issuer,
            resources=(family.extra or {}).get("resource"),
            asked=self.asked_resources,
            scope=scope,
        )
