"""The Redis protocol on one open connection: a command out, its reply in, two system calls and nothing between.

redis-py spends on a command twice what the socket costs, mostly on features that we do not use. It still makes the
connection (address, TLS, sign-in, database); the bytes on it are ours (RESP 2).
"""

import socket
import struct
import weakref
from typing import Protocol

Part = bytes | str | int | float
Reply = bytes | int | None


class Link(Protocol):
    """One connection to a server, or to an embedded one, of one thread."""

    def command(self, *parts: Part) -> Reply:
        """The reply: a status or value as bytes, a number, or None for what is not there."""
        ...

    def script(self, text: str, key: str, *args: Part) -> Reply:
        """Run a script on one key."""
        ...


class Refused(Exception):
    """The server answered with an error."""


class Broken(Exception):
    """The connection is of no use any more; it is closed."""


class Wire:
    """A Link over a connected socket."""

    def __init__(self, connected: socket.socket, *, seconds: float) -> None:
        self._socket = connected
        weakref.finalize(self, connected.close)  # a thread that ends takes its link along
        self._loaded: dict[str, bytes] = {}
        if type(connected) is socket.socket:
            # The kernel keeps the time: Python's own timeout asks it first whether there is anything to read.
            connected.settimeout(None)
            limit = struct.pack("ll", int(seconds), int(seconds % 1 * 1_000_000))
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        else:  # TLS reads in its own steps
            connected.settimeout(seconds)

    def command(self, *parts: Part) -> Reply:
        try:
            self._socket.sendall(_packed(parts))
            return self._reply()
        except Refused:
            raise
        except (OSError, ValueError) as lost:  # half an exchange would answer the next question
            self.close()
            raise Broken from lost
        except BaseException:
            self.close()
            raise

    def script(self, text: str, key: str, *args: Part) -> Reply:
        if (known := self._loaded.get(text)) is not None:
            try:
                return self.command("EVALSHA", known, 1, key, *args)
            except Refused as refused:
                if not str(refused).startswith("NOSCRIPT"):
                    raise
        loaded = self.command("SCRIPT", "LOAD", text)
        self._loaded[text] = loaded if isinstance(loaded, bytes) else b""
        return self.command("EVALSHA", self._loaded[text], 1, key, *args)

    def close(self) -> None:
        self._socket.close()

    def _reply(self) -> Reply:
        data = self._more()
        while (end := data.find(b"\r\n")) < 0:
            data += self._more()
        kind, head, rest = data[:1], data[1:end], end + 2
        value: Reply = head
        if kind == b"$":
            length = int(head)
            value = None
            if length >= 0:
                while len(data) < rest + length + 2:
                    data += self._more()
                value, rest = data[rest : rest + length], rest + length + 2
        elif kind == b":":
            value = int(head)
        elif kind not in (b"+", b"-"):
            raise ValueError("not a reply that any of our commands has")
        if len(data) != rest:
            raise ValueError("more than one reply")
        if kind == b"-":
            raise Refused(head.decode("utf-8", "replace"))
        return value

    def _more(self) -> bytes:
        piece = self._socket.recv(65536)
        if not piece:
            raise ConnectionResetError
        return piece


def _packed(parts: tuple[Part, ...]) -> bytes:
    pieces = [b"*%d\r\n" % len(parts)]
    for part in parts:
        raw = part if isinstance(part, bytes) else str(part).encode()
        pieces.append(b"$%d\r\n%s\r\n" % (len(raw), raw))
    return b"".join(pieces)
