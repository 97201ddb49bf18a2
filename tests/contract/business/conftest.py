"""The registers of organisations configured for the sandbox."""

from dataclasses import dataclass

import pytest

from idp.core.deadline import Deadline
from idp.core.identifiers import Uscc
from idp.core.secret import Secret
from idp.realname.adapters import business
from idp.realname.adapters.business import (
    CivilAffairsOptions,
    LibraryOptions,
    SamrOptions,
    SamrRegister,
    StaffingOfficeOptions,
)
from idp.realname.ports import OrganisationRegister
from idp.realname.sources import Tools
from idp.store.redis import open_store
from tests.contract.population.asking import RecordingHttp
from tests.sandbox import agreed, wire
from tests.sandbox.served import ServedSandbox


@pytest.fixture
def http() -> RecordingHttp:
    return RecordingHttp()


@pytest.fixture
def tools(http: RecordingHttp) -> Tools:
    return Tools(http, open_store(""), "http://localhost:8000")


@pytest.fixture
def channel() -> str:
    return "provincial"


_ISSUED = {
    "provincial": {"app_id": wire.APP_ID, "app_key": Secret(wire.APP_KEY)},
    "national": {
        "app_id": "RID-SANDBOX-001",
        "app_key": Secret("sandbox-appkey-0001"),
        "query_service": "s_1200003200000_2158",
        "verification_service": "s_1200003200000_2157",
    },
}


@pytest.fixture
def options(sandbox: ServedSandbox, channel: str) -> SamrOptions:
    return SamrOptions(
        endpoint=sandbox.url,
        channel=channel,
        **_ISSUED[channel],
        basic_user=agreed.PARTS["business"]["basic_user"],
        basic_password=Secret(agreed.PARTS["business"]["basic_password"]),
    )


def register_of(options: SamrOptions, http: RecordingHttp) -> SamrRegister:
    return SamrRegister(options, options.open_road(http, open_store("")))


@pytest.fixture
def samr(options: SamrOptions, http: RecordingHttp) -> SamrRegister:
    return register_of(options, http)


@dataclass(frozen=True)
class Registers:
    samr: OrganisationRegister
    civil_affairs: OrganisationRegister
    staffing_office: OrganisationRegister

    def all(self) -> tuple[OrganisationRegister, ...]:
        return self.samr, self.civil_affairs, self.staffing_office


@pytest.fixture
def registers(options: SamrOptions, tools: Tools) -> Registers:
    issued = {"endpoint": options.endpoint, "app_id": options.app_id, "app_key": options.app_key}
    sources = (
        business.SAMR.build("business", options, tools),
        business.CIVIL_AFFAIRS.build("civil_affairs", CivilAffairsOptions(**issued), tools),
        business.STAFFING_OFFICE.build("staffing_office", StaffingOfficeOptions(**issued), tools),
    )
    return Registers(*(source.register for source in sources))


@pytest.fixture
def library(sandbox: ServedSandbox) -> LibraryOptions:
    return LibraryOptions(
        endpoint=sandbox.url, app_id="zj-app-001", app_key=Secret("zj-secret-001"), allow_weak_signatures=True
    )


@pytest.fixture
def library_register(library: LibraryOptions, tools: Tools) -> OrganisationRegister:
    return business.LIBRARY.build("legal_entity_library", library, tools).register


def look_up(register: OrganisationRegister, code: str, seconds: float = 8):
    return register.look_up(Uscc.parse(code), Deadline.after(seconds))


def verify(register: OrganisationRegister, code: str, name: str, head: str, seconds: float = 8, **more):
    return register.verify(
        name=name, uscc=Uscc.parse(code), legal_representative=head, deadline=Deadline.after(seconds), **more
    )
