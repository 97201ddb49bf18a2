"""Token exchange (RFC 8693): an access token becomes another that can do less, and says who uses it for whom.

Who may: the site that the token was issued to, and a resource server that it is meant for. The result never reaches
further than what was presented, in scope, audience or time, nor than the scopes that the exchanging client is registered
for; it belongs to the same authorization and ends with it. Every client that uses another's token is named in `act`.
"""

from typing import Any

from authlib.oauth2.rfc6749.errors import InvalidRequestError, InvalidScopeError, UnauthorizedClientError

from idp.core.crypto import Keyring
from idp.oidc import principals, resources, subjects
from idp.oidc.grants.base import Grant, Response
from idp.oidc.parameters import TOKEN_EXCHANGE
from idp.oidc.principals import OWN
from idp.oidc.registration.clients import RegisteredClient
from idp.oidc.resource_servers import Known
from idp.oidc.resources import InvalidTarget, Target
from idp.oidc.tokens import authorizations, issuing
from idp.oidc.tokens.access_tokens import AccessToken

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
JWT = "urn:ietf:params:oauth:token-type:jwt"
LONGEST_CHAIN = 4


class TokenExchangeGrant(Grant):
    GRANT_TYPE = TOKEN_EXCHANGE

    def validate_token_request(self) -> None:
        client = self.admitted_client()
        if client.is_public:  # whoever acts for another must be known for certain
            raise UnauthorizedClientError("a client without a secret cannot exchange tokens")
        self.wanted_type = self.request.form.get("requested_token_type", ACCESS_TOKEN)
        if self.wanted_type not in {ACCESS_TOKEN, JWT}:
            raise InvalidRequestError("this requested_token_type is not offered")
        known = self.provider.resource_servers.known()
        presented = self._presented(client, known)
        self.target_of_token = self._narrowed(client, known, presented)
        if self.wanted_type == JWT and self.target_of_token.reader is None:
            raise InvalidRequestError("no single resource that reads JWTs is asked for")
        self.presented, self.act = presented, self._chain(client, presented, is_explicit=self._has_actor(client))
        self._require_alive_and_tell(client)

    def create_token_response(self) -> Response:
        target, presented, client, provider = self.target_of_token, self.presented, self.client, self.provider
        is_own = presented.client_id == client.client_id
        token, record = provider.access_tokens.new(
            client.client_id,
            target.scope,
            until=presented.exp,
            authorization_id=presented.authorization_id,
            account_id=presented.account_id,
            subject=_subject(provider.keyring, client, presented, self.known_as),
            sid=presented.sid if is_own else None,
            claims=presented.claims if is_own and target.is_for_issuer(provider.issuer) else None,
            aud=list(target.audience) if target.audience is not None else None,
            act=self.act,
            origin=presented.origin if is_own else presented.origin or presented.client_id,
            principal=presented.principal,
        )
        if target.reader is not None:
            issued = issuing.finish_jwt(
                provider, client, record, target.reader, self.sign_in, known_as=self.known_as, standing=self.standing
            )
        else:
            provider.access_tokens.keep(token, record)
            issued = issuing.Issued(token, record)
        return self.tokens(issued, issued_token_type=self.wanted_type)

    def _presented(self, client: RegisteredClient, known: Known) -> AccessToken:
        """The subject token's record, if this client may present it; whether its family lives is asked last."""
        token = self.required("subject_token")
        if self.required("subject_token_type") != ACCESS_TOKEN:
            raise InvalidRequestError("only access tokens are exchanged")
        record = self.provider.access_tokens.find(token)
        clients, tokens = self.provider.clients, self.provider.access_tokens
        site = clients.find(record.site) if record is not None else None
        if record is None or site is None or tokens.is_over(record) or site.is_test != client.is_test:
            raise InvalidRequestError("the subject_token is invalid, expired or revoked")
        if record.client_id != client.client_id and known.of_client(client.client_id).isdisjoint(record.aud or ()):
            raise InvalidRequestError("the subject_token is neither this client's nor meant for it")
        return record

    def _has_actor(self, client: RegisteredClient) -> bool:
        """Whether the client names itself as the actor, by an access token that it got for itself (RFC 8693 §2.1)."""
        token, kind = self.request.form.get("actor_token"), self.request.form.get("actor_token_type")
        if token is None and kind is None:
            return False
        if token is None or kind is None:
            raise InvalidRequestError("actor_token and actor_token_type belong together")
        if kind != ACCESS_TOKEN:
            raise InvalidRequestError("this actor_token_type is not offered")
        record = self.provider.access_tokens.find(token)
        if record is None or self.provider.access_tokens.is_over(record):
            raise InvalidRequestError("the actor_token is invalid, expired or revoked")
        if record.client_id != client.client_id or record.account_id is not None or record.act is not None:
            raise InvalidRequestError("the actor_token is not one that this client got for itself")
        return True

    def _narrowed(self, client: RegisteredClient, known: Known, presented: AccessToken) -> Target:
        """What is asked for, within what was presented and what the client is registered for."""
        issuer = self.provider.issuer
        within = presented.aud if presented.aud is not None else [issuer]
        words, own = presented.scope.split(), known.of_client(client.client_id)
        covered = {*client.scopes, *resources.words_of(known, issuer, own, words)}
        # UserInfo is for the site at which the person signed in: nobody goes on to it for them.
        reachable = {*own, *resources.owners(known, issuer, [word for word in words if word in covered])} - {issuer}
        may = within if presented.client_id == client.client_id else [each for each in within if each in reachable]
        chosen = self._chosen(known) or may
        if not set(chosen) <= set(may):
            raise InvalidTarget("the subject_token does not bring this client to this resource")
        wanted = list(dict.fromkeys(self.request.form.get("scope", "").split()))
        if not set(wanted) <= set(words):
            raise InvalidScopeError("the scope exceeds that of the subject_token")
        if not covered.issuperset(wanted):
            raise InvalidScopeError("this client is not registered for this scope")
        target = resources.aimed(known, issuer, chosen, [word for word in wanted or words if word in covered])
        issuing.require_same_mode(self.provider, client, target)
        return target

    def _chosen(self, known: Known) -> list[str]:
        """The resources named, by `resource` or by `audience`: an identifier, or the client that represents a server."""
        named: dict[str, None] = dict.fromkeys(self.asked_resources)
        for name in self.request.form.get("audience", "").split():
            is_identifier = name == self.provider.issuer or name in known.by_identifier
            servers = {name} if is_identifier else known.of_client(name)
            if not servers:
                raise InvalidTarget("this audience is not known")
            named |= dict.fromkeys(sorted(servers))
        return list(named)

    def _chain(self, client: RegisteredClient, presented: AccessToken, *, is_explicit: bool) -> dict[str, Any] | None:
        """Who acts, the newest outside (RFC 8693 §4.1)."""
        before = presented.act
        if client.client_id == presented.client_id and not is_explicit:
            return before
        if before is not None and before["sub"] == client.client_id:
            return before
        if _length(before) >= LONGEST_CHAIN:
            raise InvalidRequestError("the chain of actors is too long")
        return {"sub": client.client_id} | ({"act": before} if before is not None else {})

    def _require_alive_and_tell(self, client: RegisteredClient) -> None:
        """The family lives and the exchange is on record, or there is no exchange."""
        presented, provider = self.presented, self.provider
        self.standing = OWN
        self.sign_in: dict[str, Any] = {}
        self.known_as: str | None = None
        with provider.database.quick() as db:
            if presented.authorization_id is not None:
                family = authorizations.alive(
                    db,
                    presented.authorization_id,
                    account_id=presented.account_id,
                    sector=subjects.sector_of(client),
                    is_test=client.is_test,
                )
                if family is None:
                    raise InvalidRequestError("the subject_token is invalid, expired or revoked")
                self.sign_in, self.known_as = issuing.sign_in_of(family), family.known_as
                self.standing = principals.of_token(provider, db, presented)
            if self.standing.holds:
                provider.trail.record(
                    db, "oidc.token_exchanged", account_id=presented.account_id, client_id=client.client_id,
                    authorization=presented.authorization_id or "", subject_client=presented.client_id,
                    resource=list(self.target_of_token.audience or (provider.issuer,)), actors=_length(self.act),
                )  # fmt: skip
        if not self.standing.holds:
            raise InvalidRequestError("the subject_token is invalid, expired or revoked")


def _subject(keyring: Keyring, client: RegisteredClient, presented: AccessToken, known_as: str | None) -> str:
    """The person as the exchanging client knows them; a client by its id."""
    if presented.account_id is None or presented.client_id == client.client_id:
        return presented.subject or presented.client_id
    return subjects.subject_of(keyring, client, presented.account_id, known_as=known_as)


def _length(chain: dict[str, Any] | None) -> int:
    return 0 if chain is None else 1 + _length(chain.get("act"))
