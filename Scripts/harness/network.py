"""The network between slotline and the nodes: a gate before each port, and faults on the traffic."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from typing import Callable, Iterator, Optional

CHUNK = 1 << 16
# The sender's node ID in a cluster bus message. Source: cluster.h of Redis 7.0.
BUS_SENDER = slice(40, 80)


class Link:
    """One connection through a gate: the client's end, the server's end, and the bytes in transit."""

    def __init__(self, gate: Gate, client: socket.socket) -> None:
        self.gate = gate
        self.client: Optional[socket.socket] = client
        self.server: Optional[socket.socket] = None
        self.up = bytearray()
        self.down = bytearray()
        # Which node is at the client's end; the first bytes say so.
        self.is_replica = False
        self.sender: Optional[bytes] = None
        # Until then, upstream bytes are held: the client is gone, but the server does not know yet.
        self.held_until: Optional[float] = None

    def ends(self) -> list[socket.socket]:
        return [end for end in (self.client, self.server) if end]


class Gate:
    """A port before a server's port. Connections are refused while there is no listener."""

    def __init__(self, port: int, target: int, is_bus: bool) -> None:
        self.port = port
        self.target = target
        self.is_bus = is_bus
        self.listener: Optional[socket.socket] = None
        self.heal()

    def heal(self) -> None:
        # Accepts, and closes at once, or when this word arrives.
        self.closes = False
        self.closes_on: Optional[bytes] = None
        # Accepts, and nothing passes.
        self.is_silent = False
        # Replication does not pass.
        self.holds_replicas = False
        self.accepted = 0


class Trap:
    """Springs when this many of slotline's bytes have passed, up to the servers or down from them. The bytes after them
    are passed to the spring, which drops the link, or delays them."""

    def __init__(self, is_up: bool, after: int, spring: Callable[[Network, Link, bytes], None]) -> None:
        self.is_up = is_up
        self.left = after
        self.spring = spring


