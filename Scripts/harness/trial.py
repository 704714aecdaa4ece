"""Scenarios by name, and the means of each trial."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import tempfile
import threading
from collections import Counter
from typing import Callable, Iterator, NamedTuple

from .client import Client
from .cluster import Alone, Cluster, Node
from .network import Link, Network, Trap
from .slotline import Argument, Outcome, Run, Session


class Violation(Exception):
    """A promise that was broken, and how."""


class Trial:
    """One trial of a scenario: a healthy, empty cluster, a standalone server, and repeatable random choices."""

    def __init__(self, seed: str, program: str, cluster: Cluster, alone: Alone, folder: str) -> None:
        self.random = random.Random(seed)
        self.program = program
        self.cluster = cluster
        self.alone = alone
        self.counts: Counter[str] = Counter()
        self.violations: list[str] = []
        self.folder = tempfile.mkdtemp(dir=folder)
        self.runs: list[Run] = []
        self.stop = threading.Event()
        self.threads: list[threading.Thread] = []
        # What was happening, for the report.
        self.context = ""

    def close(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(10)
        for run in self.runs:
            if run.runs:
                run.signal(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def check(self, holds: object, what: str, outcome: object = "") -> None:
        """Notes a violation, and continues."""
        if not holds:
            self.violations.append(": ".join(str(part) for part in (self.context, what, outcome) if str(part)))

    def path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def lines(self, name: str) -> list[str]:
        """The lines of a file that slotline has written; none if there is no such file."""
        try:
            with open(self.path(name), encoding="utf-8", errors="replace") as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    # slotline.

    def command(self, *words: Argument, seeds: str = "", retry_for: float = 10) -> list[Argument]:
        return [self.program, "-u", seeds or self.cluster.seeds, "--retry-for", str(retry_for), *words]

    def start(self, *words: Argument, data: bytes | None = None, seeds: str = "", retry_for: float = 10,
              reads: bool = True) -> Run:
        run = Run(self.command(*words, seeds=seeds, retry_for=retry_for), data, reads)
        self.runs.append(run)
        return run

    def run(self, *words: Argument, data: bytes = b"", seeds: str = "", retry_for: float = 10,
            seconds: float = 60) -> Outcome:
        outcome = self.start(*words, data=data, seeds=seeds, retry_for=retry_for).wait(seconds)
        self.check(outcome.status != -1, f"{words} does not end", outcome)
        return outcome

    @contextlib.contextmanager
    def session(self, *words: Argument) -> Iterator[Session]:
        session = Session(self.command(*words))
        try:
            yield session
        finally:
            session.close()

    # Attacks.

    def kill(self, node: Node) -> None:
        self.counts["kills"] += 1
        node.kill()

    def move(self, number: int, source: Node, target: Node) -> None:
        self.counts["moves"] += 1
        self.cluster.move(number, source, target)

    def trap(self, is_up: bool, after: int, spring: Callable[[Network, Link, bytes], None]) -> None:
        """Springs after this many bytes from slotline, or to it, and decides what becomes of the connection."""
        def count(network: Network, link: Link, rest: bytes) -> None:
            self.counts["cuts"] += 1
            spring(network, link, rest)
        self.cluster.network.set_trap(Trap(is_up, max(1, after), count))

    def rival(self, node: Node, act: Callable[[Client, int], None]) -> None:
        """Another client that writes to a node until the trial ends, or the node does."""
        def work() -> None:
            with contextlib.suppress(OSError), node.connection() as client:
                number = 0
                while not self.stop.is_set():
                    act(client, number)
                    number += 1
        self.thread(work)

    def thread(self, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        self.threads.append(thread)
        return thread


class Scenario(NamedTuple):
    name: str
    text: str
    attack: Callable[[Trial], None]


SCENARIOS: dict[str, Scenario] = {}


def scenario(attack: Callable[[Trial], None]) -> Callable[[Trial], None]:
    """Registers a function as a scenario under its name; the first line of its docstring is the promise it attacks."""
    name = attack.__name__.replace("_", "-")
    SCENARIOS[name] = Scenario(name, (attack.__doc__ or "").splitlines()[0], attack)
    return attack
