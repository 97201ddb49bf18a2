"""What others say for a site that registers itself: the file of its sector, and the issuer of its software."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, Key, OctKey

from idp.core import clock
from idp.core.errors import ConfigurationError
from idp.oidc.registration import clients
from idp.oidc.registration.software_statements import SoftwareStatements
from tests.contract.durable import sqlite_url
from tests.flows import assertions
from tests.flows.centre import Centre, open_centre
from tests.flows.key_host import KeyHost, ec_key, key_set
from tests.flows.registrant import REDIRECT, Registrant, leave
from tests.flows.rp import Answer

ELSEWHERE = "https://other.example/callback"
VENDOR = "https://vendor.example"


@pytest.fixture
def host() -> Iterator[KeyHost]:
    """A server of the site's or the vendor's; its body is what a test says."""
    made = KeyHost()
    yield made
    made.close()


@pytest.fixture
def machine(centre: Centre) -> Iterator[Registrant]:
    made = Registrant(centre, leave(centre))
    yield made
    made.close()


def sector(machine: Registrant, host: KeyHost, listed: Any, **members: Any) -> Answer:
    host.body = listed if isinstance(listed, bytes) else json.dumps(listed).encode()
    wanted = {"redirect_uris": [REDIRECT, ELSEWHERE], "sector_identifier_uri": host.url, "subject_type": "pairwise"}
    return machine.register({**wanted, **members})


def test_sites_on_several_hosts_are_one_sector_by_its_file(centre, machine, host):
    made = sector(machine, host, [ELSEWHERE, REDIRECT, "https://third.example/"])
    assert (made.status_code, made.sector_identifier_uri) == (201, host.url)
    client = centre.services.provider.clients.find(made.client_id)
    assert client.sector == host.url.partition("://")[2].partition("/")[0]
    alone = sector(machine, host, [REDIRECT], redirect_uris=[REDIRECT])
    assert centre.services.provider.clients.find(alone.client_id).sector == client.sector


@pytest.mark.parametrize(
    "listed",
    [
        [REDIRECT], [], {}, "x", None, [[REDIRECT, ELSEWHERE]], [REDIRECT, ELSEWHERE, 7], [REDIRECT + "/", ELSEWHERE],
        b"", b"<html>", b"[" * 3000 + b"]" * 3000, b'["' + b"x" * 70_000 + b'"]', b"\xff",
    ],
)  # fmt: skip
def test_a_file_that_does_not_vouch_for_every_redirect_refuses(machine, host, listed):
    refused = sector(machine, host, listed)
    assert (refused.status_code, refused.error) == (400, "invalid_client_metadata")
    assert "sector_identifier_uri" in refused.error_description


def test_a_file_that_cannot_be_fetched_refuses(machine, host):
    for status, headers in ((404, {}), (500, {}), (302, {"Location": "http://127.0.0.1:9/"})):
        host.status, host.headers = status, headers
        assert sector(machine, host, [REDIRECT, ELSEWHERE]).error == "invalid_client_metadata"
    assert sector(machine, host, [], sector_identifier_uri="http://localhost:9/none").error == "invalid_client_metadata"


def test_the_file_is_read_again_when_the_site_changes(machine, host):
    made = sector(machine, host, [REDIRECT, ELSEWHERE])
    host.body = json.dumps([REDIRECT]).encode()
    assert machine.change(made, client_name="Any").error == "invalid_client_metadata"
    assert machine.change(made, redirect_uris=[REDIRECT]).status_code == 200


def test_the_subject_is_pairwise_where_there_is_one_host_and_public_where_it_cannot_be(machine):
    assert machine.register(redirect_uris=[REDIRECT, REDIRECT + "/2"]).subject_type == "pairwise"
    assert machine.register(redirect_uris=[REDIRECT, ELSEWHERE]).subject_type == "public"
    refused = machine.register(redirect_uris=[REDIRECT, ELSEWHERE], subject_type="pairwise")
    assert refused.error == "invalid_client_metadata"


# --- software statements ---------------------------------------------------------------------------------------------

KEY = ec_key("v1")


def statement(key: Key = KEY, alg: str = "ES256", **changes: Any) -> str:
    said = {"iss": VENDOR, "software_id": "4NRB1-0XZABZI9E6-5SM3R", "client_name": "Vouched", **changes}
    said = {name: value for name, value in said.items() if value is not None}
    return assertions.signed(said, key, alg)


@pytest.fixture(scope="module")
def online() -> Iterator[KeyHost]:
    """Where the other vendor publishes its keys."""
    made = KeyHost(ec_key("v1"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory, service_log: Path, online: KeyHost) -> Iterator[Centre]:
    """A centre that trusts one vendor by a file and another by a URL."""
    folder = tmp_path_factory.mktemp("trusting")
    file = folder / "vendor.json"
    file.write_text(json.dumps(key_set(KEY)))
    issuers = (f"{VENDOR}={file}", f"https://online.example={online.url}")
    with open_centre(sqlite_url(folder), "", log_file=service_log, software_statement_issuers=issuers) as centre:
        yield centre


@pytest.fixture
def vouched(trusting: Centre) -> Iterator[Registrant]:
    made = Registrant(trusting, leave(trusting))
    yield made
    made.close()


def test_the_members_of_a_statement_have_the_last_word_and_it_is_told_back(vouched):
    sent = statement(redirect_uris=[REDIRECT])
    made = vouched.register(
        {"client_name": "Mine", "redirect_uris": ["https://mine.example/"], "software_statement": sent}
    )
    assert made.status_code == 201
    assert (made.client_name, made.redirect_uris, made.software_statement) == ("Vouched", [REDIRECT], sent)
    assert "iss" not in made.json
    assert vouched.read(made).software_statement == sent
    assert vouched.change(made, client_name="Mine again").client_name == "Vouched"


def test_an_issuer_may_publish_its_keys(vouched, online):
    assert (
        vouched.register(software_statement=statement(online.keys[0], iss="https://online.example")).status_code == 201
    )


@pytest.mark.parametrize("sent", [7, "", "x", "a.b.c", ["x"], {"iss": VENDOR}, "e30.e30.", "x" * 20_000])
def test_what_is_no_statement_is_invalid(vouched, sent):
    refused = vouched.register(software_statement=sent)
    assert (refused.status_code, refused.error) == (400, "invalid_software_statement")


@pytest.mark.parametrize(
    "make",
    [
        lambda: statement(ec_key("v1")),
        lambda: statement(OctKey.import_key("x" * 64, {"kid": "v1"}), "HS256"),
        lambda: statement(iss=None),
        lambda: statement(iss=7),
        lambda: statement(exp=clock.epoch() - 60),
        lambda: statement(nbf=clock.epoch() + 600),
        lambda: statement(exp="soon"),
        lambda: statement(aud="https://another.example"),
        lambda: statement()[:-4] + "AAAA",
    ],
)
def test_a_statement_that_does_not_hold_is_invalid(vouched, make: Callable[[], str]):
    refused = vouched.register(software_statement=make())
    assert (refused.status_code, refused.error) == (400, "invalid_software_statement")


def test_a_statement_of_a_stranger_is_not_approved(vouched, machine):
    stranger = statement(ECKey.generate_key("P-256"), iss="https://stranger.example")
    for registrant in (vouched, machine):
        refused = registrant.register(software_statement=stranger)
        assert (refused.status_code, refused.error) == (400, "unapproved_software_statement")


def test_a_statement_gives_no_more_than_a_machine_may_have(vouched, trusting):
    made = vouched.register(
        software_statement=statement(release_basis="statutory_duty", state="deleted", require_pkce=True)
    )
    client = trusting.services.provider.clients.find(made.client_id)
    assert (client.release_basis, client.metadata.require_pkce) == (clients.CONSENT, False)
    assert vouched.register(software_statement=statement(scope="openid realname")).error == "invalid_client_metadata"
    assert (
        vouched.register(software_statement=statement(redirect_uris=["javascript:x"])).error == "invalid_redirect_uri"
    )


def test_keys_that_cannot_be_read_stop_the_boot_by_name(tmp_path):
    private = tmp_path / "private.json"
    private.write_text(json.dumps({"keys": [KEY.as_dict(private=True)]}))
    for place in (tmp_path / "nothing", private):
        with pytest.raises(ConfigurationError, match="IDP_SOFTWARE_STATEMENT_ISSUERS"):
            SoftwareStatements.of_settings("https://id.example", [f"{VENDOR}={place}"], None)
