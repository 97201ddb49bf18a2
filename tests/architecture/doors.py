"""One door for each danger: the few modules through which time, chance, ciphers, network and transactions are reached."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.architecture.source import Complaint, Module, within


@dataclass(frozen=True)
class Door:
    """Names that may be reached from these modules only."""

    danger: str
    names: tuple[str, ...]
    modules: tuple[str, ...]

    def __call__(self, module: Module) -> Iterator[Complaint]:
        if any(within(module.name, allowed) for allowed in self.modules):
            return
        seen = set()
        for line, used in module.uses():
            if (line, self.danger) not in seen and any(within(used, name) for name in self.names):
                seen.add((line, self.danger))
                yield module.complain(line, f"{used}: {self.danger} is reached through {' or '.join(self.modules)}")


TIME = Door(
    "time",
    (
        "time.time",
        "time.time_ns",
        "time.monotonic",
        "time.monotonic_ns",
        "time.sleep",
        "time.perf_counter",
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.datetime.today",
        "datetime.date.today",
        "zoneinfo",
    ),
    ("idp.core.clock",),
)
CHANCE = Door(
    "randomness and digests", ("random", "secrets", "uuid", "hashlib", "hmac", "os.urandom"), ("idp.core.ids",)
)
CIPHERS = Door(
    "a cipher",
    ("cryptography", "argon2", "bcrypt", "Crypto", "nacl", "gmalg"),
    # certificates: X.509 is read and verified in one place; rsa_keys and partner_certificates: those of counterparts outside,
    # whose signatures are made and checked on the wire (`signing` holds the keys of our own tokens and no other);
    # sm2: the one algorithm that comes from a library of its own; foreign_passwords: hashes as other systems wrote them
    (
        "idp.core.crypto",
        "idp.core.signing",
        "idp.core.passwords",
        "idp.core.foreign_passwords",
        "idp.core.certificates",
        "idp.core.rsa_keys",
        "idp.core.partner_certificates",
        "idp.core.sm2",
    ),
)
ENVIRONMENT = Door(
    "the environment",
    ("os.environ", "os.environb", "os.getenv", "os.putenv"),
    # `serve` hands one variable of the metrics library down to its processes.
    ("idp.config", "idp.cli.serving"),
)
OUTBOUND = Door(
    "outbound HTTP",
    ("requests", "urllib3", "urllib.request", "http.client", "httpx", "socket", "AntiSSRF"),
    # The wire to the store reads and writes a socket that redis-py opened: no HTTP, and no address of its own.
    ("idp.core.http", "idp.core.transport", "idp.store.wire"),
)
REDIS = Door("Redis", ("redis", "fakeredis"), ("idp.store.redis",))
AUTHLIB = Door("Authlib", ("authlib",), ("idp.oidc",))
# Tokens from outside have one reader, those to sites one writer (docs/decisions); the others hold keys. The trail signs its own.
JOSE = Door(
    "a signed or encrypted token",
    ("joserfc", "authlib.jose"),
    # The reader lies at the bottom: sources of proof read tokens of others too.
    ("idp.core.jwt", "idp.oidc.jwt", "idp.audit.chain"),
)
FLASK_CONTEXT = Door(
    "the request",
    (
        "flask.request",
        "flask.session",
        "flask.g",
        "flask.current_app",
        "flask.has_request_context",
        "flask.globals",
        "flask.has_app_context",
    ),
    ("idp.edge", "idp.oidc.endpoints", "idp.web", "idp.admin", "idp.workbench", "idp.front", "idp.db.migrations.env"),
)
DOORS = (TIME, CHANCE, CIPHERS, ENVIRONMENT, OUTBOUND, REDIS, AUTHLIB, JOSE, FLASK_CONTEXT)

_COMMITTERS = ("idp.db.unit_of_work", "idp.db.migrations")
_TRANSACTIONAL = {"db", "session", "connection", "conn", "engine", "database"}


def commits_in_one_place(module: Module) -> Iterator[Complaint]:
    """A transaction ends where the unit of work says, nowhere else; services flush."""
    if any(within(module.name, allowed) for allowed in _COMMITTERS):
        return
    for line, receiver, name in module.calls_of_methods():
        if name in {"commit", "rollback", "begin_nested"} or (name == "begin" and receiver in _TRANSACTIONAL):
            yield module.complain(line, f".{name}() belongs to idp.db.unit_of_work")
