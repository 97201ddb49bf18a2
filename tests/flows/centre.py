"""A whole installation served over HTTP inside this process, so that its clock can be moved and its rooms be looked at."""

import base64
import dataclasses
import io
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import structlog
from sqlalchemy import func, select
from werkzeug.serving import WSGIRequestHandler, make_server

from idp.app import create_app
from idp.audit.models import AuditEntry
from idp.audit.trail import Actor
from idp.config import Settings
from idp.core import logging, passwords
from idp.core.deadline import Deadline
from idp.core.secret import Secret
from idp.db.base import Model
from idp.edge.services import Services
from idp.oidc import resource_servers
from idp.oidc.jwt import keys
from idp.oidc.registration import clients
from idp.policies.built_in import CURRENT
from idp.realname.ports import Applicant, AssuranceLevel, Capability, Outcome, Source, SubjectKind, Verified
from idp.realname.sources import Sources
from launcher import machine
from tests.contract.durable import MASTER, durable, look_again
from tests.flows import people
from tests.flows.people import Person

PASSWORD = "grün-Lampe-71-schirm"
_HASH = passwords.hash_password(PASSWORD)
_streams: list[IO[bytes]] = []
OPERATOR = Actor("operator", "test")


class ScriptedRegistry:
    """A population registry that answers what it was told to, at first that everybody is who they say."""

    source, channel = "population", "scripted"
    capability = Capability(
        SubjectKind.NATURAL_PERSON, frozenset({"name", "resident_id"}), AssuranceLevel.ON_RECORD, "electronic_record"
    )

    def __init__(self) -> None:
        self.answer: Outcome = Verified(frozenset({"name", "resident_id"}))

    def verify(self, applicant: Applicant, deadline: Deadline) -> Outcome:
        return self.answer


class Centre:
    """The running service as its makers see it; sites and browsers get its issuer only."""

    def __init__(self, settings: Settings, more: tuple[Source, ...] = ()) -> None:
        self.settings = settings
        self.registry = ScriptedRegistry()
        registries = (Source(self.registry.source, "人口库", check=self.registry),)
        self.app = create_app(settings, Sources((*registries, *more)))
        _note_log()
        self.services: Services = self.app.extensions["idp"]

    @property
    def issuer(self) -> str:
        return self.settings.issuer

    def close(self) -> None:
        self.services.database.engine.dispose()

    def register_client(
        self, metadata: dict[str, Any], *, release_basis: str = clients.STATUTORY_DUTY
    ) -> tuple[str, str | None]:
        with self.services.database.transaction() as db:
            registered = clients.register(
                db,
                self.services.trail,
                metadata,
                keyring=self.services.keyring,
                release_basis=release_basis,
                actor=OPERATOR,
            )
        self.see_changes()
        return registered

    def register_resource(self, identifier: str, *scopes: str, **members: Any) -> None:
        with self.services.database.transaction() as db:
            resource_servers.add(
                db, self.services.trail, identifier, keyring=self.services.keyring, issuer=self.issuer,
                name="测试接口", scopes=scopes, actor=OPERATOR, **members,
            )  # fmt: skip
        self.see_changes()

    def change_resource(self, identifier: str, **changes: Any) -> None:
        s = self.services
        with s.database.transaction() as db:
            resource_servers.update(db, s.trail, identifier, keyring=s.keyring, actor=OPERATOR, **changes)
        self.see_changes()

    def disable_client(self, client_id: str) -> None:
        with self.services.database.transaction() as db:
            clients.set_state(db, self.services.trail, client_id, "disabled", actor=OPERATOR)
        self.see_changes()

    def see_changes(self) -> None:
        """What every process sees within a second, at once."""
        provider = self.services.provider
        look_again(provider.clients._known, provider.keys._current, provider.resource_servers._known)
        provider.access_tokens.recently.clear()

    def person(self, *, ial: int = 0) -> Person:
        """Somebody with a verified phone and a known password, proven where `ial` says so."""
        number = people.next_number()
        who = Person(
            "",
            f"probe{number:04d}user",
            f"1990001{number:04d}",
            PASSWORD,
            people.name_of(number),
            people.resident_id_of(number),
        )
        with self.services.database.quick() as db:
            account_id = self.services.accounts.register(
                db, phone=who.phone, username=who.username, password_hash=_HASH, agreements=CURRENT,
                locale="zh_CN", channel="web",
            )  # fmt: skip
        who = dataclasses.replace(who, account_id=account_id)
        if ial:
            self.prove(who)
        return who

    def prove(self, who: Person) -> None:
        self.services.identity_proof.prove(
            who.account_id, name=who.name, resident_id=who.resident_id, client_id=None,
            address=f"10.77.{people.next_number() % 250}.1", deadline=Deadline.after(5),
        )  # fmt: skip

    def freeze(self, who: Person) -> None:
        with self.services.database.transaction() as db:
            assert self.services.lifecycle.freeze(db, who.account_id, actor=OPERATOR, reason="test")

    def deliver(self) -> int:
        """One round of the worker."""
        return self.services.worker.run_once()

    def rows(self, *models: type[Model]) -> dict[str, int]:
        """How many rows the tables hold; of all tables when none are named."""
        tables = [model.__table__ for model in models] or list(Model.metadata.tables.values())
        counts = [select(func.count()).select_from(table).scalar_subquery().label(table.name) for table in tables]
        with self.services.database.view() as db:
            return dict(db.execute(select(*counts)).mappings().one())

    def audited(self, act: str, **members: str) -> list[AuditEntry]:
        with self.services.database.view() as db:
            conditions = [getattr(AuditEntry, name) == value for name, value in members.items()]
            return list(
                db.scalars(select(AuditEntry).where(AuditEntry.act == act, *conditions).order_by(AuditEntry.id))
            )


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - as in the base class
        """The service writes its own line per request."""


