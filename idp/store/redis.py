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

# A sliding window counter: the previous window counts by the share of it that still lies within the last period. The
# wait ends when c + p * share + 1 <= limit; when this window alone is full, in the next one, where c has become p.
_HIT = """
local now, period, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local window = math.floor(now / period)
local stored = redis.call('HMGET', KEYS[1], 'w', 'c', 'p')
local w, c, p = tonumber(stored[1] or -2), tonumber(stored[2] or 0), tonumber(stored[3] or 0)
if w == window - 1 then p, c = c, 0 elseif w ~= window then p, c = 0, 0 end
local elapsed = now % period
if c + p * (1 - elapsed / period) + 1 > limit + 1e-6 then
  local free = limit - 1 - c
  if free >= 0 then return math.max(1, math.ceil(period * (1 - free / p) - elapsed)) end
  return math.ceil(period - elapsed + period * math.max(0, 1 - (limit - 1) / c))
end
redis.call('HSET', KEYS[1], 'w', window, 'c', c + 1, 'p', p)
redis.call('EXPIRE', KEYS[1], period * 2)
return 0
"""

# Takes back an event of the window that `now` lies in, wherever that window has moved meanwhile.
_GIVE_BACK = """
local window = math.floor(tonumber(ARGV[1]) / tonumber(ARGV[2]))
local w = tonumber(redis.call('HGET', KEYS[1], 'w') or -2)
local member = w == window and 'c' or w == window + 1 and 'p'
if member and tonumber(redis.call('HGET', KEYS[1], member)) > 0 then redis.call('HINCRBY', KEYS[1], member, -1) end
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
        return int(
            cast(int, self._do(lambda r: self._script(r, _HIT)(keys=[name], args=[now, period, limit], client=r)))
        )

    def give_back(self, counter: str, *, period: int, now: float) -> None:
        """Take back an event that was counted at `now` and came to nothing."""
        name = f"idp:rate:{ids.digest(counter)}"
        self._do(lambda r: self._script(r, _GIVE_BACK)(keys=[name], args=[now, period], client=r))

    def ping(self) -> None:
        """StoreUnavailable when the server does not answer."""
        self._do(lambda r: r.ping())

    def _script(self, client: redis.Redis, text: str) -> Any:
        known: dict[str, Any] = self._local.__dict__.setdefault("scripts", {})
        if (script := known.get(text)) is None:
            script = known[text] = client.register_script(text)
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
