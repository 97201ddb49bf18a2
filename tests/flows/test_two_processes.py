"""What ends in one process has ended in every other within a second: two processes of the production server, one database."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import select

from idp.core import clock
from idp.db import stamps
from idp.oidc import consents
from idp.oidc.jwt import keys
from idp.oidc.models import Client
from idp.oidc.registration import clients
from idp.staff.account_care import Because
from launcher import machine
from tests.flows import assertions
from tests.flows.centre import OPERATOR, Centre, install, settings_for
from tests.flows.organisations import Companies, tokens_for
from tests.flows.people import Person
from tests.flows.rp import Answer, RelyingParty
from tests.flows.site import Site
from tests.flows.test_durability import granian

pytestmark = [pytest.mark.postgres, pytest.mark.redis, pytest.mark.slow]
SCOPE = "openid profile offline_access"
SELF = {"grant_type": "client_credentials"}


@dataclass(frozen=True)
class House:
    """Two processes behind one issuer, and a third, without a door, in which operators and people act."""

    inside: Centre
    other_port: int

    @property
    def issuer(self) -> str:
        return self.inside.issuer

    @contextmanager
    def site(self, **metadata: Any) -> Iterator[RelyingParty]:
        site = Site()
        with self.inside.services.database.transaction() as db:
            client_id, secret = clients.register(
                db, self.inside.services.trail, site.metadata(**metadata), keyring=self.inside.services.keyring,
                release_basis=clients.STATUTORY_DUTY, actor=OPERATOR,
            )  # fmt: skip
        rp = RelyingParty(self.issuer, site, client_id, secret, SCOPE)
        try:
            yield rp
        finally:
            rp.close()
            site.close()

    def both(self, ask: Callable[[str], Answer]) -> list[Answer]:
        """The same question to each process."""
        return [ask(self.issuer), ask(f"http://localhost:{self.other_port}")]

    def post(self, rp: RelyingParty, path: str, form: dict[str, str], *, auth: bool = True) -> Callable[[str], Answer]:
        by = (rp.client_id, rp.client_secret or "") if auth else None
        headers = {"Host": self.inside.settings.host}
        return lambda door: Answer(requests.post(door + path, data=form, auth=by, headers=headers, timeout=10))

    def userinfo(self, token: str) -> Callable[[str], Answer]:
        headers = {"Host": self.inside.settings.host, "Authorization": f"Bearer {token}"}
        return lambda door: Answer(requests.get(f"{door}/userinfo", headers=headers, timeout=10))


@pytest.fixture(scope="module")
def house(
    postgres: Any, fresh_redis: Callable[[], str], tmp_path_factory: pytest.TempPathFactory, service_log: Path
) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("two")
    with postgres.database() as url:
        install(url)
        settings = settings_for(url, fresh_redis(), machine.free_port(), log_file=service_log)
        inside, other = Centre(settings), machine.free_port()
        with granian(settings, folder / "one.jsonl"), granian(settings, folder / "two.jsonl", str(other)):
            yield House(inside, other)
        inside.close()


def within_a_second(house: House, ask: Callable[[str], Answer], has_ended: Callable[[Answer], bool]) -> None:
    """Every answer of every process, from a second after the act on, says that it has ended."""
    time.sleep(1)
    for answer in house.both(ask):
        assert has_ended(answer), (answer.status_code, answer.json)


def is_alive(house: House, rp: RelyingParty, tokens: Answer) -> None:
    for answer in house.both(house.userinfo(tokens.access_token)):
        assert answer.status_code == 200, answer.json
    for token in (tokens.access_token, tokens.refresh_token):
        for answer in house.both(house.post(rp, "/introspect", {"token": token})):
            assert answer.json["active"] is True


def is_over(house: House, rp: RelyingParty, tokens: Answer) -> None:
    within_a_second(
        house, house.userinfo(tokens.access_token), lambda a: (a.status_code, a.error) == (401, "invalid_token")
    )
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    for token in (tokens.access_token, tokens.refresh_token):
        for answer in house.both(house.post(rp, "/introspect", {"token": token})):
            assert answer.json == {"active": False}
    for answer in house.both(house.post(rp, "/token", refresh)):
        assert (answer.status_code, answer.error) == (400, "invalid_grant")


def freeze(house: House, rp: RelyingParty, person: Person, tokens: Answer) -> None:
    house.inside.freeze(person)


def reset(house: House, rp: RelyingParty, person: Person, tokens: Answer) -> None:
    services = house.inside.services
    with services.database.transaction() as db:
        services.care.reset(db, person.account_id, Because("0" * 32, "system", "credentials_leaked"))


def withdraw(house: House, rp: RelyingParty, person: Person, tokens: Answer) -> None:
    with house.inside.services.database.transaction() as db:
        consents.withdraw(db, house.inside.services.trail, person.account_id, rp.client_id)


def give_back(house: House, rp: RelyingParty, person: Person, tokens: Answer) -> None:
    assert rp.revoke(tokens.refresh_token).status_code == 200


@pytest.mark.parametrize("act", [freeze, reset, withdraw, give_back])
def test_what_a_person_or_an_operator_ends_is_over_in_every_process(
    house: House, act: Callable[[House, RelyingParty, Person, Answer], None]
) -> None:
    with house.site() as rp:
        person = house.inside.person(ial=1)
        tokens = rp.tokens_of(person)
        is_alive(house, rp, tokens)
        act(house, rp, person, tokens)
        is_over(house, rp, tokens)


def test_a_mandate_that_was_taken_back_is_over_in_every_process(house: House) -> None:
    companies = Companies(house.inside)
    with house.site(serves="both") as rp:
        chief, agent = house.inside.person(ial=1), house.inside.person(ial=1)
        company = companies.company(chief)
        mandate = companies.mandate(company, chief, agent, rp.client_id)
        tokens = tokens_for(rp, agent, company)
        is_alive(house, rp, tokens)
        sub = rp.claims(tokens.id_token)
        question = house.post(rp, "/mandates/check", {"sub": sub["sub"], "principal": sub["principal"]["id"]})

        def may(door: str) -> bool:
            said: bool = jwt.decode(question(door).response.text, rp.keys(), algorithms=["ES256"]).claims["result"]
            return said

        doors = (house.issuer, f"http://localhost:{house.other_port}")
        assert [may(door) for door in doors] == [True, True]
        companies.revoke(chief, mandate)
        assert [may(door) for door in doors] == [False, False]  # at once, and not within a second
        is_over(house, rp, tokens)


def test_a_disabled_site_is_over_in_every_process(house: House) -> None:
    with house.site(grant_types=["authorization_code", "refresh_token", "client_credentials"]) as rp:
        tokens = rp.tokens_of(house.inside.person())
        is_alive(house, rp, tokens)
        with house.inside.services.database.transaction() as db:
            assert clients.set_state(db, house.inside.services.trail, rp.client_id, "disabled", actor=OPERATOR)
        within_a_second(house, house.userinfo(tokens.access_token), lambda a: a.error == "invalid_token")
        for path, form in (("/introspect", {"token": "x"}), ("/revoke", {"token": "x"}), ("/token", SELF)):
            for answer in house.both(house.post(rp, path, form)):
                assert (answer.status_code, answer.error) == (401, "invalid_client"), path


def test_a_key_or_secret_that_was_removed_proves_nothing_in_every_process(house: House) -> None:
    key, next_key = assertions.key_for("ES256", "old"), assertions.key_for("ES256", "new")
    grants = ["authorization_code", "client_credentials"]

    def by(key: Any) -> Callable[[str], Answer]:
        def ask(door: str) -> Answer:
            said = assertions.signed(assertions.claims(rp.client_id, rp.issuer), key, "ES256")
            return house.post(rp, "/token", {**SELF, **assertions.form(said)}, auth=False)(door)

        return ask

    with house.site(token_endpoint_auth_method="private_key_jwt", jwks=assertions.jwks(key), grant_types=grants) as rp:
        assert [answer.status_code for answer in house.both(by(key))] == [200, 200]
        with house.inside.services.database.transaction() as db:
            row = db.scalars(select(Client).where(Client.client_id == rp.client_id)).one()
            row.metadata_ = {**row.metadata_, "jwks": assertions.jwks(next_key)}
            stamps.touch(db, clients.STAMP)
        within_a_second(house, by(key), lambda a: (a.status_code, a.error) == (401, "invalid_client"))
        assert [answer.status_code for answer in house.both(by(next_key))] == [200, 200]
    with house.site(grant_types=grants) as rp:
        assert [answer.status_code for answer in house.both(house.post(rp, "/token", SELF))] == [200, 200]
        services = house.inside.services
        with services.database.transaction() as db:
            new = clients.add_secret(db, services.trail, rp.client_id, keyring=services.keyring, actor=OPERATOR)
            clients.retire_secrets(db, services.trail, rp.client_id, keep=new, at=clock.now(), actor=OPERATOR)
        within_a_second(house, house.post(rp, "/token", SELF), lambda a: a.error == "invalid_client")


def test_an_assertion_that_one_process_took_is_refused_by_the_other(house: House) -> None:
    key = assertions.key_for("ES256")
    with house.site(
        token_endpoint_auth_method="private_key_jwt", jwks=assertions.jwks(key), grant_types=["client_credentials"],
        redirect_uris=[], response_types=[],
    ) as rp:  # fmt: skip
        said = assertions.signed(assertions.claims(rp.client_id, rp.issuer), key, "ES256")
        answers = house.both(house.post(rp, "/token", {**SELF, **assertions.form(said)}, auth=False))
        assert [answer.status_code for answer in answers] == [200, 401]


def test_keys_are_made_and_rotated_under_sites_that_notice_nothing(house: House) -> None:
    """Whichever process signs, at whichever moment, the copy of the key set that a site took before is enough."""
    with house.site(id_token_signed_response_alg="PS256") as rp:
        person = house.inside.person()

        def id_tokens() -> list[str]:
            answers = []
            for door in (0, 1):
                code = rp.sign_in(person).code
                form = {
                    "grant_type": "authorization_code", "code": code, "redirect_uri": rp.site.redirect_uri,
                    "code_verifier": rp.asked_for(code).verifier,
                }  # fmt: skip
                doors = [house.issuer, f"http://localhost:{house.other_port}"]
                answers.append(house.post(rp, "/token", form)(doors[door]))
            return [answer.id_token for answer in answers]

        made = id_tokens()  # by a key that the registration a moment ago brought with it
        headers = {"Host": house.inside.settings.host}
        copies = [KeySet.import_key_set(answer.json) for answer in house.both(
            lambda door: Answer(requests.get(f"{door}/jwks", headers=headers, timeout=10))
        )]  # fmt: skip
        services = house.inside.services
        with services.database.transaction() as db:
            keys.rotate(db, services.keyring, services.trail, actor=OPERATOR)
        at_once = id_tokens()
        time.sleep(1)
        later = id_tokens()
        for copy in [*copies, rp.keys()]:
            for token in [*made, *at_once, *later]:
                assert jwt.decode(token, copy, algorithms=["PS256"]).claims["aud"] == rp.client_id
        kids = [
            {jwt.decode(token, copies[0], algorithms=["PS256"]).header["kid"] for token in each}
            for each in (made, later)
        ]
        assert len(kids[0]) == len(kids[1]) == 1
        assert kids[0] != kids[1]
