"""Boot refusals: everything that must not be served, said at once, each with the setting to change and what to do instead."""

import ipaddress
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from idp import config
from idp.config import Settings
from idp.core import crypto
from idp.core.certificates import TrustAnchors
from idp.core.errors import ConfigurationError, StoreUnavailable
from idp.core.http import HttpClient
from idp.db import keyring, migrations
from idp.db.unit_of_work import Database
from idp.realname import blocks, policy, sources
from idp.realname.sources import Tools
from idp.store.redis import Store, open_store

Role = Literal["serve", "worker", "command"]
_WIDEST_TRUSTED = {4: 8, 6: 16}  # prefix lengths by version of IP: the widest network that one operator has inside


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: the setting's name, and a sentence that says what to do. Only fatal ones stop the boot."""

    setting: str
    sentence: str
    is_fatal: bool = True

    def __str__(self) -> str:
        return f"{self.setting}: {self.sentence}"


class BootRefused(ConfigurationError):
    """The service does not start like this."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def refuse_unless_sound(
    settings: Settings, *, role: Role, database: Database | None = None, store: Store | None = None
) -> None:
    """Raise BootRefused with every fatal problem of the settings and, where given, of the database and the store."""
    fatal = [problem for problem in problems(settings, role=role, database=database, store=store) if problem.is_fatal]
    if fatal:
        raise BootRefused(fatal)


def refuse_unless_made(settings: Settings, database: Database) -> None:
    """Raise BootRefused when `init` has not made this database, for this release and this master key."""
    if found := list(_of_the_database(settings, database)):
        raise BootRefused(found)


def problems(
    settings: Settings, *, role: Role = "serve", database: Database | None = None, store: Store | None = None
) -> list[Problem]:
    """All problems, fatal or not."""
    found = [
        *_of_the_form(settings, role),
        *_of_the_edge(settings),
        *_of_the_demonstration(settings),
        *_of_the_codes(settings, role),
        *_of_the_registration(settings),
        *_of_the_proofs(settings),
        *_of_the_master_key(settings),
    ]
    if database is not None:
        found += _of_the_database(settings, database)
    if store is not None:
        found += _of_the_store(store)
    return found


def _of_the_form(settings: Settings, role: Role) -> Iterator[Problem]:
    """What one process can do alone, several cannot."""
    if not settings.redis_url and settings.workers > 1:
        yield Problem(
            "IDP_REDIS_URL",
            f"is empty, so short-lived state lives inside one process, but IDP_WORKERS is {settings.workers}; "
            "give a redis:// URL, or set IDP_WORKERS=1 and raise IDP_THREADS",
        )
    if not settings.redis_url and role == "worker":
        yield Problem(
            "IDP_REDIS_URL",
            "is empty, so a worker in its own process would not see the service's short-lived state; "
            "give a redis:// URL, or leave IDP_EMBEDDED_WORKER=true and let `serve` deliver",
        )
    if settings.database_url.startswith("sqlite:") and settings.database_url in {"sqlite://", "sqlite:///:memory:"}:
        yield Problem(
            "IDP_DATABASE_URL", "a database in memory forgets everything; give sqlite:///path or postgresql://…"
        )


def _of_the_edge(settings: Settings) -> Iterator[Problem]:
    issuer_host = urlsplit(settings.issuer).hostname or ""
    if not settings.is_https and not _is_loopback(issuer_host):
        yield Problem("IDP_ISSUER", "plain http is for loopback only; give the https:// address that citizens use")
    for network in settings.trusted_proxies:
        parsed = ipaddress.ip_network(network)
        if parsed.prefixlen < _WIDEST_TRUSTED[parsed.version]:
            yield Problem(
                "IDP_TRUSTED_PROXIES",
                f"{network} lets far too many say who is calling; give the addresses of your proxies, like 10.0.3.7/32",
            )
    if settings.client_certificate_header and not settings.trusted_proxies:
        yield Problem(
            "IDP_CLIENT_CERTIFICATE_HEADER",
            "names a header that nobody is believed about; name the TLS proxy that sets it in IDP_TRUSTED_PROXIES",
        )
    if settings.client_ca_file is not None:
        try:
            TrustAnchors.of_file(settings.client_ca_file)
        except ConfigurationError as wrong:
            yield Problem("IDP_CLIENT_CA_FILE", str(wrong).partition(": ")[2])
    listening, listening_port = _host_and_port(settings.listen)
    if not listening_port:
        yield Problem("IDP_LISTEN", f"{settings.listen!r} is not host:port; give for example 127.0.0.1:8000")
    elif not _is_loopback(listening) and not settings.trusted_proxies:
        yield Problem(
            "IDP_LISTEN",
            f"{settings.listen} is reached from other machines without TLS; listen on 127.0.0.1 behind a proxy on this machine, "
            "or name the TLS proxy in front in IDP_TRUSTED_PROXIES",
        )
    if settings.metrics_listen:
        yield from _of_the_metrics(settings)


def _of_the_metrics(settings: Settings) -> Iterator[Problem]:
    host, port = _host_and_port(settings.metrics_listen)
    if not port:
        yield Problem(
            "IDP_METRICS_LISTEN", f"{settings.metrics_listen!r} is not host:port; give for example 127.0.0.1:9100"
        )
    elif settings.metrics_listen == settings.listen:
        yield Problem("IDP_METRICS_LISTEN", "is the same as IDP_LISTEN; give another port")
    elif not _is_private(host):
        yield Problem(
            "IDP_METRICS_LISTEN",
            f"{host} shows figures of the service to everybody; give 127.0.0.1 or this machine's address in the inner network",
        )


def _of_the_demonstration(settings: Settings) -> Iterator[Problem]:
    """A sandbox proves nothing about anybody: it must never stand behind a real service."""
    is_public = not _is_loopback(urlsplit(settings.issuer).hostname or "")
    if settings.sandbox and is_public:
        form = (("IDP_LISTEN", settings.listen, _is_loopback(_host_and_port(settings.listen)[0])),
                ("IDP_DATABASE_URL", "a database server", settings.database_url.startswith("sqlite:")),
                ("IDP_REDIS_URL", "a store server", not settings.redis_url))  # fmt: skip
        for name, what, is_demo in form:
            if not is_demo:
                yield Problem(
                    "IDP_SANDBOX",
                    f"is on while {name} ({what}) and IDP_ISSUER make this a real service, and the sandbox's authorities "
                    "confirm anybody; set IDP_SANDBOX=false and the addresses of the real authorities",
                )
    for name, url in (*_addresses_of_sources(settings), ("IDP_SMS_URL", settings.sms.url)):
        host = urlsplit(url).hostname or ""
        if url and is_public and not settings.sandbox and _is_loopback(host):
            yield Problem(
                name, "points at this machine, where only the sandbox answers; give the address of the real gateway"
            )
        if url and is_public and not settings.sandbox and url.startswith("http://") and not _is_private(host):
            yield Problem(name, "sends personal data in plain http across public networks; give an https:// address")
    if settings.sms.url and not settings.sms.app_key:
        yield Problem(
            "IDP_SMS_APP_KEY",
            "is empty while the address of that gateway is set; give it, or IDP_SMS_APP_KEY_FILE with a path",
        )


def _sources(settings: Settings) -> sources.Sources:
    if settings.sources_file is None:
        return sources.Sources()
    return sources.configured(blocks.load(settings.sources_file), Tools(HttpClient(), open_store(""), settings.issuer))


def _addresses_of_sources(settings: Settings) -> list[tuple[str, str]]:
    """Every address that a configured source calls or sends people to, with the name of its block."""
    built = _sources(settings)
    return [(f"IDP_SOURCES_FILE [{source.name}]", address) for source in built for address in source.addresses]


def _of_the_proofs(settings: Settings) -> Iterator[Problem]:
    """Nobody is left with their face as the only way (measures on face recognition of 2025, art. 10)."""
    offered = policy.offered_by(_sources(settings), {}, has_counter=settings.counter)
    for way in policy.without_another_way(offered):
        yield Problem(
            "IDP_SOURCES_FILE",
            f"[{way.source}] proves people by their face, and nothing else leads as far (IAL {way.level}); "
            "set IDP_COUNTER=true and name officers, or configure another source that needs no face",
            is_fatal=not settings.sandbox,
        )


def _of_the_codes(settings: Settings, role: Role) -> Iterator[Problem]:
    """Without a gateway no code reaches anybody, while the pages say it was sent."""
    if not settings.sms.url and role != "command":
        yield Problem(
            "IDP_SMS_URL",
            "is empty, so nobody gets a code: no registration, recovery or sign-in by phone; give the address of the gateway",
            is_fatal=not settings.sandbox,
        )


def _of_the_registration(settings: Settings) -> Iterator[Problem]:
    """Anybody may call a site whatever they like, so people are told the host of one that nobody has looked at."""
    if settings.client_registration == "open" and not settings.sandbox:
        yield Problem(
            "IDP_CLIENT_REGISTRATION",
            "is open, so anybody on the network may register a site; `token` lets in those to whom you gave a token "
            "(`python -m idp client token add`)",
            is_fatal=False,
        )


def _of_the_master_key(settings: Settings) -> Iterator[Problem]:
    material = config.master_key_material(settings)
    steps = {(second - first) % 256 for first, second in itertools.pairwise(material)}
    is_text = all(32 <= byte < 127 for byte in material)
    if len(set(material)) < 16 or len(steps) == 1 or is_text:
        yield Problem(
            "IDP_MASTER_KEY",
            "is not random (a word, a sequence or a repetition); take what `python -m idp init --new-master-key` prints",
        )


def _of_the_database(settings: Settings, database: Database) -> Iterator[Problem]:
    try:
        is_current = migrations.is_current(database)
    except Exception as failure:  # noqa: BLE001 - drivers fail in many ways, and each means the same here
        yield Problem(
            "IDP_DATABASE_URL",
            f"the database does not answer ({type(failure).__name__}); is it running, and is the address right?",
        )
        return
    if not is_current:
        yield Problem("IDP_DATABASE_URL", "the database is not at this release's schema; run `python -m idp init` once")
        return
    try:
        with database.view() as db:
            ring = keyring.load(db, crypto.master_key(config.master_key_material(settings), settings.crypto_suite))
    except ConfigurationError as wrong:
        yield Problem("IDP_MASTER_KEY", str(wrong).partition(": ")[2])
        return
    if missing := [purpose.value for purpose in crypto.Purpose if not ring.all_of(purpose)]:
        yield Problem(
            "IDP_DATABASE_URL", f"the database has no data key for {', '.join(missing)}; run `python -m idp init` once"
        )


def _of_the_store(store: Store) -> Iterator[Problem]:
    try:
        store.ping()
    except StoreUnavailable:
        yield Problem(
            "IDP_REDIS_URL", "the store does not answer; sign-ins are refused with 503 until it does", is_fatal=False
        )


def _host_and_port(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    return host.strip("[]"), int(port) if host and port.isascii() and port.isdigit() and 0 < int(port) < 65536 else 0


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _is_private(host: str) -> bool:
    """Loopback and the inner networks; a name is taken to be an inner one when it has no dot."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return _is_loopback(host) or "." not in host
    return address.is_private and not address.is_unspecified
