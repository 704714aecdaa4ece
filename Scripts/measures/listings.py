"""All keys of a cluster."""

from __future__ import annotations

from typing import Iterator

from .peers import valkey_cli
from .running import SLOTLINE, Row, medians, must_be_equal, run, run_in_turn, sorted_digest
from .servers import cluster, fill

KEYS = 1_000_000


def scan(rounds: int) -> Iterator[Row]:
    """A million keys with cursors, against one client per master, all in parallel."""
    program = valkey_cli()
    if not program:
        return
    with cluster() as ports:
        fill(ports[0], KEYS)
        ours = [SLOTLINE, "-p", str(ports[0]), "--scan"]
        theirs = [[program, "-p", str(port), "--scan", "--count", "1000"] for port in ports]
        must_be_equal("--scan", sorted_digest(ours), sorted_digest(*theirs))
        own, others = medians(rounds, lambda: run(ours), lambda: run(*theirs))
        yield Row("--scan of 1M keys", own.wall, "three --scan", others.wall, 1.1)
        yield Row("--scan of 1M keys, CPU", own.cpu, "three --scan", others.cpu, 2)


def keys(rounds: int) -> Iterator[Row]:
    """KEYS over a million keys, against redis-cli at one master after another."""
    with cluster() as ports:
        fill(ports[0], KEYS)
        ours = [SLOTLINE, "-p", str(ports[0]), "KEYS", "*"]
        theirs = [["redis-cli", "-p", str(port), "KEYS", "*"] for port in ports]
        must_be_equal("KEYS", sorted_digest(ours), sorted_digest(*theirs))
        own, others = medians(rounds, lambda: run(ours), lambda: run_in_turn(*theirs))
        yield Row("KEYS of 1M", own.wall, "three KEYS", others.wall, 0.6)
        piped = run(ours, drained=True)
        yield Row("KEYS of 1M, memory", piped.memory, "three KEYS", others.memory, 64 / others.memory, "MB")
