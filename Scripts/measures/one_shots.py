"""The cost of each call from a shell script: mostly program start-up."""

from __future__ import annotations

import shutil
from typing import Iterator

from .peers import valkey_cli
from .running import SLOTLINE, Row, medians, must_be_equal, output, run, slotline
from .servers import cluster

# A call takes about a millisecond, so a median of just five would not be worth much.
CALLS = 40


def one_shot(rounds: int) -> Iterator[Row]:
    """GET from the given node, and from another one that MOVED leads to."""
    with cluster() as ports:
        # By its slot, the first key belongs to the first node.
        keys = {"on the seed": "key:3", "elsewhere": "key:1"}
        peers = {"redis-cli": shutil.which("redis-cli"), "valkey-cli": valkey_cli()}
        peers = {name: program for name, program in peers.items() if program}
        for place, key in keys.items():
            slotline(ports[0], "SET", key, "value")
            command = ["-c", "-p", str(ports[0]), "GET", key]
            programs = [SLOTLINE, *peers.values()]
            for program in programs:
                lines = output([program, *command]).splitlines()
                must_be_equal(f"GET {place}", lines[-1], b"value")
            ours, *theirs = medians(
                rounds * CALLS, *(lambda program=program: run([program, *command]) for program in programs))
            for name, their in zip(peers, theirs):
                is_floor = name == "valkey-cli"
                yield Row(f"GET {place}", ours.wall, name, their.wall, 1 if is_floor else 0.3)
                if is_floor and place == "on the seed":
                    yield Row(f"GET {place}", ours.faults, name, their.faults, 120 / their.faults, "faults")
