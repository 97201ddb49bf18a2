"""Connections that end with the deadline of their call: look-up of the name, connecting, TLS, headers and body alike.

A read timeout counts anew with every byte, so that a peer which drips bytes could hold a call for as long as it likes.
Here a timer shuts the socket down under whoever is reading from it.
"""

import contextlib
import ipaddress
import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

import requests
from AntiSSRF import AntiSSRFError
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from idp.core.deadline import Deadline

T = TypeVar("T")
CONNECT_SECONDS = 5.0
_calls = threading.local()
logging.getLogger("urllib3").setLevel(logging.CRITICAL)  # its warnings quote addresses whole, secrets in queries too


class Watch:
    """One call of this thread: from entering to leaving, its socket is shut down when the deadline comes."""

    def __init__(self, deadline: Deadline) -> None:
        self.deadline = deadline
        self.was_cut = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(deadline.remaining(), self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        _calls.watch = self
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._timer.cancel()
        _calls.watch = None
        with self._lock:
            self._let_go()

    def hold(self, connected: socket.socket) -> None:
        """Watch over this connection, through a descriptor of our own: TLS takes over the socket, a response keeps it."""
        with self._lock:
            self._let_go()
            self._socket = socket.socket(fileno=os.dup(connected.fileno()))
            if self.was_cut:
                self._shut_down(self._socket)

    def _cut(self) -> None:
        with self._lock:
            self.was_cut = True
            if self._socket is not None:
                self._shut_down(self._socket)

    def _let_go(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    @staticmethod
    def _shut_down(connected: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the peer was quicker
            connected.shutdown(socket.SHUT_RDWR)


class PunctualAdapter(HTTPAdapter):
    """Opens connections that a Watch can end; with a guard, only to where the guard and the list for plain HTTP allow."""

    def __init__(self, guard: HTTPAdapter | None = None, plain_http: Sequence[str] = ()) -> None:
        super().__init__()
        self._guard = guard
        self._plain_http = [ipaddress.ip_network(network, strict=False) for network in plain_http]

    def init_poolmanager(self, *given: Any, **named: Any) -> None:
        super().init_poolmanager(*given, **named)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        if self._guard is None:
            return super().build_connection_pool_key_attributes(request, verify, cert)
        judged = partial(self._guard.build_connection_pool_key_attributes, request, verify, cert)
        target, pool = _within(_calls.watch.deadline, judged)  # the guard looks the name up
        if target["scheme"] == "http" and not self._may_be_plain(target["host"]):
            raise AntiSSRFError("plain HTTP is for expressly allowed networks only")
        return target, pool

    def _may_be_plain(self, host: str) -> bool:
        address = ipaddress.ip_address(host)
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in network for network in self._plain_http)


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _open(self)

    def request(self, *given: Any, **named: Any) -> None:
        _hold(self)
        super().request(*given, **named)


class _TlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _open(self)

    def request(self, *given: Any, **named: Any) -> None:
        _hold(self)
        super().request(*given, **named)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


def _open(connection: HTTPConnection) -> socket.socket:
    """A connected socket, held by the watch before TLS begins on it."""
    watch: Watch = _calls.watch
    look_up = partial(socket.getaddrinfo, connection.host, connection.port, 0, socket.SOCK_STREAM)
    try:
        found = look_up() if _is_literal(connection.host) else _within(watch.deadline, look_up)
    except socket.gaierror as unknown:
        raise NameResolutionError(connection.host, connection, unknown) from unknown
    problem: OSError = OSError("the name has no address")
    for _family, _kind, _protocol, _name, address in found:
        patience = min(CONNECT_SECONDS, watch.deadline.remaining())
        if patience <= 0:
            problem = TimeoutError()
            break
        try:
            connected = socket.create_connection((str(address[0]), int(address[1])), patience)
        except OSError as lost:
            problem = lost
            continue
        for option in connection.socket_options or ():
            connected.setsockopt(*option)
        watch.hold(connected)
        return connected
    if isinstance(problem, TimeoutError):
        raise ConnectTimeoutError(connection, "connecting took too long") from problem
    raise NewConnectionError(connection, str(problem)) from problem


def _hold(connection: HTTPConnection) -> None:
    """A connection that was kept open since an earlier call belongs to this call now."""
    if connection.sock is not None:
        _calls.watch.hold(connection.sock)


def _within(deadline: Deadline, work: Callable[[], T]) -> T:
    """The result of work that knows no timeout (the system's resolver); TimeoutError when it is not there in time."""
    result: Future[T] = Future()

    def fulfil() -> None:
        try:
            result.set_result(work())
        except BaseException as failed:  # noqa: BLE001 - raised where the result is awaited
            result.set_exception(failed)

    threading.Thread(target=fulfil, name="look-up", daemon=True).start()
    return result.result(timeout=deadline.remaining())


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
