"""The fixtures of flows and security cases: a served installation on each pair of stores, its sites, its people."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from idp.core import clock
from idp.mandates.models import Organisation
from idp.oidc.registration import clients
from tests.flows.apis import api_of, site_for  # noqa: F401 - fixtures too
from tests.flows.browser import Browser
from tests.flows.centre import Centre, close_logs, keep_logging_to, open_centre
from tests.flows.organisations import Companies
from tests.flows.people import Person
from tests.flows.rp import RelyingParty
from tests.flows.site import Site

SCOPE = "openid profile phone realname offline_access"
SERVERS = pytest.param("servers", marks=[pytest.mark.postgres, pytest.mark.redis])


@pytest.fixture(scope="session")
def service_log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the services of this worker write their log."""
    yield tmp_path_factory.mktemp("log") / "idp.jsonl"
    close_logs()


@pytest.fixture(scope="session")
def embedded_centre(tmp_path_factory: pytest.TempPathFactory, service_log: Path) -> Iterator[Centre]:
    """SQLite and the embedded store."""
    url = f"sqlite:///{tmp_path_factory.mktemp('centre') / 'idp.sqlite3'}"
    with open_centre(url, "", log_file=service_log) as centre:
        yield centre


@pytest.fixture(scope="session")
def servers_centre(postgres_url: str, fresh_redis: Callable[[], str], service_log: Path) -> Iterator[Centre]:
    """PostgreSQL and Redis."""
    with open_centre(postgres_url, fresh_redis(), log_file=service_log) as centre:
        yield centre


@pytest.fixture(scope="session", params=["embedded"])
def centre(request: pytest.FixtureRequest) -> Centre:
    """The embedded pair; a test that must hold on both says `both_pairs`."""
    made: Centre = request.getfixturevalue(f"{request.param}_centre")
    return made


both_pairs = pytest.mark.parametrize("centre", ["embedded", SERVERS], indirect=True)


@pytest.fixture(scope="session")
def everybody() -> list[Person]:
    """Whoever a test made: no log line may tell of them."""
    return []


@pytest.fixture
def person_of(centre: Centre, everybody: list[Person]) -> Callable[..., Person]:
    def make(*, ial: int = 0) -> Person:
        made = centre.person(ial=ial)
        everybody.append(made)
        return made

    return make


@pytest.fixture
def alice(person_of: Callable[..., Person]) -> Person:
    """Proven against the registry (IAL 1)."""
    return person_of(ial=1)


@pytest.fixture
def bob(person_of: Callable[..., Person]) -> Person:
    """Registered, with a reachable phone, and no more."""
    return person_of()


@pytest.fixture
def companies(centre: Centre) -> Companies:
    """A maker of companies and mandates."""
    return Companies(centre)


@pytest.fixture
def agent(person_of: Callable[..., Person]) -> Person:
    """Somebody proven, to act for an organisation."""
    return person_of(ial=1)


@pytest.fixture
def chief(person_of: Callable[..., Person]) -> Person:
    """Somebody proven, to represent one by law."""
    return person_of(ial=1)


@pytest.fixture
def company(companies: Companies, chief: Person) -> Organisation:
    """What the chief represents."""
    return companies.company(chief)


@pytest.fixture
def site_of(centre: Centre) -> Iterator[Callable[..., RelyingParty]]:
    """A maker of relying parties, each on a port of its own."""
    made: list[RelyingParty] = []

    def make(
        *, scope: str = SCOPE, registers: str | None = None, release_basis: str = clients.STATUTORY_DUTY,
        **metadata: object,
    ) -> RelyingParty:  # fmt: skip
        site = Site()
        if registers is not None:
            metadata["scope"] = registers
        client_id, secret = centre.register_client(site.metadata(**metadata), release_basis=release_basis)
        made.append(RelyingParty(centre.issuer, site, client_id, secret, scope))
        return made[-1]

    yield make
    for party in made:
        party.site.close()
        party.close()


@pytest.fixture
def rp(site_of: Callable[..., RelyingParty]) -> RelyingParty:
    """A site that asks on the ground of its duty, so without a consent page."""
    return site_of()


@pytest.fixture
def other(site_of: Callable[..., RelyingParty]) -> RelyingParty:
    """A second such site, on another origin."""
    return site_of()


@pytest.fixture
def asking_site(site_of: Callable[..., RelyingParty]) -> RelyingParty:
    """A site that needs the person's consent."""
    return site_of(scope="openid profile realname", release_basis=clients.CONSENT)


@pytest.fixture
def browser(centre: Centre) -> Iterator[Browser]:
    """A further browser, of somebody else."""
    made = Browser(centre.issuer)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def home_time() -> Iterator[None]:
    yield
    clock.travel_home()


@pytest.fixture(autouse=True)
def quiet_log(service_log: Path, everybody: list[Person]) -> Iterator[None]:
    """A log line that holds a test person's name, number, account name or password fails the test."""
    keep_logging_to(service_log)
    before = service_log.stat().st_size if service_log.exists() else 0
    yield
    if not service_log.exists():
        return
    with service_log.open("rb") as log:
        log.seek(before)
        written = log.read().decode("utf-8", "replace")
    for person in everybody:
        for secret in person.secrets:
            assert secret not in written, next(line for line in written.splitlines() if secret in line)
