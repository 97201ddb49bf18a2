"""Counts round trips where they happen: a loopback proxy that sees each time a client speaks after having been answered."""

import contextlib
import socket
import threading


class TurnCounter:
    """A TCP proxy in front of a server; `turns` grows by one whenever a connection changes from answer to question.

    It knows no protocol, so that it serves PostgreSQL and Redis alike: what a client sends in one burst, pipelined or
    not, is one round trip.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.turns = 0
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.create_connection(self._target)
        for each in (client, server):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        was_answered = threading.Event()
        was_answered.set()
        threading.Thread(target=self._back, args=(server, client, was_answered), daemon=True).start()
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                if was_answered.is_set():
                    was_answered.clear()
                    with self._lock:
                        self.turns += 1
                server.sendall(data)
        _shut(client, server)

    def _back(self, server: socket.socket, client: socket.socket, was_answered: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                was_answered.set()
                client.sendall(data)
        _shut(client, server)


def _shut(*sockets: socket.socket) -> None:
    for each in sockets:
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
