"""This service's part in a check: it answers the imagined visitor without a page, spoils answers, and knows what became of them.

Nothing here can be reached by a request. The visitor is a synthetic person made for the check and closed after it; a site
that is not in test mode cannot be answered for them, like by any other way.
"""

import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import select, update

from idp.audit.trail import SYSTEM
from idp.authn.models import SsoSession
from idp.core import clock, ids
from idp.oidc import consents
from idp.oidc.authorization import authorize, request_objects, rules
from idp.oidc.authorization.authorize import Question
from idp.oidc.authorization.decision import Step
from idp.oidc.authorization.journeys import Journey
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.authorization.response_modes import Answer
from idp.oidc.engine import ProtocolError
from idp.oidc.jwt import trial_keys
from idp.oidc.logout.back_channel import EVENT
from idp.oidc.models import Authorization
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient
from idp.sites.made_up import NewPassword
from idp.sites.synthetic import REHEARSAL, SyntheticPeople, Wanted

_AAL, _AMR = 3, ("pwd", "hwk")
_LEVEL: Final = 3
_TOKEN_SECONDS: Final = 120
_STAMPS_SECONDS: Final = 1.2


BEHIND_THE_HASH: Final = "answer_needs_a_script"


class NoAnswer(Exception):
    """The site's request cannot be answered; the code says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as it would leave, and the request that it is for."""

    asked: AuthorizationRequest
    answer: Answer = field(repr=False)

    @property
    def code(self) -> str | None:
        return self.answer.parameters.get("code")

    def changed(self, **parameters: str) -> "Given":
        """The same answer with other parameters."""
        return replace(self, answer=replace(self.answer, parameters={**self.answer.parameters, **parameters}))


class Centre:
    """The centre as one check needs it."""

    def __init__(self, provider: Provider, people: SyntheticPeople, client: RegisteredClient, account_id: str) -> None:
        self.provider = provider
        self.client = client
        self.account_id = account_id
        self._people = people

    @classmethod
    def open(cls, provider: Provider, people: SyntheticPeople, client: RegisteredClient) -> "Centre":
        """With a synthetic person of its own, as sure as can be, so that no level stands in the way."""
        password = NewPassword.make()  # nobody ever learns it
        only_organisations = client.metadata.serves == "organisations"
        with provider.database.transaction() as db:
            made = people.make(
                db,
                client.client_id,
                Wanted(_LEVEL, represents=only_organisations),
                password,
                actor=SYSTEM,
                by=REHEARSAL,
            )
        return cls(provider, people, client, made.account_id)

    def close(self) -> None:
        """The person and all that was given out end; sites are not told once more."""
        with self.provider.database.transaction() as db:
            db.execute(
                update(SsoSession)
                .where(SsoSession.account_id == self.account_id, SsoSession.ended_at.is_(None))
                .values(ended_at=clock.now(), end_reason=REHEARSAL)
            )
            self._people.end(db, self.client.client_id, self.account_id, actor=SYSTEM, reason=REHEARSAL)

    def answer(self, url: str, *, spoil: str | None = None, declined: str | None = None) -> Given:
        """What the person's browser would bring back; NoAnswer when there is nothing to bring."""
        asked = self.asked(url)
        # Asked a moment ago, so that a sign-in of now is one for this very request.
        journey = Journey(
            "", asked, clock.now() - timedelta(seconds=1), declined, account_was_chosen=True, is_finished=False
        )
        secret = self._session()
        for _ in range(3):
            outcome = authorize.advance(self.provider, asked, session_secret=secret, journey=journey, spoil=spoil)
            if isinstance(outcome, Answer):
                return self._checked(Given(asked, outcome), declined)
            self._do(outcome)
        raise NoAnswer("question_without_end")

    def asked(self, url: str) -> AuthorizationRequest:
        """The request that the site sent the browser here with; NoAnswer when it is none."""
        parts = urlsplit(url)
        if parts.path != urlsplit(f"{self.provider.issuer}/authorize").path:
            raise NoAnswer("no_authorization_request")
        asked = AuthorizationRequest.from_wire(dict(parse_qsl(parts.query, keep_blank_values=True)))
        if asked.client_id != self.client.client_id:
            raise NoAnswer("another_client")
        try:
            asked = request_objects.opened(self.provider, self.client, asked)
            rules.proven_redirect(asked, self.client)
        except ProtocolError as refusal:
            raise NoAnswer(f"authorize_{refusal.error}"[:64]) from refusal
        except rules.UnprovenSite as unproven:
            raise NoAnswer(unproven.code) from unproven
        return asked

    def redeemed(self, code: str) -> bool:
        """Whether the site brought the code to the token endpoint."""
        with self.provider.database.view() as db:
            spent = select(Authorization.code_spent_at).where(Authorization.code_digest == ids.digest(code))
            return db.scalar(spent) is not None

    def logout_token(self, code: str, **changes: Any) -> str:
        """A logout token for the session that the code signed in; `changes` make it a wrong one."""
        with self.provider.database.view() as db:
            row = db.execute(
                select(Authorization.sid, Authorization.subject).where(Authorization.code_digest == ids.digest(code))
            ).one()
        return self.logout_token_of(row.subject, row.sid, **changes)

    def logout_token_of(self, subject: str, sid: str, **changes: Any) -> str:
        """The same for any subject and session, of nobody too."""
        now = clock.epoch()
        claims = {
            "iss": self.provider.issuer, "aud": self.client.client_id, "iat": now, "exp": now + _TOKEN_SECONDS,
            "jti": ids.new_id(), "sub": subject, "sid": sid, "events": {EVENT: {}}, **changes,
        }  # fmt: skip
        return self.provider.outgoing.logout_token(self.client, claims)

    def publish_key(self) -> str:
        """A key that the site has not seen, for as long as this check needs it."""
        with self.provider.database.transaction() as db:
            alg = self.client.metadata.id_token_signed_response_alg
            return trial_keys.publish(db, self.provider.keyring, alg)

    def withdraw_key(self, kid: str) -> None:
        with self.provider.database.transaction() as db:
            trial_keys.withdraw(db, kid)

    def wait_for_processes(self) -> None:
        """Until every process has looked at its stamps and serves the new key."""
        threading.Event().wait(_STAMPS_SECONDS)

    def _session(self) -> str:
        with self.provider.database.transaction() as db:
            started = self.provider.sessions.start(
                db, self.account_id, aal=_AAL, amr=_AMR, device=ids.new_secret(), browser="", address=""
            )
        return started.secret

    def _checked(self, given: Given, declined: str | None) -> Given:
        error = given.answer.parameters.get("error")
        if error is not None and error != declined:
            raise NoAnswer(f"authorize_{error}"[:64])
        if given.answer.mode == "fragment":
            raise NoAnswer(BEHIND_THE_HASH)
        return given

    def _do(self, question: Question) -> None:
        """What the person would be asked; everything but consent was arranged before."""
        if question.step is not Step.CONSENT:
            raise NoAnswer(f"question_{question.step}")
        scope = rules.released(self.provider.resource_servers, self.provider.issuer, question.asked, self.client)
        words = rules.words_of(question.asked, self.client, scope)
        with self.provider.database.transaction() as db:
            consents.give(db, self.provider.trail, self.account_id, self.client, words)
