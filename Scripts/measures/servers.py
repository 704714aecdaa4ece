"""Servers on loopback, standalone or as a cluster."""

from __future__ import annotations

import contextlib
import os
import pathlib
import random
import socket
import subprocess
import tempfile
from typing import Iterator

from harness.client import SLOTS, Client, slot, until

from .running import SLOTLINE, run, stop

# Below the ephemeral ports, as are most of the cluster bus ports, 10,000 above.
PORTS = range(20000, 30000)


def free_ports(count: int) -> list[int]:
    """Free ports whose cluster bus ports are free too."""
    ports: list[int] = []
    for port in random.sample(PORTS, k=len(PORTS)):
        with contextlib.suppress(OSError), socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", port))
            second.bind(("127.0.0.1", port + 10000))
            ports.append(port)
        if len(ports) == count:
            return ports
    stop("there are not enough free ports")


@contextlib.contextmanager
def servers(count: int = 1, *options: str, files: dict[str, list[str]] | None = None) -> Iterator[list[int]]:
    """Starts empty redis-servers, yields their ports, and stops them at the end.

    files: the files in each server's folder, with ports filled in for fields in braces.
    """
    with tempfile.TemporaryDirectory(prefix="slotline-bench-") as folder:
        processes: list[subprocess.Popen] = []
        try:
            ports = free_ports(count)
            for number, port in enumerate(ports):
                place = pathlib.Path(folder, str(port))
                place.mkdir()
                for name, texts in (files or {}).items():
                    place.joinpath(name).write_text(texts[number].format(*ports, bus=[port + 10000 for port in ports]))
                processes.append(subprocess.Popen(
                    ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", *options],
                    cwd=place, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL))
            for port in ports:
                until(lambda: ask(port, "PING"), 20, "a server")
            yield ports
        finally:
            for process in processes:
                process.kill()
            for process in processes:
                process.wait()


def ask(port: int, *words: str | int) -> bytes:
    with Client(port) as client:
        return client(*words)


@contextlib.contextmanager
def cluster(masters: int = 3, replicas: int = 0, *options: str) -> Iterator[list[int]]:
    """Masters that share the slots evenly, in the order of the ports it yields, followed by this many replicas of each.

    They know each other from the start: each node's record of its cluster (nodes.conf) is in its folder.
    """
    count = masters * (1 + replicas)
    lines: list[str] = []
    for number in range(count):
        master = number % masters
        role = "master -" if number < masters else f"slave {master + 1:040x}"
        slots = f" {SLOTS * master // masters}-{SLOTS * (master + 1) // masters - 1}" if number < masters else ""
        lines.append(f"{number + 1:040x} 127.0.0.1:{{{number}}}@{{bus[{number}]}} {role} 0 0 {master + 1} connected{slots}\n")
    views = []
    for number in range(count):
        own = lines[number].replace(" master", " myself,master").replace(" slave", " myself,slave")
        views.append("".join([*lines[:number], own, *lines[number + 1:], f"vars currentEpoch {masters} lastVoteEpoch 0\n"]))
    with servers(count, "--cluster-enabled", "yes", "--repl-diskless-sync-delay", "0", *options,
                 files={"nodes.conf": views}) as ports:
        for number, port in enumerate(ports):
            until(lambda: b"cluster_state:ok" in ask(port, "CLUSTER", "INFO"), 60, "the cluster")
            if number >= masters:
                until(lambda: b"master_link_status:up" in ask(port, "INFO", "replication"), 60, "a replica")
        yield ports


def owner(key: str, masters: int) -> int:
    """The number of the master that a key belongs to."""
    return ((slot(key) + 1) * masters - 1) // SLOTS


def write_sets(path: pathlib.Path, count: int, *, space: int = 10_000_000) -> None:
    """Writes lines that set keys, some of them twice."""
    draw = random.Random(1)
    with path.open("w") as file:
        for number in range(count):
            file.write(f"SET key:{draw.randrange(space)} value:{number}\n")


def fill(port: int, count: int) -> None:
    """Sets this many keys in one load."""
    with tempfile.TemporaryDirectory(prefix="slotline-bench-") as folder:
        path = pathlib.Path(folder, "lines")
        with path.open("w") as file:
            for number in range(count):
                file.write(f"SET key:{number} value:{number}\n")
        run([SLOTLINE, "-p", str(port), "--pipe"], inputs=[path])
