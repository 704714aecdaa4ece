"""Servers on loopback: a standalone one, and a cluster behind the gates of a network."""

from __future__ import annotations

import atexit
import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from typing import Iterable, Optional, Sequence

from .client import SLOTS, Client, Reply, ServerError, Word, slot, until
from .network import Network

MASTERS = 3
PATIENT = 15000  # milliseconds: only scenarios cause failovers

# The contents of a server: type and value of each key.
Data = dict[bytes, tuple]

# Two that look for free ports at the same time would find the same ones.
ports_lock = threading.Lock()
ports_taken: set[int] = set()


def free_port() -> int:
    """A port whose cluster bus port (10,000 above) is free too: all ports below all bus ports, and those below the
    ephemeral ones."""
    with ports_lock:
        while True:
            port = random.SystemRandom().randrange(11000, 21000)
            with contextlib.suppress(OSError), socket.socket() as first, socket.socket() as second:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 10000))
                if port not in ports_taken:
                    ports_taken.add(port)
                    return port


class Server:
    """One server on its own port, in its own folder. Calling it runs a command on a connection that it keeps open."""

    def __init__(self, program: str, folder: str, port: int, *options: str) -> None:
        self.port = port
        self.folder = os.path.join(folder, str(self.port))
        os.mkdir(self.folder)
        self.command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder,
                        *options]
        self.client: Optional[Client] = None
        self.lock = threading.RLock()
        self.start()

    def start(self) -> None:
        with open(f"{self.folder}/log", "ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        # When this program is interrupted, its servers end with it.
        atexit.register(self.end, self.process)

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    def connection(self) -> Client:
        """A separate connection, for a client that writes beside others."""
        return Client(self.port)

    def __call__(self, *words: Word) -> Reply:
        reply = self.all([words])[0]
        if isinstance(reply, ServerError):
            raise reply
        return reply

    def all(self, commands: Iterable[Iterable[Word]]) -> list[Reply]:
        with self.lock:
            if self.client is None:
                self.client = self.connection()
            try:
                return self.client.all(commands)
            except OSError:
                self.forget()
                raise

    def forget(self) -> None:
        if self.client:
            self.client.close()
        self.client = None

    @staticmethod
    def end(process: subprocess.Popen) -> None:
        process.kill()
        process.wait()

    def kill(self) -> None:
        self.end(self.process)
        self.forget()

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def data(self) -> Data:
        """All data, in a form that does not depend on how the server stores it."""
        keys = sorted(self("KEYS", "*"))
        types = self.all([["TYPE", key] for key in keys])
        readers = {
            b"string": lambda key: ["GET", key], b"list": lambda key: ["LRANGE", key, 0, -1],
            b"set": lambda key: ["SMEMBERS", key], b"zset": lambda key: ["ZRANGE", key, 0, -1, "WITHSCORES"],
            b"hash": lambda key: ["HGETALL", key], b"stream": lambda key: ["XRANGE", key, "-", "+"],
        }
        kept = [(key, kind) for key, kind in zip(keys, types) if kind in readers]
        values = self.all([readers[kind](key) for key, kind in kept])
        data: Data = {}
        for (key, kind), value in zip(kept, values):
            if value is None or value == []:
                continue
            if kind == b"stream":
                value = [value, [self("XPENDING", key, group[1])[0] for group in self("XINFO", "GROUPS", key)]]
            data[key] = (kind, sorted(value) if kind == b"set" else value)
        return data


class Alone(Server):
    """A standalone server: it shows what a command does when all keys are in one place."""

    def __init__(self, program: str, folder: str) -> None:
        super().__init__(program, folder, free_port())
        until(lambda: self("PING"), 20, "a server")


class Node(Server):
    """A server of a cluster, which others know by the ports of its gates."""

    def __init__(self, program: str, folder: str, network: Network, *options: str) -> None:
        self.network = network
        port = free_port()
        self.gate = network.gate(free_port(), port)
        self.bus = network.gate(free_port(), port + 10000, is_bus=True)
        super().__init__(program, folder, port, "--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1",
                         "--cluster-announce-port", str(self.gate.port),
                         "--cluster-announce-bus-port", str(self.bus.port), *options)
        until(lambda: self("PING"), 20, "a server")
        self.id: bytes = self("CLUSTER", "MYID")

    def start(self) -> None:
        super().start()
        for gate in (self.gate, self.bus):
            self.network.listen(gate)

    def kill(self) -> None:
        for gate in (self.gate, self.bus):
            self.network.refuse(gate)
        super().kill()


class Broken(Exception):
    """The cluster cannot be repaired."""


class Cluster:
    """Three masters with a replica each, and a spare master without slots. Both slotline and the nodes themselves reach
    them through gates."""

    def __init__(self, program: str, folder: str) -> None:
        self.program = program
        self.folder = tempfile.mkdtemp(dir=folder)
        self.network = Network()
        self.network.start()
        self.nodes: list[Node] = []
        self.guest: Optional[Node] = None
        try:
            self.build()
        except BaseException:
            self.close()
            raise

    def build(self) -> None:
        for _ in range(2 * MASTERS + 1):
            self.nodes.append(self.add())
        for number, node in enumerate(self.nodes):
            node("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            if number < MASTERS:
                node("CLUSTER", "ADDSLOTS", *self.share(number))
        for node in self.nodes:
            node.all(["CLUSTER", "MEET", "127.0.0.1", other.gate.port, other.bus.port] for other in self.nodes
                     if other is not node)
        until(lambda: all(len(self.view(node)) == len(self.nodes) for node in self.nodes), 30, "nodes to meet")
        self.spare = self.nodes[-1]
        for number in range(MASTERS):
            replica = self.nodes[MASTERS + number]
            until(lambda: replica("CLUSTER", "REPLICATE", self.nodes[number].id), 20, "a replica to know its master")
        self.wait()

    def add(self) -> Node:
        return Node(self.program, self.folder, self.network, "--cluster-node-timeout", str(PATIENT),
                    "--cluster-allow-replica-migration", "no", "--cluster-replica-validity-factor", "0",
                    "--repl-diskless-sync-delay", "0", "--repl-timeout", "10")

    @staticmethod
    def share(number: int) -> range:
        return range(SLOTS * number // MASTERS, SLOTS * (number + 1) // MASTERS)

    def close(self) -> None:
        for node in self.nodes:
            node.kill()
        self.network.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # The nodes' view.

    @staticmethod
    def view(node: Node) -> dict[bytes, list[bytes]]:
        """The words of each line of CLUSTER NODES, by node ID."""
        lines = node("CLUSTER", "NODES").splitlines()
        return {line.split()[0]: line.split() for line in lines if b"noaddr" not in line.split()[2]}

    def claims(self) -> dict[Node, set[int]]:
        """The slots that each answering master claims; if two claim the same one, the later epoch wins."""
        owners: dict[int, tuple[int, Node]] = {}
        for node in self.nodes:
            try:
                words = self.view(node)[node.id]
            except OSError:
                continue
            if b"master" not in words[2]:
                continue
            for part in words[8:]:
                if part.startswith(b"["):
                    continue
                first, _, last = part.partition(b"-")
                for number in range(int(first), int(last or first) + 1):
                    owners[number] = max(owners.get(number, (-1, node)), (int(words[6]), node), key=lambda it: it[0])
        claims: dict[Node, set[int]] = {}
        for number, (_, node) in owners.items():
            claims.setdefault(node, set()).add(number)
        return claims

    def masters(self) -> list[Node]:
        """The masters with slots."""
        claims = self.claims()
        return [node for node in self.nodes if node in claims]

    def owner(self, key: str | bytes) -> Node:
        return next(node for node, slots in self.claims().items() if slot(key) in slots)

    def replica(self, master: Node) -> Node:
        return next(node for node in self.nodes if node.runs and node is not master
                    and self.view(node)[node.id][3] == master.id)

    @property
    def seeds(self) -> str:
        return "redis://" + ",".join(f"127.0.0.1:{node.gate.port}" for node in self.nodes if node.runs)

    def data(self) -> Data:
        """All data in slots, from their owners."""
        data: Data = {}
        for node, slots in self.claims().items():
            data.update((key, value) for key, value in node.data().items() if slot(key) in slots)
        return data

    # Repair.

    def wait(self) -> None:
        """Waits until all nodes see the same healthy cluster and all replicas follow."""
        until(lambda: not self.ailment(), 30, lambda: f"a whole cluster: {self.ailment()}")

    def ailment(self) -> str:
        """What is wrong with the cluster in the view of its nodes."""
        views = []
        for node in self.nodes:
            view = self.view(node)
            if len(view) != len(self.nodes):
                return f"{node.port} knows {len(view)} nodes"
            if failed := [words[1] for words in view.values() if b"fail" in words[2]]:
                return f"{node.port} sees {failed} fail"
            if b"cluster_state:ok" not in node("CLUSTER", "INFO"):
                return f"{node.port} says the cluster is down"
            if view[node.id][3] != b"-" and b"master_link_status:up" not in node("INFO", "replication"):
                return f"{node.port} has no link to its master"
            views.append({name: (words[3], words[8:]) for name, words in view.items()})
            if views[-1] != views[0]:
                return f"{node.port} sees another cluster than {self.nodes[0].port}"
        return ""

    def join(self) -> Node:
        """Adds a master without slots that is new to the cluster. It leaves when the cluster is healed."""
        node = self.add()
        self.nodes.append(node)
        for other in self.nodes[:-1]:
            other("CLUSTER", "MEET", "127.0.0.1", node.gate.port, node.bus.port)
        until(lambda: all(len(self.view(other)) == len(self.nodes) for other in self.nodes), 30, "the nodes to meet")
        until(lambda: b"cluster_state:ok" in node("CLUSTER", "INFO"), 20, "the guest to join")
        self.guest = node
        return node

    def leave(self, guest: Node) -> None:
        self.nodes.remove(guest)
        guest.kill()
        for node in self.nodes:
            node("CLUSTER", "FORGET", guest.id)
        self.guest = None

    def heal(self) -> None:
        """Ends all faults and restores the cluster's original shape, without data."""
        try:
            self.network.heal()
            for node in self.nodes:
                node.resume()
                if not node.runs:
                    node.forget()
                    node.start()
            for node in self.nodes:
                until(lambda: node("PING") == b"PONG", 20, "a server")
                self.reset(node)
            self.reshape()
            if self.guest:
                self.leave(self.guest)
            self.wait()
            self.fill([])
        except (OSError, TimeoutError, ServerError, StopIteration) as error:
            raise Broken(str(error)) from error

    @staticmethod
    def reset(node: Node) -> None:
        for name, value in {"maxmemory": 0, "min-replicas-to-write": 0, "cluster-node-timeout": PATIENT,
                            "cluster-require-full-coverage": "yes"}.items():
            node("CONFIG", "SET", name, value)
        for user in node("ACL", "USERS"):
            if user != b"default":
                node("ACL", "DELUSER", user)

    def reshape(self) -> None:
        """Returns the slots of a fourth master, and gives each master a replica."""
        until(lambda: len(set().union(*self.claims().values())) == SLOTS, 20, "all slots to have an owner")
        for node in self.nodes:
            if node in self.claims():
                node("FLUSHALL")
        claims = self.claims()
        masters = sorted(claims, key=lambda node: len(claims[node]))[-MASTERS:]
        for node in claims:
            if node not in masters:
                for number in claims[node]:
                    self.assign(number, node, masters[number % MASTERS])
        others = [node for node in self.nodes if node not in masters]

        def spares() -> list[Node]:
            return [node for node in others if node is not self.guest and b"master" in self.view(node)[node.id][2]]

        # A master that was cut off while its replica took over has to learn of that first.
        until(lambda: len(spares()) == 1, 5, "one master without slots")
        self.spare = spares()[0]
        followers = [node for node in others if node not in (self.spare, self.guest)]
        wanted = {master.id for master in masters}
        idle = []
        for node in followers:
            master = self.view(node)[node.id][3]
            idle += [] if master in wanted else [node]
            wanted.discard(master)
        for node, master in zip(idle, sorted(wanted)):
            node("CLUSTER", "REPLICATE", master)

    def fill(self, setup: Sequence[Sequence[Word]]) -> None:
        """Empties the masters and creates the data again; returns when the replicas have it."""
        claims = self.claims()
        for node, slots in claims.items():
            replies = node.all([["FLUSHALL"]] + [words for words in setup if slot(self.key(words)) in slots])
            errors = [reply for reply in replies if isinstance(reply, ServerError)]
            if errors:
                raise errors[0]
        for node in claims:
            node("WAIT", 1, 5000)

    @staticmethod
    def key(words: Sequence[Word]) -> str:
        """The key of a command that creates data."""
        return str(words[2] if words[0] in ("XGROUP", "XINFO") else words[1])

    # Attacks.

    def assign(self, number: int, source: Node, target: Node) -> None:
        """Gives a slot that holds no keys to another master."""
        target("CLUSTER", "SETSLOT", number, "IMPORTING", source.id)
        for node in [target, source] + [node for node in self.masters() if node not in (source, target)]:
            node("CLUSTER", "SETSLOT", number, "NODE", target.id)

    def move(self, number: int, source: Node, target: Node) -> None:
        """Moves a slot with its keys, as redis-cli does."""
        target("CLUSTER", "SETSLOT", number, "IMPORTING", source.id)
        source("CLUSTER", "SETSLOT", number, "MIGRATING", target.id)
        while keys := source("CLUSTER", "GETKEYSINSLOT", number, 20):
            source("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS", *keys)
        for node in [target, source] + [node for node in self.nodes if node.runs and node not in (source, target)]:
            # Replicas learn of it from their masters.
            with contextlib.suppress(ServerError, OSError):
                node("CLUSTER", "SETSLOT", number, "NODE", target.id)

    def take_over(self, master: Node, replica: Optional[Node] = None) -> Node:
        """Makes the replica take over at once, whatever has become of the master; returns the new master."""
        replica = replica or self.replica(master)
        until(lambda: replica("CLUSTER", "FAILOVER", "TAKEOVER") == b"OK", 10, "a replica to take over")
        return replica

    def drain(self, master: Node, milliseconds: int) -> None:
        """Pauses writes for this long, and returns when the replica has everything that the master has acknowledged: if
        it dies now, Redis itself loses nothing."""
        replica = self.replica(master)
        master("CLIENT", "PAUSE", milliseconds, "WRITE")
        offset = self.offset(master, b"master_repl_offset")
        until(lambda: self.offset(replica, b"slave_repl_offset") >= offset, 5, "a replica to catch up")

    @staticmethod
    def offset(node: Node, name: bytes) -> int:
        lines = dict(line.partition(b":")[::2] for line in node("INFO", "replication").splitlines())
        return int(lines[name])