class Network(threading.Thread):
    """All gates of a cluster; one thread moves the bytes. Other threads make changes under the lock."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.lock = threading.RLock()
        self.selector = selectors.DefaultSelector()
        self.wakeup, self.waker = socket.socketpair()
        self.wakeup.setblocking(False)
        self.selector.register(self.wakeup, selectors.EVENT_READ)
        self.links: set[Link] = set()
        self.gates: list[Gate] = []
        self.trap: Optional[Trap] = None
        # Running totals of slotline's bytes after each chunk, up and down.
        self.passed: dict[bool, list[int]] = {True: [0], False: [0]}
        # IDs of nodes that are cut off, and their bus ports.
        self.isolated: dict[bytes, int] = {}
        self.is_open = True
        # Links whose ends have to be registered again.
        self.touched: set[Link] = set()

    # For scenarios.

    def gate(self, port: int, target: int, is_bus: bool = False) -> Gate:
        gate = Gate(port, target, is_bus)
        self.gates.append(gate)
        return gate

    def listen(self, gate: Gate) -> None:
        with self.change():
            if gate.listener is None:
                gate.listener = socket.create_server(("127.0.0.1", gate.port), backlog=512)
                gate.listener.setblocking(False)
                self.selector.register(gate.listener, selectors.EVENT_READ, gate)

    def refuse(self, gate: Gate) -> None:
        """Refuses connections, as the system does when the server is gone."""
        with self.change():
            if gate.listener:
                self.forget(gate.listener)
            gate.listener = None

    @contextlib.contextmanager
    def change(self) -> Iterator[None]:
        """Changes what passes from now on."""
        with self.lock:
            yield
            self.touched |= self.links
        self.waker.send(b".")

    def heal(self) -> None:
        self.count()
        with self.change():
            self.trap = None
            self.isolated = {}
            for gate in self.gates:
                gate.heal()

    def count(self) -> dict[bool, list[int]]:
        """Running totals of slotline's bytes after each chunk since the last call, up (true) and down."""
        with self.lock:
            passed, self.passed = self.passed, {True: [0], False: [0]}
            return passed

    def set_trap(self, trap: Optional[Trap]) -> None:
        with self.change():
            self.trap = trap

    def isolate(self, names: dict[bytes, int]) -> None:
        """Cuts nodes off from the bus, given their IDs and bus ports."""
        with self.change():
            self.isolated = names
            for link in list(self.links):
                if link.gate.is_bus and self.is_cut_off(link):
                    self.drop(link)

    def cut(self, *targets: int) -> None:
        """Ends all of slotline's connections to these servers."""
        with self.change():
            for link in list(self.links):
                if link.gate.target in targets and not link.gate.is_bus and not link.is_replica:
                    self.drop(link)

    @property
    def has_delayed(self) -> bool:
        with self.lock:
            return any(link.held_until for link in self.links)

    def close(self) -> None:
        with self.change():
            self.is_open = False
        self.join()

    # For traps.

    def drop(self, link: Link) -> None:
        for end in link.ends():
            self.forget(end)
        link.client = link.server = None
        self.links.discard(link)

    def delay(self, link: Link, data: bytes, seconds: float) -> None:
        """Ends the client's connection at once; the bytes it has sent reach the server later."""
        if link.client:
            self.forget(link.client)
        link.client = None
        link.up += data
        self.touched.add(link)
        link.held_until = time.monotonic() + seconds

    # The loop.

    def run(self) -> None:
        while self.is_open:
            events = self.selector.select(0.02 if self.has_delayed else 1)
            with self.lock:
                for key, mask in events:
                    self.handle(key, mask)
                for link in [link for link in self.links if link.held_until and link.held_until < time.monotonic()]:
                    self.end_delay(link)
                touched, self.touched = self.touched & self.links, set()
                for link in touched:
                    self.want(link)
        for link in list(self.links):
            self.drop(link)
        for gate in self.gates:
            if gate.listener:
                self.forget(gate.listener)
        self.selector.close()

    def handle(self, key: selectors.SelectorKey, mask: int) -> None:
        if key.fileobj is self.wakeup:
            self.wakeup.recv(CHUNK)
        elif isinstance(key.data, Gate):
            self.accept(key.data)
        else:
            link, is_client = key.data
            self.touched.add(link)
            # An earlier event of the same turn may have closed it.
            if key.fileobj is not (link.client if is_client else link.server):
                return
            try:
                if mask & selectors.EVENT_WRITE:
                    buffer = link.down if is_client else link.up
                    del buffer[:key.fileobj.send(buffer)]
                if mask & selectors.EVENT_READ:
                    self.take(link, is_client, key.fileobj.recv(CHUNK))
            except BlockingIOError:
                pass
            except OSError:
                self.drop(link)

    def accept(self, gate: Gate) -> None:
        with contextlib.suppress(OSError):
            if gate.listener is None:
                return
            client, _ = gate.listener.accept()
            gate.accepted += 1
            if gate.closes:
                client.close()
                return
            link = Link(gate, client)
            self.links.add(link)
            self.touched.add(link)
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if gate.is_silent:
                return
            self.connect(link)

    def connect(self, link: Link) -> None:
        try:
            link.server = socket.create_connection(("127.0.0.1", link.gate.target), 5)
        except OSError:
            self.drop(link)
            return
        link.server.setblocking(False)
        link.server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def take(self, link: Link, is_up: bool, data: bytes) -> None:
        if not data:
            self.finish(link, is_up)
            return
        if is_up and not link.up and not link.sender:
            if link.gate.is_bus:
                link.sender = bytes(data[BUS_SENDER])
                if self.is_cut_off(link):
                    self.drop(link)
                    return
            elif data.startswith(b"*1\r\n$4\r\nPING\r\n"):
                # slotline sends a PING only in scenarios that do not count bytes.
                link.is_replica = True
        buffer = link.up if is_up else link.down
        if link.gate.is_bus or link.is_replica:
            buffer += data
            return
        if is_up and link.gate.closes_on and link.gate.closes_on in data:
            self.drop(link)
            return
        trap = self.trap
        if trap and trap.is_up == is_up:
            if len(data) >= trap.left:
                self.trap = None
                self.pass_on(link, is_up, data[:trap.left])
                trap.spring(self, link, data[trap.left:])
                return
            trap.left -= len(data)
        self.passed[is_up].append(self.passed[is_up][-1] + len(data))
        buffer += data

    def pass_on(self, link: Link, is_up: bool, data: bytes) -> None:
        """Writes the bytes before a fault, as far as the other end accepts them at once."""
        end, buffer = (link.server, link.up) if is_up else (link.client, link.down)
        buffer += data
        with contextlib.suppress(OSError):
            if end:
                del buffer[:end.send(buffer)]

    def finish(self, link: Link, is_client: bool) -> None:
        """One end has closed: the other one gets the bytes still in transit."""
        end, buffer = (link.server, link.up) if is_client else (link.client, link.down)
        with contextlib.suppress(OSError):
            if end and buffer and not link.gate.is_silent:
                end.setblocking(True)
                end.settimeout(1)
                end.sendall(buffer)
        self.drop(link)

    def end_delay(self, link: Link) -> None:
        link.held_until = None
        with contextlib.suppress(OSError):
            if link.server:
                link.server.setblocking(True)
                link.server.settimeout(2)
                link.server.sendall(link.up)
                link.server.recv(CHUNK)
        self.drop(link)

    def is_cut_off(self, link: Link) -> bool:
        return link.gate.target in self.isolated.values() or link.sender in self.isolated

    # Events that each end waits for.

    def want(self, link: Link) -> None:
        if link.gate.is_silent and not link.gate.is_bus and not link.is_replica:
            self.register(link.client, link, True, 0)
            self.register(link.server, link, False, 0)
            return
        if link.server is None and link.client is not None:
            self.connect(link)
        if link.client is None and link.held_until is None:
            return
        is_held = link.gate.holds_replicas and link.is_replica
        self.register(link.client, link, True, self.mask(link.up, link.down, not is_held))
        may_write = link.held_until is None
        self.register(link.server, link, False, self.mask(link.down, link.up if may_write else b"", not is_held))

    @staticmethod
    def mask(read_into: bytes, write_from: bytes, may_pass: bool) -> int:
        if not may_pass:
            return 0
        reads = selectors.EVENT_READ if len(read_into) < 16 * CHUNK else 0
        return reads | (selectors.EVENT_WRITE if write_from else 0)

    def register(self, end: Optional[socket.socket], link: Link, is_client: bool, mask: int) -> None:
        if end is None:
            return
        known = self.selector.get_map().get(end)
        if known is None:
            if mask:
                self.selector.register(end, mask, (link, is_client))
        elif not mask:
            self.selector.unregister(end)
        elif known.events != mask:
            self.selector.modify(end, mask, (link, is_client))

    def forget(self, end: socket.socket) -> None:
        if end.fileno() in self.selector.get_map():
            self.selector.unregister(end)
        end.close()
