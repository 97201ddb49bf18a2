"""The one door to Redis: typed records under digested keys, atomic take, rate counters and breaker states.

`open_store("")` runs the same code on an embedded server (fakeredis) for one process. Each thread keeps one
connection (`idp.store.wire`); each call costs one round trip; every key stands alone, so that a cluster works. A server that does
not answer raises StoreUnavailable, never an empty answer; so does a request whose deadline is over.
"""

import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from idp.core import deadline, ids
from idp.core.errors import StoreUnavailable
from idp.store import wire
from idp.store.records import Record
from idp.store.wire import Link, Part, Reply

_SECONDS = 1.0
_TRIES = 3
"""Each after the first on a new connection; a frozen server is given up after three seconds."""

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

# How often one caller may come: too early, and it must wait longer from now on (RFC 8628 §3.5). Half a second is forgiven.
_PACE = """
local now, interval, step = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local stored = redis.call('HMGET', KEYS[1], 'at', 'interval')
interval = tonumber(stored[2] or interval)
local too_early = stored[1] and now < tonumber(stored[1]) + interval - 0.5
if too_early then interval = interval + step end
redis.call('HSET', KEYS[1], 'at', ARGV[1], 'interval', interval)
redis.call('EXPIRE', KEYS[1], ARGV[4])
return too_early and interval or 0
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

    def __init__(self, connect: Callable[[], Link], *, embedded: bool) -> None:
        self._connect = connect
        self._local = threading.local()
        self.is_embedded = embedded

    def put(self, key: str, record: Record, *, seconds: int | None = None) -> None:
        """Keep `record` under `key` for its lifetime, replacing what was there."""
        self._do("SET", _name(type(record), key), record.to_bytes(), "EX", seconds or record.SECONDS)

    def replace(self, key: str, record: Record) -> bool:
        """Change a record that is still there, without giving it a longer life; False when it is gone."""
        return bool(self._do("SET", _name(type(record), key), record.to_bytes(), "XX", "KEEPTTL"))

    def add(self, key: str, record: Record, *, seconds: int | None = None) -> bool:
        """Keep it only if the key is free; of any number of callers one gets True."""
        name = _name(type(record), key)
        return bool(self._do("SET", name, record.to_bytes(), "EX", seconds or record.SECONDS, "NX"))

    def get(self, kind: type[R], key: str) -> R | None:
        raw = self._do("GET", _name(kind, key))
        return kind.from_bytes(raw) if isinstance(raw, bytes) else None

    def take(self, kind: type[R], key: str) -> R | None:
        """Get and delete in one step; of any number of callers one gets the record."""
        raw = self._do("GETDEL", _name(kind, key))
        return kind.from_bytes(raw) if isinstance(raw, bytes) else None

    def delete(self, kind: type[Record], key: str) -> None:
        self._do("DEL", _name(kind, key))

    def hit(self, counter: str, *, limit: int, period: int, now: float) -> int:
        """Count one event of a sliding window; 0 when within `limit` per `period` seconds, else the seconds to wait."""
        return int(self._run(_HIT, f"idp:rate:{ids.digest(counter)}", now, period, limit) or 0)

    def pace(self, caller: str, *, interval: int, step: int, seconds: int, now: float) -> int:
        """Note that `caller` came; 0 unless it came before its interval was over, else the interval, by then longer.

        It is remembered for `seconds` after its last coming.
        """
        return int(self._run(_PACE, f"idp:pace:{ids.digest(caller)}", now, interval, step, seconds) or 0)

    def give_back(self, counter: str, *, period: int, now: float) -> None:
        """Take back an event that was counted at `now` and came to nothing."""
        self._run(_GIVE_BACK, f"idp:rate:{ids.digest(counter)}", now, period)

    def ping(self) -> None:
        """StoreUnavailable when the server does not answer."""
        self._do("PING")

    def _do(self, *parts: Part) -> Reply:
        return self._on_a_link(lambda link: link.command(*parts))

    def _run(self, script: str, key: str, *args: Part) -> Reply:
        return self._on_a_link(lambda link: link.script(script, key, *args))

    def _on_a_link(self, work: Callable[[Link], Reply]) -> Reply:
        """Do it on this thread's connection, and on a new one when that has broken."""
        lost: Exception | None = None
        for _ in range(_TRIES):
            if deadline.is_over():
                raise StoreUnavailable
            try:
                if (link := getattr(self._local, "link", None)) is None:
                    link = self._local.link = self._connect()
                return work(link)
            except (wire.Broken, redis.ConnectionError, redis.TimeoutError) as broken:
                self._local.link, lost = None, broken
            except (wire.Refused, redis.RedisError) as refused:
                self._local.link = None  # it may be a server that was the primary a moment ago
                raise StoreUnavailable from refused
        raise StoreUnavailable from lost


class _Embedded:
    """A Link to the embedded server."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._scripts: dict[str, Any] = {}

    def command(self, *parts: Part) -> Reply:
        return cast(Reply, self._client.execute_command(*parts))  # type: ignore[no-untyped-call]

    def script(self, text: str, key: str, *args: Part) -> Reply:
        if text not in self._scripts:
            self._scripts[text] = self._client.register_script(text)
        return cast(Reply, self._scripts[text](keys=[key], args=list(args)))


def open_store(url: str) -> Store:
    """The store at a `redis://` or `rediss://` URL, or an embedded one when the URL is empty."""
    if not url:
        import fakeredis  # only an embedded store needs it

        server = fakeredis.FakeServer()
        return Store(lambda: _Embedded(fakeredis.FakeRedis(server=server)), embedded=True)

    def connect() -> Link:
        # The pool knows what the URL means; it is never given anything back, and would count.
        pool = redis.ConnectionPool.from_url(
            url,
            protocol=2,
            socket_connect_timeout=_SECONDS,
            socket_timeout=_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        made: Any = pool.make_connection()
        made.connect()
        connected, made._sock = made._sock, None  # or it would close the socket at its own end
        return wire.Wire(connected, seconds=_SECONDS)

    return Store(connect, embedded=False)


def _name(kind: type[Record], key: str) -> str:
    return f"idp:{kind.KIND}:{ids.digest(key)}"
