"""The one door to Redis: typed records under digested keys, atomic take, rate counters and breaker states.

`open_store("")` runs the same code on an embedded server (fakeredis) for one process. Each thread keeps one
connection; each call costs one round trip; every key stands alone, so that a cluster works. A server that does
not answer raises StoreUnavailable, never an empty answer; so does a request whose deadline is over.
"""

import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from idp.core import deadline, ids
from idp.core.errors import StoreUnavailable
from idp.store.records import Record

R = TypeVar("R", bound=Record)

# A sliding window counter: the previous window counts by the share of it that still lies within the last period.
_HIT = """
local now, period, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local window = math.floor(now / period)
local stored = redis.call('HMGET', KEYS[1], 'w', 'c', 'p')
local w, c, p = tonumber(stored[1] or -2), tonumber(stored[2] or 0), tonumber(stored[3] or 0)
if w == window - 1 then p, c = c, 0 elseif w ~= window then p, c = 0, 0 end
local used = c + p * (1 - (now % period) / period)
if used + 1 > limit then return math.ceil(period - now % period) end
redis.call('HSET', KEYS[1], 'w', window, 'c', c + 1, 'p', p)
redis.call('EXPIRE', KEYS[1], period * 2)
return 0
"""


class Store:
    """Short-lived records; losing all of them costs journeys in flight and nothing else."""

    def __init__(self, connect: Callable[[], redis.Redis], *, embedded: bool) -> None:
        self._connect = connect
        self._local = threading.local()
        self.is_embedded = embedded

    def put(self, key: str, record: Record, *, seconds: int | None = None) -> None:
        """Keep `record` under `key` for its lifetime, replacing what was there."""
        self._do(lambda r: r.set(_name(type(record), key), record.to_bytes(), ex=seconds or record.SECONDS))

    def replace(self, key: str, record: Record) -> bool:
        """Change a record that is still there, without giving it a longer life; False when it is gone."""
        return bool(self._do(lambda r: r.set(_name(type(record), key), record.to_bytes(), xx=True, keepttl=True)))

    def add(self, key: str, record: Record, *, seconds: int | None = None) -> bool:
        """Keep it only if the key is free; of any number of callers one gets True."""
        name = _name(type(record), key)
        return bool(self._do(lambda r: r.set(name, record.to_bytes(), ex=seconds or record.SECONDS, nx=True)))

    def get(self, kind: type[R], key: str) -> R | None:
        raw = self._do(lambda r: r.get(_name(kind, key)))
        return kind.from_bytes(raw) if raw is not None else None

    def take(self, kind: type[R], key: str) -> R | None:
        """Get and delete in one step; of any number of callers one gets the record."""
        raw = self._do(lambda r: r.getdel(_name(kind, key)))
        return kind.from_bytes(raw) if raw is not None else None

    def delete(self, kind: type[Record], key: str) -> None:
        self._do(lambda r: r.delete(_name(kind, key)))

    def hit(self, counter: str, *, limit: int, period: int, now: float) -> int:
        """Count one event of a sliding window; 0 when within `limit` per `period` seconds, else the seconds to wait."""
        name = f"idp:rate:{ids.digest(counter)}"
        return int(cast(int, self._do(lambda r: self._script(r)(keys=[name], args=[now, period, limit], client=r))))

    def ping(self) -> None:
        """StoreUnavailable when the server does not answer."""
        self._do(lambda r: r.ping())

    def _script(self, client: redis.Redis) -> Any:
        if (script := getattr(self._local, "hit", None)) is None:
            script = self._local.hit = client.register_script(_HIT)
        return script

    def _do(self, command: Callable[[redis.Redis], Any]) -> Any:
        if deadline.is_over():
            raise StoreUnavailable
        try:
            if (client := getattr(self._local, "client", None)) is None:
                client = self._local.client = self._connect()
            return command(client)
        except redis.RedisError as lost:
            raise StoreUnavailable from lost


def open_store(url: str) -> Store:
    """The store at a `redis://` or `rediss://` URL, or an embedded one when the URL is empty."""
    if not url:
        import fakeredis  # only an embedded store needs it

        server = fakeredis.FakeServer()
        return Store(lambda: fakeredis.FakeRedis(server=server), embedded=True)

    def connect() -> redis.Redis:
        return redis.Redis.from_url(
            url,
            single_connection_client=True,
            socket_connect_timeout=1.0,
            socket_timeout=1.0,
            retry=Retry(ExponentialBackoff(cap=0.1, base=0.02), 2),
            health_check_interval=0,
        )

    return Store(connect, embedded=False)


def _name(kind: type[Record], key: str) -> str:
    return f"idp:{kind.KIND}:{ids.digest(key)}"