@contextmanager
def served(app: Any, port: int) -> Iterator[None]:
    """A WSGI application on a loopback port, each connection in its own thread."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def settings_for(database_url: str, redis_url: str, port: int, **changes: Any) -> Settings:
    """Settings of a test installation behind a proxy on this machine, which may call sites on loopback."""
    return Settings(
        issuer=changes.pop("issuer", f"http://localhost:{port}"),
        database_url=database_url,
        redis_url=redis_url,
        master_key=Secret(base64.urlsafe_b64encode(MASTER).decode()),
        trusted_proxies=changes.pop("trusted_proxies", ("127.0.0.1/32",)),
        outbound_allow=changes.pop("outbound_allow", ("127.0.0.0/8", "::1/128")),
        database_pool=changes.pop("database_pool", 30),
        client_registration=changes.pop("client_registration", "token"),
        **changes,
    )


def install(database_url: str) -> None:
    """Make tables and keys in an empty database."""
    with durable(database_url) as base, base.database.transaction() as db:
        keys.ensure(db, base.keyring, base.trail)


@contextmanager
def open_centre(
    database_url: str, redis_url: str, *, more: tuple[Source, ...] = (), **changes: Any
) -> Iterator[Centre]:
    """An installed service that answers at its issuer."""
    install(database_url)
    port = machine.free_port()
    centre = Centre(settings_for(database_url, redis_url, port, **changes), more)
    with served(centre.app, port):
        yield centre
    centre.close()


def _note_log() -> IO[bytes]:
    stream: IO[bytes] = structlog.get_config()["logger_factory"]._file
    if stream not in _streams:
        _streams.append(stream)  # the service keeps its log open for good
    return stream


def keep_logging_to(path: Path) -> None:
    """Log there again, after a test has run something in this process that logged elsewhere."""
    held = getattr(structlog.get_config()["logger_factory"], "_file", None)
    if str(getattr(held, "name", "")) != str(path) or getattr(held, "closed", False):
        logging.configure(path)
        _note_log()


def close_logs() -> None:
    """Send what is still logged nowhere, and close every log that a service of this process opened."""
    structlog.configure(logger_factory=structlog.BytesLoggerFactory(file=io.BytesIO()))
    for stream in _streams:
        if stream is not sys.stderr.buffer:
            stream.close()
