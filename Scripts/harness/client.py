"""Talks to one server directly, without slotline and the gates."""

from __future__ import annotations

import binascii
import socket
import time
from typing import Callable, Iterable, Union

SLOTS = 16384

Word = Union[str, bytes, int, float]
Reply = Union[None, int, bytes, list, "ServerError"]


class ServerError(Exception):
    """An error reply. Within a list of replies it is a value."""


def encode(words: Iterable[Word]) -> bytes:
    parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def slot(key: str | bytes) -> int:
    """The hash slot of a key. Source: Redis documentation, "Cluster specification"."""
    name = key if isinstance(key, bytes) else key.encode()
    start = name.find(b"{")
    end = name.find(b"}", start + 1) if start >= 0 else -1
    return binascii.crc_hqx(name[start + 1:end] if end > start + 1 else name, 0) % SLOTS


def until(condition: Callable[[], object], seconds: float, what: str | Callable[[], str]) -> None:
    """Waits until a condition is true; a network exception counts as false."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except (OSError, ServerError):
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s for {what if isinstance(what, str) else what()}")
        time.sleep(0.02)


class Client:
    """A connection. An error reply is raised for a single command, and returned among the replies to several."""

    def __init__(self, port: int, timeout: float = 10) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.replies = self.socket.makefile("rb")

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.replies.close()
        self.socket.close()

    def __call__(self, *words: Word) -> Reply:
        reply = self.all([words])[0]
        if isinstance(reply, ServerError):
            raise reply
        return reply

    def all(self, commands: Iterable[Iterable[Word]]) -> list[Reply]:
        """The replies to commands that are pipelined."""
        requests = [encode(words) for words in commands]
        replies: list[Reply] = []
        for start in range(0, len(requests), 500):
            batch = requests[start:start + 500]
            self.socket.sendall(b"".join(batch))
            replies += [self.read() for _ in batch]
        return replies

    def read(self) -> Reply:
        line = self.replies.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the connection ended")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b"-":
            return ServerError(rest.decode(errors="replace"))
        if kind == b":":
            return int(rest)
        count = int(rest)
        if count < 0:
            return None
        if kind == b"*":
            return [self.read() for _ in range(count)]
        data = self.replies.read(count + 2)
        if len(data) < count + 2:
            raise ConnectionError("the connection ended")
        return data[:-2]
