"""A call ends with its deadline, whatever the peer, its DNS or a stranger's cookie would like."""

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from idp.core.deadline import Deadline
from idp.core.http import GuardedClient, HttpClient, HttpUnavailable

LOOPBACK = ("127.0.0.0/8", "::1/128")
SECONDS = 0.6
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n"
Talk = Callable[[socket.socket, threading.Event], None]


class Peer:
    """A server on loopback that says what `talk` says to each connection."""

    def __init__(self, talk: Talk, tls: ssl.SSLContext | None = None) -> None:
        self._talk, self._tls, self._over = talk, tls, threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        scheme = "http" if tls is None else "https"
        self.port = self._listening.getsockname()[1]
        self.url = f"{scheme}://127.0.0.1:{self.port}/"
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._answer, args=(connection,), daemon=True))
            self._threads[-1].start()

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(2)
        with contextlib.suppress(OSError), connection:
            if self._tls is None:
                self._talk(connection, self._over)
                return
            with self._tls.wrap_socket(connection, server_side=True) as secured:
                self._talk(secured, self._over)

    def close(self) -> None:
        self._over.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(5)


def dripping(at_once: bytes, drop: bytes) -> Talk:
    def talk(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(at_once)
        while not over.wait(0.2):
            connection.sendall(drop)

    return talk


def saying_nothing(connection: socket.socket, over: threading.Event) -> None:
    over.wait(20)


DRIPS = {
    "status": dripping(b"", b"H"),
    "headers": dripping(b"HTTP/1.1 200 OK\r\nX-Long: ", b"a"),
    "body": dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"a"),
    "body until the end": dripping(b"HTTP/1.0 200 OK\r\n\r\n", b"a"),
    "chunks": dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    "nothing": saying_nothing,
}


@pytest.fixture
def peers() -> Iterator[Callable[..., Peer]]:
    made: list[Peer] = []

    def make(talk: Talk, tls: ssl.SSLContext | None = None) -> Peer:
        made.append(Peer(talk, tls))
        return made[-1]

    yield make
    for peer in made:
        peer.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that signs itself, with its key, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "peer")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "peer.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def ask(client: HttpClient, url: str, seconds: float = SECONDS) -> bytes:
    return client.request("POST", url, headers={}, body=b"x", deadline=Deadline.after(seconds)).body


def refusal(client: HttpClient, url: str) -> str:
    began = time.monotonic()
    with pytest.raises(HttpUnavailable) as refused:
        ask(client, url)
    assert time.monotonic() - began < SECONDS + 2
    return refused.value.reason


@pytest.mark.parametrize("drip", DRIPS)
def test_a_peer_that_drips_is_left_at_the_deadline(peers: Callable[..., Peer], drip: str) -> None:
    peer = peers(DRIPS[drip])
    assert refusal(HttpClient(), peer.url) == "timeout"
    assert refusal(GuardedClient(LOOPBACK), peer.url) == "timeout"


@pytest.mark.parametrize("drip", ["headers", "body", "body until the end"])
def test_a_peer_that_drips_through_tls_is_left_too(
    peers: Callable[..., Peer], tls: ssl.SSLContext, certificate: Path, drip: str
) -> None:
    peer = peers(DRIPS[drip], tls)
    assert refusal(HttpClient(certificate), peer.url) == "timeout"
    assert refusal(GuardedClient(LOOPBACK, certificate), peer.url) == "timeout"


def test_a_tls_handshake_that_never_ends_is_left(peers: Callable[..., Peer], certificate: Path) -> None:
    def dripping_records(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(b"\x16\x03\x03\x40\x00")  # a long handshake record, byte by byte
        while not over.wait(0.2):
            connection.sendall(b"\x02")

    peer = peers(dripping_records)
    assert refusal(HttpClient(certificate), peer.url.replace("http:", "https:")) == "timeout"


def test_a_kept_connection_is_watched_as_a_new_one_is(peers: Callable[..., Peer]) -> None:
    def talk(connection: socket.socket, over: threading.Event) -> None:
        _whole_request(connection)
        connection.sendall(HEAD + b"answer")
        _whole_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not over.wait(0.2):
            connection.sendall(b"a")

    for client in (HttpClient(), GuardedClient(LOOPBACK)):
        peer = peers(talk)
        assert ask(client, peer.url) == b"answer"
        assert refusal(client, peer.url) == "timeout"


def _whole_request(connection: socket.socket) -> bool:
    """Read head and body of what `ask` sends, which may come in two pieces; False when the caller has left."""
    got = b""
    while not got.endswith(b"\r\n\r\nx"):
        if not (piece := connection.recv(65536)):
            return False
        got += piece
    return True


def test_a_client_goes_on_working_after_it_left_a_call(
    peers: Callable[..., Peer], tls: ssl.SSLContext, certificate: Path
) -> None:
    def talk(connection: socket.socket, over: threading.Event) -> None:
        while _whole_request(connection) and not over.is_set():
            connection.sendall(HEAD + b"answer")

    for client in (HttpClient(certificate), GuardedClient(LOOPBACK, certificate)):
        for good, bad in ((peers(talk), peers(DRIPS["body"])), (peers(talk, tls), peers(DRIPS["headers"], tls))):
            assert ask(client, good.url) == b"answer"
            assert refusal(client, bad.url) == "timeout"
            assert ask(client, good.url) == b"answer"


@pytest.mark.parametrize("client", [HttpClient(), GuardedClient(LOOPBACK)], ids=["trusted", "guarded"])
def test_dns_that_does_not_answer_is_left_at_the_deadline(client: HttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def resolve(*_a: object, **_k: object) -> list[object]:
        over.wait(20)
        raise socket.gaierror(socket.EAI_AGAIN, "no answer")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    try:
        assert refusal(client, "http://slow.example/") == "timeout"
    finally:
        over.set()


def test_a_sites_cookies_do_not_come_back(peers: Callable[..., Peer]) -> None:
    heard: list[bytes] = []

    def talk(connection: socket.socket, over: threading.Event) -> None:
        while (asked := connection.recv(65536)) and not over.is_set():
            heard.append(asked)
            connection.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: who=you; Path=/\r\nContent-Length: 0\r\n\r\n")

    for client in (HttpClient(), GuardedClient(LOOPBACK)):
        peer = peers(talk)
        ask(client, peer.url)
        ask(client, peer.url)
    assert len(heard) >= 4
    assert not any(b"cookie" in asked.lower() for asked in heard)


def test_plain_http_goes_to_allowed_networks_only(peers: Callable[..., Peer], monkeypatch: pytest.MonkeyPatch) -> None:
    """One private network that is allowed opens plain HTTP to that network, not to the whole internet."""
    reached: list[object] = []

    def connect(address: object, *_a: object, **_k: object) -> socket.socket:
        reached.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    assert refusal(GuardedClient(("10.0.0.0/8",)), "http://8.8.8.8/backchannel-logout") == "forbidden_address"
    assert refusal(GuardedClient(("10.0.0.0/8",)), "http://[2606:4700::1]/backchannel-logout") == "forbidden_address"
    assert reached == []
    assert refusal(GuardedClient(("10.0.0.0/8",)), "http://10.1.2.3/backchannel-logout") == "refused"
    assert refusal(GuardedClient(("10.0.0.0/8",)), "https://8.8.8.8/backchannel-logout") == "refused"
    assert reached == [("10.1.2.3", 80), ("8.8.8.8", 443)]
