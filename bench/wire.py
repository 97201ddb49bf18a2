"""A small HTTP/1.1 client on a raw socket with keep-alive, so that the asking side costs little."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass


class Unexpected(Exception):
    """An answer that the operation cannot go on with."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    head: bytes
    body: bytes

    def header(self, name: bytes) -> str:
        """The first header of that name (give it in lower case), empty when there is none."""
        at = self.head.lower().find(b"\r\n" + name + b":")
        if at < 0:
            return ""
        start = at + len(name) + 3
        end = self.head.find(b"\r\n", start)
        return self.head[start : end if end >= 0 else None].strip().decode("latin-1")

    def cookies(self) -> dict[str, str]:
        pairs = [
            line.split(b":", 1)[1].split(b";", 1)[0].strip().decode("latin-1").partition("=")
            for line in self.head.split(b"\r\n")
            if line.lower().startswith(b"set-cookie:")
        ]
        return {name: value for name, _, value in pairs}


class Connection:
    """One connection to a server on loopback; not for several threads."""

    def __init__(self, port: int, host: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._host = host
        self._left = b""

    def close(self) -> None:
        self._socket.close()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self._send("GET", path, headers or {}, b"")

    def post(self, path: str, form: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        return self._send("POST", path, {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}, form)

    def _send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}", *(f"{k}: {v}" for k, v in headers.items())]
        if body or method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        return self._receive()

    def _receive(self) -> Answer:
        data = self._left
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head, rest = data[:end], data[end + 4 :]
        status = int(head[9:12])
        answer = Answer(status, head, b"")
        if answer.header(b"transfer-encoding").lower() == "chunked":
            body, self._left = self._chunks(rest)
            return Answer(status, head, body)
        length = int(answer.header(b"content-length") or 0)
        while len(rest) < length:
            rest += self._more()
        self._left = rest[length:]
        return Answer(status, head, rest[:length])

    def _chunks(self, rest: bytes) -> tuple[bytes, bytes]:
        body = b""
        while True:
            while (end := rest.find(b"\r\n")) < 0:
                rest += self._more()
            size = int(rest[:end], 16)
            while len(rest) < end + size + 4:
                rest += self._more()
            body, rest = body + rest[end + 2 : end + 2 + size], rest[end + size + 4 :]
            if size == 0:
                return body, rest

    def _more(self) -> bytes:
        piece = self._socket.recv(65536)
        if not piece:
            raise Unexpected("the server closed the connection")
        return piece


def expect(answer: Answer, *statuses: int) -> Answer:
    """The answer, when it has one of these statuses."""
    if answer.status not in statuses:
        raise Unexpected(f"status {answer.status} instead of {statuses}: {answer.body[:300]!r}")
    return answer
