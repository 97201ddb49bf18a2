"""The built-in check, run against the four sites of the demo, which are built on the kit: they pass it."""

import importlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from werkzeug.serving import make_server

from clients.kit import Settings
from demo.sites import SITES, Site
from idp.sites.rehearsal import jobs
from idp.sites.rehearsal.findings import FAILED, NOT_TRIED
from idp.sites.rehearsal.play import Where
from tests.flows.centre import OPERATOR, Centre
from tests.flows.trial import switch


class Served:
    """A site of the demo on a loopback port, registered and in test mode."""

    def __init__(self, centre: Centre, site: Site, data: Path) -> None:
        door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://localhost:{door.getsockname()[1]}"
        self.client_id, secret = centre.register_client(site.metadata(self.url), release_basis=site.release_basis)
        switch(centre, self, "test")  # type: ignore[arg-type]
        settings = Settings(
            issuer=centre.issuer, url=self.url, client_id=self.client_id, client_secret=secret or "",
            secret_key=f"key of {site.name}", data=data, peers={"centre": centre.issuer},
        )  # fmt: skip
        app = importlib.import_module(f"clients.{site.name}.app").create_app(settings)
        self.server = make_server("127.0.0.1", 0, app, threaded=True, fd=door.detach())
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def served(centre: Centre, tmp_path: Path) -> Iterator[Callable[[Site], Served]]:
    made: list[Served] = []

    def make(site: Site) -> Served:
        made.append(Served(centre, site, tmp_path / site.name))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_a_site_of_the_demo_passes(centre: Centre, served: Callable[[Site], Served], site: Site) -> None:
    place, s = served(site), centre.services
    client = s.provider.clients.find(place.client_id)
    assert client is not None
    where = Where(f"{place.url}/sign-in", f"{place.url}/", 'id="who"', None)
    with s.database.transaction() as db:
        jobs.ask(db, s.trail, s.tryout.ownership, client, where, actor=OPERATOR, by="test")
    s.tryout.engine.run_due()
    with s.database.transaction() as db:
        report = jobs.latest(db, place.client_id)
    assert report is not None
    assert [each for each in report.findings if each.verdict == FAILED] == []
    assert {
        each.point for each in report.findings if each.verdict == NOT_TRIED
    } == set()  # left by the form of the page
    assert report.is_good
